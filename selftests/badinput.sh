#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bad input and bad luck: one clear sentence, the right status, the program
# unharmed, nothing left behind. What is random comes from the seed printed;
# KCR_SEED gives another.

# shellcheck source=selftests/ktap.sh
. "$(dirname -- "$0")/ktap.sh"

# ktap.sh sets $here and $scratch.
# shellcheck disable=SC2154
subject=$here/helpers/subject
moments=${KCR_MOMENTS:-10}
seed=${KCR_SEED:-$(date +%s)}
RANDOM=$seed
echo "# KCR_SEED=$seed"

start()	# [OPTION...]
{
	background "$subject" "$@"
	for _ in $(seq 200); do
		[ ! -s program.out ] || return 0
		sleep 0.05
	done
	echo "no subject"
	return 1
}

goes_on()
{
	local before

	before=$(wc -l < program.out)
	for _ in $(seq 200); do
		[ "$(wc -l < program.out)" -le "$before" ] || return 0
		sleep 0.05
	done
	echo "process $pid does not go on"
	return 1
}

gone()	# PID
{
	for _ in $(seq 200); do
		[ -d "/proc/$1" ] || return 0
		! grep -q '^State:.*Z' "/proc/$1/status" 2> /dev/null || return 0
		sleep 0.05
	done
	echo "process $1 is still there"
	return 1
}

end()
{
	kill -9 "$pid" 2> /dev/null || true
	gone "$pid"
}

# Hundredths of a second, as sleep(1) takes them.
a_moment()	# UP-TO
{
	local n=$((RANDOM % $1))

	printf '%d.%02d' $((n / 100)) $((n % 100))
}

# The image of a program that is gone then: img, $pid.
image()	# [OPTION...]
{
	start "$@"
	checkpoint -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
	gone "$pid"
}

no_operation_left()
{
	for _ in $(seq 100); do
		[ -n "$(checkpoint --list)" ] || return 0
		sleep 0.05
	done
	checkpoint --list
	return 1
}

restart_refuses()	# STATUS < IMAGE
{
	expect "$1" restart -d
	said_one_line
	no_operation_left
}

no_image_at_all()
{
	restart_refuses 6 < /dev/zero
	restart_refuses 6 < /dev/null
	head -c 100000 /dev/urandom > noise
	restart_refuses 6 < noise
	: | restart_refuses 6
	expect 7 restart -d < /
	said_one_line
}

status_without_detach()
{
	expect 125 restart < /dev/zero
	said_one_line
}

cut_short()
{
	local size len

	image
	size=$(stat -c %s img)
	for len in 1 63 64 65 103 104 $((size - 1)) $((size - 8)) $((size / 2)); do
		head -c "$len" img > part
		restart_refuses 6 < part
	done
	for _ in $(seq "$moments"); do
		len=$(((RANDOM * 32768 + RANDOM) % size))
		head -c "$len" img | restart_refuses 6
	done
	expect 0 restart -d < img
	goes_on
	end
}

truncated_while_read()
{
	image -m 20
	(head -c 3000000 img; sleep 0.5) | restart_refuses 6
	gone "$pid"
}

no_such_pid()
{
	expect 4 checkpoint -o img 4000000
	said_one_line
	said "no such process"
	expect 1 checkpoint -o img many
	expect 1 checkpoint -o img -- -5
	expect 1 checkpoint -o img 0
	[ ! -e img ]
}

# A kernel thread, this tool itself, and init.
not_these()
{
	expect 3 checkpoint -o img 2
	said_one_line
	expect 3 checkpoint -o img 1
	said_one_line
	# shellcheck disable=SC2016
	expect 3 sh -c 'exec checkpoint -o img $$'
	said_one_line
	expect 3 checkpoint --check 2
	[ ! -e img ]
}

bad_descriptors()
{
	start
	said_one_line
	expect 7 sh -c "checkpoint $pid > /dev/full"
	# shellcheck disable=SC2016
	expect 1 sh -c 'checkpoint "$1" 1< /dev/null' sh "$pid" ||
		expect 7 sh -c 'checkpoint "$1" 1< /dev/null' sh "$pid"
	expect 7 checkpoint -o /no/such/folder/img "$pid" ||
		expect 5 checkpoint -o /no/such/folder/img "$pid"
	goes_on
	end
}

full_disk()
{
	mkdir small
	mount -t tmpfs -o size=1M tmpfs small
	start -m 20
	expect 7 checkpoint -o small/img "$pid"
	said_one_line
	said "space"
	[ ! -e small/img ]
	[ -z "$(ls -A small)" ]
	expect 7 sh -c "checkpoint $pid > small/img"
	goes_on
	expect 7 checkpoint -k -o small/img "$pid"
	goes_on
	end
	umount small
}

reader_goes_away()
{
	local status

	start -m 20
	for option in -q --kill --stop; do
		set +e
		checkpoint $option "$pid" 2> said.err | head -c 100000 > /dev/null
		status=${PIPESTATUS[0]}
		set -e
		cat said.err
		[ "$status" = 7 ]
		[ "$(wc -l < said.err)" = 1 ]
		goes_on
	done
	no_operation_left
	end
}

# The program is stopped (as SIGSTOP does) or gone, not merely parked.
at_rest()
{
	[ -d "/proc/$pid" ] || return 0
	grep -q '^State:.*T' "/proc/$pid/status"
}

