#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Promises about cgroups: where the processes and threads of a program were.

. "$(dirname -- "$0")/ktap.sh"

fs=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)

# What a promise leaves below the hierarchy goes with it.
remove()
{
	[ ! -d "$fs/kcr-test" ] || find "$fs/kcr-test" -depth -type d -exec rmdir {} +
}

where()		# PID
{
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

# A shell with a child, in cgroups of their own; their ids in $pid and $child.
family()
{
	remove
	mkdir -p "$fs/kcr-test/parent" "$fs/kcr-test/child"
	background bash -c 'sleep 1000 & echo $! > child; wait'
	for _ in $(seq 200); do
		if [ -s child ]; then break; fi
		sleep 0.05
	done
	child=$(cat child)
	echo "$pid" > "$fs/kcr-test/parent/cgroup.procs"
	echo "$child" > "$fs/kcr-test/child/cgroup.procs"
	[ "$(where "$pid")" = /kcr-test/parent ]
	[ "$(where "$child")" = /kcr-test/child ]
}

# They end, and the cgroups with them.
gone()
{
	kill -9 "$pid" "$child" 2> /dev/null || true
	for _ in $(seq 200); do
		kill -0 "$pid" 2> /dev/null || kill -0 "$child" 2> /dev/null || break
		sleep 0.05
	done
	for _ in $(seq 100); do
		if remove 2> /dev/null; then return 0; fi
		sleep 0.05
	done
	return 1
}

save_and_kill()
{
	expect 0 checkpoint -k -o img "$pid"
	for _ in $(seq 200); do
		if [ ! -d "/proc/$pid" ] && [ ! -d "/proc/$child" ]; then return 0; fi
		wait "$pid" 2> /dev/null || true
		sleep 0.05
	done
	return 1
}

back()		# PARENT CHILD
{
	[ "$(where "$pid")" = "$1" ] || { echo "in $(where "$pid")"; return 1; }
	[ "$(where "$child")" = "$2" ] || { echo "in $(where "$child")"; return 1; }
}

comes_back()
{
	family
	save_and_kill
	ckptinfo --json img > info
	grep -q '"path": *"/kcr-test/child"' info
	expect 0 restart -d img
	back /kcr-test/parent /kcr-test/child
	save_and_kill
	expect 0 restart -d img
	back /kcr-test/parent /kcr-test/child
	[ ! -s "$scratch/err" ]
	gone
}

is_made()
{
	family
	save_and_kill
	remove
	expect 0 restart -d --cgroup=keep img
	back /kcr-test/parent /kcr-test/child
	gone
}

is_restarts_own()
{
	family
	save_and_kill
	expect 0 restart -d --cgroup=own img
	back "$(where $$)" "$(where $$)"
	gone
}

goes_elsewhere()
{
	family
	echo "$child" > "$fs/kcr-test/parent/cgroup.procs"
	mkdir "$fs/kcr-test/parent/below"
	echo "$child" > "$fs/kcr-test/parent/below/cgroup.procs"
	save_and_kill
	expect 0 restart -d --cgroup=/kcr-test/new img
	back /kcr-test/new /kcr-test/new/below
	gone
}

stays_without_rights()
{
	remove
	mkdir -p "$fs/kcr-test/parent"
	setsid setpriv --reuid alice --regid alice --init-groups \
		sleep 1000 < /dev/null > /dev/null 2>&1 &
	pid=$!
	child=$pid
	sleep 1
	echo "$pid" > "$fs/kcr-test/parent/cgroup.procs"
	save_and_kill
	chmod 644 img
	expect 0 setpriv --reuid alice --regid alice --init-groups restart -d img
	said "can't be put into cgroup /kcr-test/parent, and stays in $(where $$): Permission denied"
	said_one_line
	back "$(where $$)" "$(where $$)"
	kill -9 "$pid"
	sleep 0.5
	expect 2 setpriv --reuid alice --regid alice --init-groups \
		restart -d --cgroup=keep img
	said_one_line
	[ ! -d "/proc/$pid" ]
	gone
}

leaves_nothing()
{
	family
	save_and_kill
	remove
	mkdir -p "$fs/kcr-test"
	# Whatever is in the first one, the second one can't be entered.
	mkdir "$fs/kcr-test/child"
	echo +memory > "$fs/cgroup.subtree_control"
	echo +memory > "$fs/kcr-test/cgroup.subtree_control"
	echo +memory > "$fs/kcr-test/child/cgroup.subtree_control"
	expect 5 restart -d --cgroup=keep img
	said "process $child can't be put into cgroup /kcr-test/child: it passes controllers on"
	[ ! -d "/proc/$pid" ]
	[ ! -d "$fs/kcr-test/parent" ]
	echo -memory > "$fs/kcr-test/child/cgroup.subtree_control"
	gone
}

refuses_frozen()
{
	family
	echo 1 > "$fs/kcr-test/child/cgroup.freeze"
	expect 4 checkpoint -o img "$pid"
	said "thread $child is in a frozen cgroup: thaw it first"
	echo 0 > "$fs/kcr-test/child/cgroup.freeze"
	expect 0 checkpoint -o img "$pid"
	gone
}

# A process in two threaded cgroups.
keeps_threads()
{
	local tid again

	remove
	mkdir -p "$fs/kcr-test/one" "$fs/kcr-test/two"
	echo threaded > "$fs/kcr-test/one/cgroup.type"
	echo threaded > "$fs/kcr-test/two/cgroup.type"
	background python3 -IS -c '
import threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
time.sleep(1000)'
	child=$pid
	for _ in $(seq 200); do
		tid=$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -vx "$pid") && break
		sleep 0.1
	done
	echo "$pid" > "$fs/kcr-test/cgroup.procs"
	echo "$pid" > "$fs/kcr-test/one/cgroup.threads"
	echo "$tid" > "$fs/kcr-test/two/cgroup.threads"
	for again in "" again; do
		[ "$(where "$pid")" = /kcr-test/one ]
		[ "$(where "$pid/task/$tid")" = /kcr-test/two ]
		save_and_kill
		[ -n "$again" ] || remove
		expect 0 restart -d --cgroup=keep img
	done
	[ "$(where "$pid")" = /kcr-test/one ]
	[ "$(where "$pid/task/$tid")" = /kcr-test/two ]
	gone
}

