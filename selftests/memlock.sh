#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Locked memory against the restarter's limit.

. "$(dirname -- "$0")/ktap.sh"

# 400 kB locked, and as alice may.
locks='import ctypes, mmap, os, time
m = mmap.mmap(-1, 400 << 10, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
a = ctypes.addressof(ctypes.c_char.from_buffer(m))
c = ctypes.CDLL(None)
assert c.mlock(ctypes.c_void_p(a), 400 << 10) == 0
print("locked", os.getpid(), flush=True)
time.sleep(1000)'

as_alice()	# LIMIT COMMAND...
{
	local limit=$1

	shift
	prlimit --memlock="$limit" -- setpriv --reuid alice --regid alice --init-groups -- "$@"
}

make_image()
{
	chmod 777 .
	# shellcheck disable=SC2016
	as_alice 1000000 setsid sh -c 'exec python3 -c "$1" < /dev/null > out 2>&1' sh "$locks" &
	for _ in $(seq 200); do
		grep -q locked out 2> /dev/null && break
		sleep 0.05
	done
	pid=$(awk '/^locked/ { print $2 }' out)
	expect 0 as_alice 1000000 checkpoint -k -o image "$pid"
	for _ in $(seq 200); do
		[ -d "/proc/$pid" ] || break
		sleep 0.05
	done
}

refuses_above_the_limit()
{
	make_image
	expect 125 as_alice 100000 restart image
	said "memory locked (mlock); your limit is 97 kB"
	said_one_line
	[ ! -d "/proc/$pid" ]
}

restarts_within_the_limit()
{
	make_image
	as_alice 1000000 restart image < /dev/null > /dev/null 2>&1 &
	for _ in $(seq 200); do
		[ "$(awk '/^VmLck/ { print $2 }' "/proc/$pid/status" 2> /dev/null)" = 400 ] &&
			break
		sleep 0.05
	done
	[ "$(awk '/^VmLck/ { print $2 }' "/proc/$pid/status")" = 400 ]
	kill -9 "$pid"
	wait
}

promise "more than the restarter's limit is refused" refuses_above_the_limit
promise "within the limit it is locked again" restarts_within_the_limit
finish