# What a shell starts in the background ignores SIGINT, and so would the tool.
# Any moment of a checkpoint is a good one to be ended by that signal.
checkpoint_ended_by()	# SIGNAL OPTION
{
	local tool

	start -m 20
	for _ in $(seq "$moments"); do
		env --default-signal=INT checkpoint -q "$2" "$pid" 2> /dev/null > img &
		tool=$!
		sleep "$(a_moment 60)"
		kill "-$1" $tool 2> /dev/null || true
		wait $tool 2> /dev/null || true
		no_operation_left
		! at_rest || break
		goes_on
	done
	# It was done before the signal came: then the image is a good one.
	! at_rest || ckptinfo --verify img
	[ -d "/proc/$pid" ] || return 0
	kill -CONT "$pid"
	goes_on
	end
}

restart_ended_by()	# SIGNAL
{
	local tool

	image -m 20
	for _ in $(seq "$moments"); do
		env --default-signal=INT restart -d -q < img 2> /dev/null &
		tool=$!
		sleep "$(a_moment 60)"
		kill "-$1" $tool 2> /dev/null || true
		wait $tool 2> /dev/null || true
		no_operation_left
		kill -9 "$pid" 2> /dev/null || true
		gone "$pid"
	done
	expect 0 restart -d < img
	goes_on
	end
}

target_exits_meanwhile()
{
	local status

	for _ in $(seq "$moments"); do
		start -x $((200 + RANDOM % 300))
		sleep "$(a_moment 50)"
		set +e
		checkpoint -o img "$pid" 2> said.err
		status=$?
		set -e
		cat said.err
		[ $status = 0 ] || [ $status = 4 ]
		set +e
		wait "$pid"
		status=$?
		set -e
		[ $status = 42 ]
		no_operation_left
	done
}

target_is_killed()
{
	local status

	for _ in $(seq "$moments"); do
		start -m 20
		(sleep "$(a_moment 40)"; kill -9 "$pid") &
		set +e
		checkpoint -q "$pid" > img
		status=$?
		set -e
		[ $status = 0 ] || [ $status = 4 ]
		gone "$pid"
		no_operation_left
	done
}

pid_in_use()
{
	image
	expect 0 restart -d < img
	expect 4 restart -d < img
	said_one_line
	said "$pid is in use by the running process subject"
	goes_on
	end
}

# Whoever opens it for reading decides how far a checkpoint to it gets.
begin_operation()
{
	start -m 4
	mkfifo fifo
	sh -c "exec checkpoint $pid > fifo" &
	exec 9< fifo
	for _ in $(seq 100); do
		[ -z "$(checkpoint --list)" ] || break
		sleep 0.05
	done
}

finish_operation()
{
	cat <&9 > /dev/null
	exec 9<&-
	no_operation_left
	goes_on
	end
}

too_many_operations()
{
	local limit=/sys/module/kcr/parameters/max_ops usual

	usual=$(cat $limit)
	begin_operation
	echo 1 > $limit
	expect 4 checkpoint -o img "$pid" || { echo "$usual" > $limit; return 1; }
	said "too many operations"
	expect 4 restart -d < /dev/zero || { echo "$usual" > $limit; return 1; }
	echo "$usual" > $limit
	finish_operation
}

stays_while_in_use()
{
	begin_operation
	! rmmod kcr 2> said.err
	cat said.err
	[ -d /sys/module/kcr ]
	finish_operation
}

# Each is right; what becomes of threads that wait one after the other: at_once.
two_at_once()
{
	local one image

	start -m 10
	for image in two four; do
		checkpoint -o one "$pid" &
		one=$!
		checkpoint -o $image "$pid"
		wait $one
		ckptinfo --verify one
		ckptinfo --verify $image
		goes_on
	done
	end
	cp program.out all.out	# a restart cuts it back
	for image in one two four; do
		cat all.out > program.out
		expect 0 restart -d < $image
		goes_on
		end
	done
}

nothing_was_said()
{
	! dmesg --level=emerg,alert,crit,err,warn,notice | grep -F kcr: |
		grep -vE 'verification failed|out-of-tree|taints kernel'
}

promise "what is no image is refused" no_image_at_all
promise "without --detach restart's own failures are 125" status_without_detach
promise "an image cut short is refused" cut_short
promise "a pipe that ends early leaves nothing behind" truncated_while_read
promise "a pid that nobody has is told" no_such_pid
promise "kernel threads, init and the tool itself are refused" not_these
promise "an image that can't be written is told" bad_descriptors
promise "a full disk leaves no file, and the program unharmed" full_disk
promise "a reader that goes away harms nobody" reader_goes_away
for signal in INT TERM KILL; do
	for option in -v --kill --stop; do
		promise "checkpoint $option may be ended by SIG$signal at any moment" \
			checkpoint_ended_by $signal $option
	done
	promise "restart may be ended by SIG$signal at any moment" restart_ended_by $signal
done
promise "a program may exit meanwhile" target_exits_meanwhile
promise "a program may be killed meanwhile" target_is_killed
promise "a pid in use is told, and by whom" pid_in_use
promise "too many operations are refused" too_many_operations
promise "the module stays while it is in use" stays_while_in_use
promise "two checkpoints of one program" two_at_once
promise "the kernel's log holds nothing above info" nothing_was_said
finish
