#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Promises about what is saved besides a process and its descendants: its
# session, its process group, a cgroup.

. "$(dirname -- "$0")/ktap.sh"

fs=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)

# Once it is there, what a file holds.
wait_for()	# FILE
{
	local _

	for _ in $(seq 300); do
		if [ -s "$1" ]; then
			cat "$1"
			return 0
		fi
		sleep 0.05
	done
	return 1
}

# Process, parent, group and session of each.
ids()		# PID...
{
	local p

	for p; do
		ps -o pid=,ppid=,pgid=,sid= -p "$p" | awk '{ print $1, $2, $3, $4 }' || return
	done
}

end()		# PID...
{
	local p _

	kill -9 "$@" 2> /dev/null || true
	for p; do
		for _ in $(seq 200); do
			wait "$p" 2> /dev/null || true
			if [ ! -d "/proc/$p" ]; then break; fi
			sleep 0.05
		done
		[ ! -d "/proc/$p" ] || return 1
	done
}

# A session with an orphan that writes to a pipe, from which its leader reads.
session()
{
	background python3 -IS -c '
import os, time
r, w = os.pipe()
if not os.fork():
    if os.fork():
        os._exit(0)
    while os.getppid() != 1:
        time.sleep(0.01)
    print(os.getpid(), file=open("orphan.new", "w"))
    os.rename("orphan.new", "orphan")
    while True:
        os.write(w, b"beat\n")
        time.sleep(0.1)
os.wait()
os.close(w)
while True:
    data = os.read(r, 100)
    if not data:
        os._exit(7)
    with open("beats", "ab") as f:
        f.write(data)
'
	orphan=$(wait_for orphan)
	wait_for beats > /dev/null
}

beats()
{
	local before

	before=$(stat -c %s beats)
	for _ in $(seq 100); do
		if [ "$(stat -c %s beats)" != "$before" ]; then return 0; fi
		sleep 0.1
	done
	echo "the pipe has gone silent"
	return 1
}

saves_a_session()
{
	local before

	session
	before=$(ids "$pid" "$orphan")
	expect 3 checkpoint -o img "$pid"	# the pipe leads outside
	expect 0 checkpoint --session -o img "$pid"
	beats
	for _ in 1 2; do
		expect 0 checkpoint --session -k -o img "$pid"
		end "$pid" "$orphan"
		expect 0 restart -d img
		[ "$(ids "$pid" "$orphan" | cut -d ' ' -f 1,3,4)" = \
		  "$(echo "$before" | cut -d ' ' -f 1,3,4)" ] || {
			ids "$pid" "$orphan"
			return 1
		}
		beats
	done
	end "$pid" "$orphan"
}

# restart waits for the process that was named, and reaps the other.
waits_for_the_first()
{
	local status=0

	session
	expect 0 checkpoint --session -k -o img "$pid"
	end "$pid" "$orphan"
	restart img < /dev/null &
	restart=$!
	for _ in $(seq 200); do
		if [ -d "/proc/$orphan" ]; then break; fi
		sleep 0.05
	done
	sleep 0.5
	ids "$orphan" | grep -q "^ *$orphan $restart "
	beats
	kill -9 "$orphan"
	wait "$restart" || status=$?
	[ "$status" = 7 ]
	# The first one ends when the pipe does, which is before the orphan is quite gone.
	end "$orphan" "$pid"
}

# Of a group whose leader has ended, in another one's session.
saves_a_group()
{
	local group before

	background python3 -IS -c '
import os, time
if not os.fork():
    os.setpgid(0, 0)
    for name in "one", "two":
        if not os.fork():
            while os.getppid() != 1:
                time.sleep(0.01)
            print(os.getpid(), file=open(name + ".new", "w"))
            os.rename(name + ".new", name)
            time.sleep(1000)
    os._exit(0)
os.wait()
time.sleep(1000)
'
	one=$(wait_for one)
	two=$(wait_for two)
	before=$(ids "$one" "$two" | cut -d ' ' -f 1,3)
	group=$(ps -o pgid= -p "$one" | tr -d ' ')
	[ ! -d "/proc/$group" ]
	expect 0 checkpoint --group -k -o img "$one"
	for _ in $(seq 100); do
		if [ ! -d "/proc/$one" ] && [ ! -d "/proc/$two" ]; then break; fi
		sleep 0.05
	done
	[ -d "/proc/$pid" ]
	expect 0 restart -d img
	[ "$(ids "$one" "$two" | cut -d ' ' -f 1,3)" = "$before" ]
	end "$one" "$two" "$pid"
}

