#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where memory is short in other ways than in pressure.sh: with swap that takes
# it, and without overcommitment. And who pays for a checkpoint.

. "$(dirname -- "$0")/ktap.sh"

churn=$here/helpers/churn
groups=/sys/fs/cgroup
vm=/proc/sys/vm
buffer=/sys/module/kcr/parameters/max_buffer_mb

start()	# GROUP OPTION-OF-CHURN...
{
	local group=$groups/$1

	shift
	# shellcheck disable=SC2016
	background sh -c 'echo 0 > "$1/cgroup.procs" && shift && exec "$@"' - "$group" "$churn" "$@"
	until_there ready
}

mb_of()	# GROUP
{
	echo $(($(cat "$groups/$1/memory.current") / 1048576))
}

right()
{
	tail -n 1 program.out | grep '^right after' || { cat program.out; return 1; }
}

ends_right()
{
	touch finish
	wait "$pid"
	right
}

remove_groups()	# GROUP...
{
	local _

	for _ in $(seq 50); do
		rmdir "${@/#/$groups/}" 2> /dev/null && return 0
		sleep 0.1
	done
	return 1
}

# Overcommitment

strict()	# MB-FREE
{
	local kb=$(awk '/^Committed_AS/ { print $2 }' /proc/meminfo)

	echo $((kb + $1 * 1024)) > $vm/overcommit_kbytes
	echo 2 > $vm/overcommit_memory
}

lenient()
{
	echo 0 > $vm/overcommit_memory
	echo "$usual_ratio" > $vm/overcommit_ratio
}

# A snapshot is memory that the program could write to: it must be there.
without_overcommitment()
{
	mkdir -p "$groups/job"
	start job -m 6
	strict 50
	expect 5 checkpoint -o 1.img "$pid"
	said "its memory can't be duplicated (errno 12)"
	said_one_line
	[ ! -e 1.img ]
	strict 400
	expect 0 checkpoint -o 2.img "$pid"
	# What is held needs none.
	strict 50
	expect 0 checkpoint -k -o 3.img "$pid"
	wait "$pid" 2> /dev/null || true
	touch finish
	strict 400
	expect 0 restart 3.img
	right
	expect 0 restart 2.img
	right
	remove_groups job
}

# Shared memory is copied as long as it may be.
more_than_may_be_copied()
{
	mkdir -p "$groups/job"
	start job -m 6
	echo 8 > $buffer
	expect 5 checkpoint -o 1.img "$pid"
	said "more than 8 MB would have to be copied (module parameter max_buffer_mb)"
	said_one_line
	[ ! -e 1.img ]
	expect 0 checkpoint -k -o 2.img "$pid"
	echo "$usual_buffer" > $buffer
	wait "$pid" 2> /dev/null || true
	touch finish
	expect 0 restart 2.img
	right
	remove_groups job
}

# How much it holds

# Shared memory, or a file without a name, of which each megabyte has its number.
holder='
import mmap, os, sys, time
what, megabytes = sys.argv[1], int(sys.argv[2])
if what == "shared":
    memory = mmap.mmap(-1, megabytes << 20)
else:
    memory = open("gone", "w+b")
    os.unlink("gone")
block = os.urandom((1 << 20) - 8)
def number(i):
    return i.to_bytes(8, "little")
for i in range(megabytes):
    memory.write(number(i) + block)
memory.flush()
open("ready", "w").close()
while not os.path.exists("finish"):
    time.sleep(0.05)
memory.seek(0)
for i in range(megabytes):
    assert memory.read(1 << 20) == number(i) + block, i
print("right after all", flush=True)
'

start_holder()	# GROUP WHAT MB
{
	local group=$groups/$1

	mkdir -p "$group"
	# shellcheck disable=SC2016
	background sh -c 'echo 0 > "$1/cgroup.procs" && exec python3 -IS -c "$2" "$3" "$4"' - \
		"$group" "$holder" "$2" "$3"
	until_there ready
}

killed_for_memory()	# GROUP
{
	awk '$1 == "oom_kill" { print $2 }' "$groups/$1/memory.events"
}

# Half of what is free may be copied, if nobody says less.
much_is_shared()
{
	start_holder job shared 300
	expect 0 checkpoint -v -o 1.img "$pid"
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
	touch finish
	expect 0 restart 1.img
	right
	remove_groups job
}

# It pays for the copies: where it may not have so much, nobody dies of that.
more_than_the_writer_may_have()
{
	start_holder job shared 100
	mkdir -p "$groups/writer"
	echo 40M > "$groups/writer/memory.max"
	expect 5 sh -c "echo 0 > $groups/writer/cgroup.procs; exec checkpoint -o 1.img $pid"
	said "not enough kernel memory"
	said_one_line
	[ ! -e 1.img ]
	[ "$(killed_for_memory writer)" = 0 ]
	ends_right
	remove_groups job writer
}

