#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Promises about files that were hashed before: they are not read again, and no
# change of one is missed.

. "$(dirname -- "$0")/ktap.sh"

SIZE=$((8 << 20))

# A program that has a file open, which then is older than what a clock of files
# may be behind; its pid in $pid.
start()
{
	head -c "$SIZE" /dev/urandom > input
	sleep 6
	setsid python3 -c '
import time
f = open("input", "rb")
open("ready", "w").close()
while True: time.sleep(1)' < /dev/null > /dev/null 2>&1 &
	pid=$!
	until_there ready
}

# How many bytes of files a checkpoint read, into $bytes.
save()		# IMAGE
{
	expect 0 checkpoint --json -o "$1" "$pid"
	bytes=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["file_bytes"])' "$scratch/out")
}

end()
{
	kill -KILL "$pid"
	wait "$pid" 2> /dev/null || true
}

is_read_once()
{
	start
	save first
	[ "$bytes" -ge "$SIZE" ]
	save second
	[ "$bytes" -lt "$SIZE" ]
	end
	expect 0 restart -d second
	kill -KILL "$pid"
}

# The same size, and the time of its contents set back.
change_is_seen()
{
	start
	save first
	save second
	[ "$bytes" -lt "$SIZE" ]
	touch -r input then
	printf x | dd of=input bs=1 seek=$((SIZE / 2)) conv=notrunc status=none
	touch -r then input
	save third
	[ "$bytes" -ge "$SIZE" ]
	end
	expect 125 restart second
	said "input: its contents have changed since the checkpoint"
	expect 0 restart -d third
	kill -KILL "$pid"
}

recent_change_is_not_relied_on()
{
	start
	printf x | dd of=input bs=1 seek=$((SIZE / 2)) conv=notrunc status=none
	save first
	[ "$bytes" -ge "$SIZE" ]
	save second
	[ "$bytes" -ge "$SIZE" ]
	end
}

who_may_write_is_not_relied_on()
{
	start
	save first
	exec 5<> input
	save second
	[ "$bytes" -ge "$SIZE" ]
	exec 5>&-
	save third
	[ "$bytes" -lt "$SIZE" ]
	end
}

promise "a file that was hashed is not read again" is_read_once
promise "a change of one is seen" change_is_seen
promise "one changed a moment ago is read again" recent_change_is_not_relied_on
promise "one that somebody may write to is read again" who_may_write_is_not_relied_on
finish
