#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Calls that are carried on, checkpointed again and again, continued and
# restarted: nothing adds up. The module stays while a thread is inside it.

. "$(dirname -- "$0")/ktap.sh"

waits=$here/helpers/waits

wanted()
{
	cat <<-'END'
	asleep
	epoll_wait 0 0 in time
	sigtimedwait -1 11 in time
	ppoll 0 0 in time
	nanosleep 0 0 in time
	poll 0 0 in time
	write 262144 0 in time
	END
}

begin()
{
	background "$waits" "$1"
	for _ in $(seq 100); do
		! grep -qs asleep program.out || return 0
		sleep 0.1
	done
	echo "never fell asleep"
	return 1
}

ended()
{
	for _ in $(seq 300); do
		kill -0 "$pid" 2> /dev/null || break
		sleep 0.1
	done
	! kill -9 "$pid" 2> /dev/null || echo "it never ended"
	wanted > wanted
	diff wanted program.out
}

continued_many_times()
{
	begin 12
	for _ in 1 2 3 4 5; do
		checkpoint -o image "$pid"
		sleep 0.3
	done
	ended
}

in_use_while_carried()
{
	begin 6
	checkpoint -o image "$pid"
	if rmmod kcr 2> /dev/null; then
		modprobe kcr 2> /dev/null || insmod "$KCR_BUILD/kcr.ko"
		echo "it was unloaded"
		return 1
	fi
	ended
	for _ in $(seq 50); do
		[ "$(cat /sys/module/kcr/refcnt)" != 0 ] || return 0
		sleep 0.1
	done
	echo "still in use: $(cat /sys/module/kcr/refcnt)"
	return 1
}

restarted_many_times()
{
	begin 12
	for _ in 1 2 3; do
		checkpoint -o first "$pid"
		checkpoint -k -o image "$pid"
		sleep 1
		restart -d image < /dev/null > restarted
	done
	ended
}

killed_while_carried()
{
	begin 60
	checkpoint -o image "$pid"
	kill -9 "$pid"
	for _ in $(seq 50); do
		[ "$(cat /sys/module/kcr/refcnt)" != 0 ] || return 0
		sleep 0.1
	done
	return 1
}

promise "calls continue through many checkpoints" continued_many_times
promise "calls continue through many restarts" restarted_many_times
promise "the module stays while a call is carried on" in_use_while_carried
promise "a program killed meanwhile lets go of the module" killed_while_carried
finish