saves_a_cgroup()
{
	local first second status=0

	mkdir -p "$fs/kcr-scope/below"
	background sleep 1000
	first=$pid
	echo "$first" > "$fs/kcr-scope/cgroup.procs"
	background sleep 1001
	second=$pid
	echo "$second" > "$fs/kcr-scope/below/cgroup.procs"
	expect 0 checkpoint --cgroup=/kcr-scope -k -o img
	end "$first" "$second"
	rmdir "$fs/kcr-scope/below" "$fs/kcr-scope"
	expect 0 restart -d img
	[ "$(sed -n 's/^0:://p' "/proc/$first/cgroup")" = /kcr-scope ]
	[ "$(sed -n 's/^0:://p' "/proc/$second/cgroup")" = /kcr-scope/below ]
	[ "$(ids "$second" | cut -d ' ' -f 3,4)" = "$second $second" ]
	background sleep 1002
	expect 1 checkpoint --cgroup=/kcr-scope -o img "$pid"
	said "it is not in that cgroup"
	end "$first" "$second" "$pid"
	expect 4 checkpoint --cgroup=/kcr-scope -o img
	said "cgroup /kcr-scope: no process is in it"
	rmdir "$fs/kcr-scope/below" "$fs/kcr-scope"
	expect 1 checkpoint --cgroup=/kcr-scope -o img
	said_one_line
}

names_the_top()
{
	background bash -c 'sleep 1000 & echo $! > child; wait'
	child=$(wait_for child)
	expect 1 checkpoint --session -o img "$child"
	said "task $child: it descends from process $pid, which is in the session too: name that one"
	expect 0 checkpoint --session -o img "$pid"
	end "$child" "$pid"
}

refuses_itself()
{
	background bash -c '
	checkpoint --session -o img $$ 2> err
	echo $? > status
	exec sleep 1000'
	[ "$(wait_for status)" = 1 ]
	grep -q "whoever checkpoints is one of the processes" err
	[ "$(wc -l < err)" = 1 ]
	end "$pid"
}

asks_for_each()
{
	background bash -c '
	(setpriv --reuid bob --regid bob --init-groups sleep 1000 & echo $! > other)
	exec setpriv --reuid alice --regid alice --init-groups sleep 1000'
	other=$(wait_for other)
	for _ in $(seq 200); do
		if [ "$(cat "/proc/$pid/comm" "/proc/$other/comm" | uniq)" = sleep ]; then break; fi
		sleep 0.05
	done
	chmod 777 .
	expect 0 setpriv --reuid alice --regid alice --init-groups checkpoint -o img "$pid"
	rm img
	expect 2 setpriv --reuid alice --regid alice --init-groups \
		checkpoint --session -o img "$pid"
	said "process $other: you may not attach to it"
	[ ! -e img ]
	expect 0 checkpoint --session -o img "$pid"
	end "$other" "$pid"
}

leaves_nothing_behind()
{
	session
	expect 0 checkpoint --session -k -o img "$pid"
	end "$pid" "$orphan"
	# The second one's id is taken: the first one goes, too.
	background sleep 1000
	taken=$pid
	echo $((orphan - 1)) > /proc/sys/kernel/ns_last_pid
	sleep 1000 &
	if [ $! = "$orphan" ]; then
		expect 125 restart img < /dev/null
		said_one_line
	fi
	kill -9 $! "$taken"
	wait || true
	# There, something fails when all are made.
	expect 7 restart -d --pidfile /nowhere/pid img
	[ ! -d "/proc/$orphan" ]
	expect 0 restart -d img
	pid=$(ps -o sid= -p "$orphan" | tr -d ' ')
	end "$pid" "$orphan"
}

promise saves_a_session saves_a_session
promise waits_for_the_first waits_for_the_first
promise saves_a_group saves_a_group
if [ -n "$fs" ]; then
	promise saves_a_cgroup saves_a_cgroup
else
	skip saves_a_cgroup "cgroup2 is not mounted"
fi
promise names_the_top names_the_top
promise refuses_itself refuses_itself
promise asks_for_each asks_for_each
promise leaves_nothing_behind leaves_nothing_behind
finish
