#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# checkpoint --max-extra: a program that writes to its memory while that waits to be
# written is stopped before it takes more than that.

. "$(dirname -- "$0")/ktap.sh"

# 64 MB, written to from end to end, again and again, a megabyte at a time; tells how
# many it has done, and whether it finds what it has written.
cat > "$scratch/writer" <<'END'
#!/usr/bin/python3
import os, time
MB = 64
memory = bytearray(MB << 20)
out = os.open("chunks", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
done = 0
while True:
    at, now = done % MB << 20, done // MB % 250 + 1
    memory[at:at + (1 << 20):4096] = bytes([now]) * 256
    done += 1
    if done % MB == 0 and memory[::4096] != bytes([now]) * (256 * MB):
        os.write(out, b"wrong\n")
        break
    os.write(out, b"%d\n" % done)
    time.sleep(0.01)
END
chmod 755 "$scratch/writer"

chunks()
{
	tail -n 1 chunks
}

goes_on()	# CHUNKS
{
	local want i

	want=$(($(chunks) + $1))
	for i in $(seq 600); do
		[ "$(chunks)" -lt $want ] || return 0
		sleep 0.1
	done
	echo "it does not go on"
	return 1
}

start()
{
	background "$scratch/writer"
	until_there chunks
	goes_on 66
}

# MB of memory that belong to programs, in the whole machine.
used()
{
	awk '$1 == "AnonPages:" { print int($2 / 1024) }' /proc/meminfo
}

# Until it has written to nearly all of its memory since chunk $1, or stands still.
settle()
{
	local last=$1 now

	for _ in $(seq 60); do
		sleep 2
		now=$(chunks)
		[ $((now - $1)) -lt 60 ] && [ "$now" != "$last" ] || return 0
		last=$now
	done
}

# Its image is not read before that, so that all of it has to wait.
save_slowly()	# OPTION...
{
	before=$(used)
	first=$(chunks)
	checkpoint --json "$@" "$pid" 2> told | { until_there read && cat > img; } &
	settle "$first"
	grown=$(($(used) - before))
	first=$(chunks)
	sleep 1
	second=$(chunks)
	touch read
	wait $!
	rm read
	echo "grown by $grown MB; at chunk $first, then $second"
	cat told
}

extra_pause()
{
	python3 -c 'import json; print(json.load(open("told"))["extra_pause_ns"] // 1000000)'
}

is_right()
{
	goes_on 130
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
	expect 0 restart -d --pidfile pidfile img
	goes_on 130
	kill -9 "$(cat pidfile)"
}

is_stopped()
{
	start
	save_slowly --max-extra=8M
	[ "$grown" -lt 24 ]
	[ "$first" = "$second" ]
	[ "$(extra_pause)" -gt 1000 ]
	is_right
}

# What would be so without the limit, and with one that is not reached.
is_not_stopped()	# OPTION...
{
	start
	save_slowly "$@"
	[ "$grown" -gt 40 ]
	[ "$first" -lt "$second" ]
	[ "$(extra_pause)" = 0 ]
	is_right
}

promise "a program is stopped at the limit, and goes on" is_stopped
promise "without a limit it takes what it writes to" is_not_stopped
promise "it is not stopped below the limit" is_not_stopped --max-extra=1G
finish
