#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory of huge pages, restarted where the pool has too few.

. "$(dirname -- "$0")/ktap.sh"

# Three huge pages, two of them touched: HOW is what mmap() is told besides.
program='import mmap, os, sys, time
flags = {"private": mmap.MAP_PRIVATE, "shared": mmap.MAP_SHARED,
         "unreserved": mmap.MAP_PRIVATE | 0x4000}[sys.argv[1]]
m = mmap.mmap(-1, 6 << 20, flags | mmap.MAP_ANONYMOUS | 0x40000)
m[0:5] = b"first"
m[4 << 20:(4 << 20) + 5] = b"third"
print("mapped", flush=True)
while not os.path.exists("go"):
    time.sleep(0.05)
print(m[0:5], m[2 << 20], m[4 << 20:(4 << 20) + 5], flush=True)'

pool()
{
	echo "$1" > /proc/sys/vm/nr_hugepages
	[ "$(cat /proc/sys/vm/nr_hugepages)" = "$1" ]
}

make_image()	# HOW
{
	pool 4
	# shellcheck disable=SC2016
	setsid sh -c 'exec python3 -c "$1" "$2" < /dev/null > out 2>&1' sh "$program" "$1" &
	for _ in $(seq 400); do
		grep -q mapped out 2> /dev/null && break
		sleep 0.05
	done
	pid=$!
	expect 0 checkpoint -k -o image "$pid"
	for _ in $(seq 200); do
		[ -d "/proc/$pid" ] || break
		sleep 0.05
	done
}

refuses()	# HOW PAGES SENTENCE
{
	make_image "$1"
	pool "$2"
	expect 125 restart image
	said "$3"
	said_one_line
	[ ! -d "/proc/$pid" ]
	[ "$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)" = "$2" ]
}

# A refusal harms nothing.
restarts_with_enough()
{
	refuses private 2 "needs 3 huge pages of 2048 kB, and 2 are free here (vm.nr_hugepages)"
	pool 3
	touch go
	expect 0 restart image
	[ "$(tail -n 1 out)" = "b'first' 0 b'third'" ]
}

if ! pool 4; then
	skip "huge pages" "there are none here"
	finish
fi
promise "too few to reserve are refused" refuses private 2 \
	"needs 3 huge pages of 2048 kB, and 2 are free here (vm.nr_hugepages)"
promise "likewise of shared memory" refuses shared 0 \
	"needs 3 huge pages of 2048 kB, and 0 are free here (vm.nr_hugepages)"
promise "too few to hold what was not reserved are refused" refuses unreserved 1 \
	"too few huge pages of 2048 kB are free here (vm.nr_hugepages)"
promise "with enough it goes on" restarts_with_enough
pool 0
finish