# Entering a cpuset gives a thread all of its processors.
keeps_affinity()
{
	family
	echo +cpuset > "$fs/cgroup.subtree_control"
	echo +cpuset > "$fs/kcr-test/cgroup.subtree_control"
	echo 0-1 > "$fs/kcr-test/parent/cpuset.cpus"
	taskset -p -c 1 "$pid"
	save_and_kill
	expect 0 restart -d --cgroup=keep img
	back /kcr-test/parent /kcr-test/child
	taskset -p -c "$pid" | grep -q ': 1$'
	gone
}

in_a_new_pid_namespace()
{
	local inside

	family
	save_and_kill
	expect 0 restart -d -n --pidfile new --cgroup=keep img
	pid=$(cat new)
	[ "$(where "$pid")" = /kcr-test/parent ]
	inside=$(cat "$fs/kcr-test/child/cgroup.procs")
	child=$inside
	[ "$(cat "/proc/$inside/comm")" = sleep ]
	gone
}

if [ -z "$fs" ]; then
	skip "cgroups" "cgroup2 is not mounted"
	finish
fi
promise comes_back comes_back
promise is_made is_made
promise is_restarts_own is_restarts_own
promise goes_elsewhere goes_elsewhere
promise stays_without_rights stays_without_rights
promise leaves_nothing leaves_nothing
promise refuses_frozen refuses_frozen
promise keeps_threads keeps_threads
if [ "$(nproc)" -gt 1 ]; then
	promise keeps_affinity keeps_affinity
else
	skip keeps_affinity "there is one processor"
fi
promise in_a_new_pid_namespace in_a_new_pid_namespace
remove
finish
