#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# checkpoint --every: images again and again.

. "$(dirname -- "$0")/ktap.sh"

# It counts, and writes down how far it is.
program='
import os
import time
n = 0
while True:
    n += 1
    with open("new", "w") as f:
        f.write("%09d" % n)
    os.rename("new", "count")
    time.sleep(0.01)
'

start()
{
	echo 000000000 > count
	setsid python3 -c "$program" < /dev/null > out 2>&1 &
	pid=$!
	sleep 0.5
}

# Until the newest of its images has at least this number.
until_number()	# NUMBER
{
	local _ last

	for _ in $(seq 600); do
		last=$(readlink "images/$pid.kcr" 2> /dev/null) || true
		last=${last#"$pid."}
		last=${last%.kcr}
		[ -z "$last" ] || [ $((10#$last)) -lt "$1" ] || return 0
		sleep 0.1
	done
	echo "the newest is $last"
	return 1
}

count_of()	# FILE
{
	echo $((10#$(cat "$1")))
}

# The program goes on from there.
counts_on()	# BEFORE
{
	local _

	for _ in $(seq 100); do
		[ "$(count_of count)" -le "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

newer_than()	# NEWEST
{
	local _

	for _ in $(seq 100); do
		[ "$(readlink "images/$pid.kcr")" = "$1" ] || break
		sleep 0.1
	done
	[[ $(readlink "images/$pid.kcr") > $1 ]]
}

end()
{
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
}

keeps_the_newest()
{
	start
	checkpoint --every=0:01 --keep=3 --with-files -q -o images "$pid" 2> told &
	series=$!
	until_number 5
	end
	wait $series || { cat told; return 1; }
	cat told
	[ ! -s told ]
	ls -A images | sed "s/^$pid/PID/" > names
	cat names
	[ "$(wc -l < names)" = 4 ]	# and the link
	grep -qx 'PID\.kcr' names
	! grep -qx 'PID\.000001\.kcr' names
	[ "$(stat -c %a images)" = 700 ]
	for image in images/"$pid".0*.kcr; do
		[ "$(stat -c %a "$image")" = 600 ]
		expect 0 ckptinfo --verify "$image"
	done
}

goes_on_from_the_newest()
{
	start
	checkpoint --every=0:01 --with-files -q -o images "$pid" &
	series=$!
	until_number 2
	end
	wait $series
	newest=$(readlink "images/$pid.kcr")
	before=$(count_of count)
	expect 0 restart -d < "images/$pid.kcr"
	counts_on "$before"
	# The numbers go on.
	checkpoint --every=1:00:00 --with-files -q -o images "$pid" &
	series=$!
	newer_than "$newest"
	kill -9 "$pid"
	wait $series
}

saves_when_told_to()
{
	start
	checkpoint --every=1-0 --with-files -q -o images "$pid" &
	series=$!
	until_number 1
	kill -USR1 $series
	until_number 2
	# It ends by a signal, and the program does not.
	kill -TERM $series
	status=0
	wait $series || status=$?
	[ $status = 143 ]
	kill -0 "$pid"
	[ -z "$(ls -A images | grep -vE "^$pid(\.[0-9]{6})?\.kcr$")" ]
	end
}

leaves_out_under_load()
{
	start
	yes > /dev/null &
	busy=$!
	for _ in $(seq 100); do
		awk '{ exit !($1 > 0.01) }' /proc/loadavg && break
		sleep 0.2
	done
	checkpoint --every=0:01 --max-load=0.001 --with-files -o images "$pid" 2> told &
	series=$!
	for _ in $(seq 100); do
		[ "$(grep -c "is left out" told)" -lt 2 ] || break
		sleep 0.2
	done
	kill -9 $busy
	end
	wait $series
	[ "$(grep -c "is left out" told)" -ge 2 ]
	[ "$(ls images | wc -l)" = 2 ]	# the first alone, and the link
}

tells_each_as_json()
{
	start
	checkpoint --every=0:01 --with-files --json -o images "$pid" > told &
	series=$!
	until_number 2
	end
	wait $series || true
	python3 - "$pid" << 'EOF'
import json, sys
told = [json.loads(line) for line in open("told")]
assert len(told) >= 2, told
for n, one in enumerate(told[:2], 1):
    assert one["class"] == "ok" and one["pid"] == int(sys.argv[1]), one
    assert one["image"] == "images/%s.%06d.kcr" % (sys.argv[1], n), one
EOF
}

tries_again()
{
	start
	mkdir small
	mount -t tmpfs -o size=32m none small
	trap 'umount -l small' RETURN
	checkpoint --every=0:01 --with-files -q -o small/images "$pid" 2> told &
	series=$!
	until [ -e "small/images/$pid.000001.kcr" ]; do sleep 0.1; done
	head -c 40M /dev/zero > small/full 2> /dev/null || true
	for _ in $(seq 100); do
		! grep -q "no space left" told || break
		sleep 0.2
	done
	grep -q "no space left" told
	kill -0 "$pid"
	last=$(readlink "small/images/$pid.kcr")
	rm small/full
	for _ in $(seq 100); do
		[ "$(readlink "small/images/$pid.kcr")" = "$last" ] || break
		sleep 0.2
	done
	[ "$(readlink "small/images/$pid.kcr")" != "$last" ]
	end
	wait $series || true
	[ -z "$(ls -A small/images | grep -vE "^$pid(\.[0-9]{6})?\.kcr$")" ]
}

ends_when_the_first_fails()
{
	start
	touch file
	expect 7 checkpoint --every=1 -o file "$pid"
	said_one_line
	end
	expect 4 checkpoint --every=1 -o images "$pid"
	said_one_line
	# A program that can't be saved: told at once, not in an hour.
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
open("ready", "w").close()
time.sleep(1000)' &
	pid=$!
	until [ -e ready ]; do sleep 0.1; done
	expect 3 checkpoint --every=1:00:00 --with-files -q -o images "$pid"
	end
}

is_full()	# IMAGE
{
	ckptinfo --json "$1" | python3 -c '
import json, sys
sys.exit(json.load(sys.stdin)["image"]["increment"])'
}

saves_what_has_changed()
{
	start
	checkpoint --every=0:01 --keep=2 --full-every=3 --with-files -q -o images "$pid" &
	series=$!
	until_number 8
	end
	wait $series
	# 7 is full, 8 and perhaps 9 build on it; what is before them is not needed.
	ls images
	[ ! -e "images/$pid.000006.kcr" ]
	is_full "images/$pid.000007.kcr"
	! is_full "images/$pid.000008.kcr"
	[ "$(stat -c %s "images/$pid.000008.kcr")" -lt "$(($(stat -c %s "images/$pid.000007.kcr") / 2))" ]
	expect 0 ckptinfo --chain --verify "images/$pid.kcr"
	before=$(count_of count)
	expect 0 restart -d < "images/$pid.kcr"
	counts_on "$before"
	# One that is lost is not built upon.
	rm "images/$pid.000007.kcr"
	newest=$(readlink "images/$pid.kcr")
	checkpoint --every=1:00:00 --keep=9 --full-every=9 --with-files -q -o images "$pid" 2> told &
	series=$!
	newer_than "$newest"
	is_full "images/$pid.kcr"
	end
	wait $series
}

knows_its_options()
{
	for interval in "" 0 0:00 1:2:3:4 1- -1 1-2-3 1:x 1h " 1" 1-1:1:1:1 99999999999; do
		expect 1 checkpoint --every="$interval" -o images 1
		said "is no interval"
	done
	expect 1 checkpoint --every=1 1
	said "needs a directory"
	expect 1 checkpoint --every=1 -k -o images 1
	expect 1 checkpoint --keep=3 -o images 1
	said "are for --every"
	expect 1 checkpoint --every=1 --keep=0 -o images 1
	expect 1 checkpoint --every=1 --full-every=0 -o images 1
	expect 1 checkpoint --every=1 --parent=images/x -o images 1
	expect 1 checkpoint --full-every=3 -o images 1
	expect 1 checkpoint --every=1 --max-load=x -o images 1
	[ ! -e images ]
}

promise keeps_the_newest keeps_the_newest
promise goes_on_from_the_newest goes_on_from_the_newest
promise saves_when_told_to saves_when_told_to
promise leaves_out_under_load leaves_out_under_load
promise tells_each_as_json tells_each_as_json
promise tries_again tries_again
promise ends_when_the_first_fails ends_when_the_first_fails
promise saves_what_has_changed saves_what_has_changed
promise knows_its_options knows_its_options
finish
