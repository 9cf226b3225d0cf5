#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A checkpoint never gets its program killed for lack of memory: the snapshot
# is given up first, and the checkpoint says so.

. "$(dirname -- "$0")/ktap.sh"

groups=/sys/fs/cgroup

# MB of memory, all of it written to again and again; tells how often.
cat > "$scratch/writer" <<'END'
#!/usr/bin/python3
import os, sys
memory = bytearray(int(sys.argv[1]) << 20)
pages, rounds = len(memory) // 4096, 0
out = os.open("rounds", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
while True:
    rounds += 1
    memory[::4096] = bytes([rounds % 251 + 1]) * pages
    os.write(out, b"%d\n" % rounds)
END
chmod 755 "$scratch/writer"

rounds()
{
	tail -n 1 rounds 2>/dev/null || echo 0
}

# Wait until the program has gone round that many more times.
goes_on()	# TIMES
{
	local want=$(($(rounds) + $1)) i

	for i in $(seq 600); do
		[ "$(rounds)" -ge $want ] && return 0
		kill -0 $pid || { echo "the program is gone"; return 1; }
		sleep 0.1
	done
	echo "the program hangs"
	return 1
}

start()	# GROUP MB
{
	[ -z "$1" ] || mkdir -p "$groups/$1"
	# In the group from the start, so that all is charged there.
	background sh -c 'echo 0 > "$1/cgroup.procs" && exec "$2" "$3"' - \
		"$groups/$1" "$scratch/writer" "$2"
	goes_on 2
}

limit()	# GROUP MB
{
	mkdir -p "$groups/$1"
	echo "$2M" > "$groups/$1/memory.max"
	[ ! -e "$groups/$1/memory.swap.max" ] || echo 0 > "$groups/$1/memory.swap.max"
}

event()	# GROUP NAME
{
	awk -v name="$2" '$1 == name { print $2 }' "$groups/$1/memory.events"
}

end()	# GROUP...
{
	local i

	kill -9 $pid 2>/dev/null || :	# it may have been checkpointed with -k
	wait $pid 2>/dev/null || :
	[ $# -gt 0 ] || return 0
	for i in $(seq 50); do
		rmdir "${@/#/$groups/}" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

# A reader that takes its time keeps the snapshot alive, and it grows.
to_slow_reader()
{
	echo 0 > status
	{ checkpoint -q $pid || echo $? > status; } 2> said | { sleep 8; cat > image; }
	cat said
}

gave_up()
{
	[ "$(cat status)" = 4 ] && grep -q "memory ran short" said
}

nobody_killed()	# GROUP
{
	[ "$(event "$1" oom_kill)" = 0 ] && [ "$(event "$1" oom)" = 0 ]
}

at_its_limit()
{
	start job 100
	limit job $(($(cat $groups/job/memory.current) / 1048576 + 20))
	to_slow_reader
	gave_up
	nobody_killed job
	goes_on 3
	# What is held writes to nothing.
	expect 0 checkpoint -q -k -o image $pid
	ckptinfo --verify image
	end job
}

parent_at_its_limit()
{
	limit parent 1000
	echo +memory > $groups/parent/cgroup.subtree_control
	start parent/job 100
	limit parent $(($(cat $groups/parent/memory.current) / 1048576 + 20))
	to_slow_reader
	gave_up
	nobody_killed parent
	goes_on 3
	end parent/job parent
}

machine_at_its_limit()
{
	local mb=$(awk '/MemAvailable/ { print int($2 / 1024 * 0.65) }' /proc/meminfo)

	start '' $mb
	to_slow_reader
	gave_up
	! dmesg | grep -F 'invoked oom-killer'
	goes_on 3
	end
}

with_room()
{
	start job 60
	limit job 400
	to_slow_reader
	[ "$(cat status)" = 0 ]
	ckptinfo --verify image
	goes_on 3
	end job
}

echo +memory > $groups/cgroup.subtree_control 2>/dev/null
if ! grep -qw memory $groups/cgroup.subtree_control 2>/dev/null; then
	skip "memory cgroups" "there are none"
	finish
fi

promise "a program with room to spare is saved" with_room
promise "a program at the limit of its cgroup lives on" at_its_limit
promise "so it does at the limit of the cgroup above" parent_at_its_limit
case $(uname -r) in
*debug*) skip "so it does at the limit of the machine" "it takes too long here" ;;
*) promise "so it does at the limit of the machine" machine_at_its_limit ;;
esac
finish