# What no restart would take is not written.
more_records_than_a_restart_takes()
{
	start_holder job file 260
	expect 5 checkpoint -o 1.img "$pid"
	said "records and contents of files take more than 256 MB"
	said_one_line
	[ ! -e 1.img ]
	ends_right
	rm ready finish
	start_holder job file 250
	expect 0 checkpoint -k -o 2.img "$pid"
	wait "$pid" 2> /dev/null || true
	touch finish
	expect 0 restart 2.img
	right
	remove_groups job
}

# Swap

swap_on()
{
	modprobe zram || return 1
	echo $((256 << 20)) > /sys/block/zram0/disksize
	mkswap /dev/zram0 > /dev/null && swapon /dev/zram0
}

swap_off()
{
	swapoff /dev/zram0
	echo 1 > /sys/block/zram0/reset
	modprobe -r zram
}

swapped()
{
	awk '{ print int($1 / 1048576) }' "$groups/job/memory.swap.current"
}

# Either it is whole, or it was given up in words.
save_or_say()	# NUMBER
{
	local status=0

	checkpoint -q -o "$1.img" "$pid" 2> said || status=$?
	echo "image $1: $status $(cat said)"
	case $status in
	0)	made="$made $1" ;;
	4)	grep -q "memory ran short, and the snapshot was given up" said
		[ ! -e "$1.img" ] ;;
	*)	return 1 ;;
	esac
}

with_swap_in_use()
{
	local number made=''

	mkdir -p "$groups/job"
	start job -m 3
	echo "$(($(mb_of job) * 3 / 4))M" > "$groups/job/memory.max"
	for number in 1 2 3 4; do
		sleep 0.3
		echo "$(mb_of job) MB, $(swapped) in swap"
		[ "$(swapped)" -gt 0 ]
		save_or_say "$number"
	done
	echo max > "$groups/job/memory.max"
	save_or_say 5
	[ "${made##* }" = 5 ]
	[ "$(killed_for_memory job)" = 0 ]
	ends_right
	for number in $made; do
		expect 0 restart "$number.img"
		right
	done
	remove_groups job
}

# Who pays

# Until what the program has rewritten is so much.
until_grown()	# MB
{
	local _

	for _ in $(seq 300); do
		[ "$(mb_of job)" -lt "$1" ] || return 0
		sleep 0.2
	done
	return 1
}

# What the program rewrites is the program's, what is written is the writer's.
who_pays()
{
	local job

	mkdir -p "$groups/job" "$groups/writer"
	start job -m 4
	job=$(mb_of job)
	sh -c "echo 0 > $groups/writer/cgroup.procs; exec checkpoint -q $pid" |
		{ until_grown $((job + 25)); mb_of job > job.mb; mb_of writer > writer.mb; cat > image; }
	echo "job: $job MB, then $(cat job.mb) and $(mb_of job); writer: $(cat writer.mb)"
	# 48 MB of it are private, of which 16 are huge pages: one of those that is
	# rewritten in part stays, until memory is wanted, beside what was rewritten.
	[ "$(cat job.mb)" -ge $((job + 25)) ]
	[ "$(mb_of job)" -lt $((job + 22)) ]
	# And 10 MB that are shared, which the writer has copied.
	[ "$(cat writer.mb)" -ge 10 ]
	[ "$(cat writer.mb)" -lt 20 ]
	ckptinfo --verify image
	# Into a file, that is the writer's page cache.
	sh -c "echo 0 > $groups/writer/cgroup.procs; exec checkpoint -q --cached -o file.img $pid"
	echo "writer of a file: $(mb_of writer)"
	[ "$(mb_of writer)" -gt 30 ]
	ends_right
	rm file.img
	remove_groups job writer
}

echo +memory > $groups/cgroup.subtree_control 2>/dev/null
if ! grep -qw memory $groups/cgroup.subtree_control 2>/dev/null; then
	skip "memory cgroups" "there are none"
	finish
fi
usual_ratio=$(cat $vm/overcommit_ratio)
usual_buffer=$(cat $buffer)

promise "without overcommitment it is right, or says so" without_overcommitment
lenient
promise "more shared memory than may be copied is told before anything stops" more_than_may_be_copied
echo "$usual_buffer" > $buffer
promise "300 MB of shared memory are copied" much_is_shared
promise "the writer's group pays for copies, or there are none" more_than_the_writer_may_have
promise "what a restart could not hold is told" more_records_than_a_restart_takes
if swap_on; then
	promise "with swap in use it is right, or says so" with_swap_in_use
	swap_off
else
	skip "with swap in use it is right, or says so" "no zram in this kernel"
fi
promise "the program's group pays for pages, the writer's for the file" who_pays
finish
