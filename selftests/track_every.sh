#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# checkpoint --every --track=snapshot: images that spare looking at what has not changed.

. "$(dirname -- "$0")/ktap.sh"

group=/sys/fs/cgroup/kcr-track

# A process and two children that it shares memory with; each rewrites some pages of 24 MB
# all the time, and knows what is in all of them when it ends.
program='
import mmap, os, random, time, zlib
size = 24 << 20
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_HUGEPAGE)
for at in range(0, size, 1 << 20):
    memory[at:at + (1 << 20)] = os.urandom(1 << 20)
sums = [zlib.crc32(memory[at:at + 4096]) for at in range(0, size, 4096)]
children = []
for i in range(2):
    pid = os.fork()
    if not pid:
        children = None
        break
    children.append(pid)
name = "parent" if children is not None else "child%d" % i
random.seed(name)
n = 0
while not os.path.exists("finish"):
    for page in random.sample(range(size // 4096), 10):
        at = page * 4096
        memory[at:at + 8] = os.urandom(8)
        sums[page] = zlib.crc32(memory[at:at + 4096])
    n += 1
    if n == 3:
        open("ready-" + name, "w").close()
    time.sleep(0.02)
right = sums == [zlib.crc32(memory[at:at + 4096]) for at in range(0, size, 4096)]
for pid in children or []:
    right = os.waitpid(pid, 0)[1] == 0 and right
print(name, "right" if right else "wrong", flush=True)
os._exit(0 if right else 1)
'

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

start()
{
	background "$@" python3 -c "$program"
	until_there ready-parent
	until_there ready-child0
	until_there ready-child1
}

# All three find what they have written.
all_right()
{
	touch finish
	"$@"
	cat program.out
	[ "$(sort program.out | tr '\n' ' ')" = "child0 right child1 right parent right " ]
	rm finish
}

stop_program()
{
	pkill -9 -s "$pid" || true
	wait "$pid" 2> /dev/null || true
	wait "$series" 2> /dev/null || true
}

goes_on_from_each()
{
	start
	checkpoint --every=0:01 --keep=20 --full-every=20 --track=snapshot --json -o images \
		"$pid" > told &
	series=$!
	until_number 6
	cp program.out before
	stop_program
	python3 - told <<-'EOT'
		import json, sys
		told = [json.loads(line) for line in open(sys.argv[1])]
		told = [t for t in told if t["class"] == "ok"]
		print([(t["track"], t["pages"], t["pages_earlier"], t["pages_spared"]) for t in told])
		assert told[0]["track"] is None and told[0]["pages_spared"] == 0
		for t in told[1:]:
		    assert t["track"] == "snapshot"
		    assert t["pages_spared"] > 0.9 * t["pages_earlier"] > 1000
	EOT
	expect 0 ckptinfo --chain --verify "images/$pid.kcr"
	for number in 1 2 4 6; do
		cp before program.out
		all_right restart "images/$pid.00000$number.kcr"
	done
}

# It goes on where another series has ended: the first has to look at everything.
goes_on_after_a_restart()
{
	start
	checkpoint --every=0:01 --full-every=9 --track=snapshot -q -o images "$pid" &
	series=$!
	until_number 2
	cp program.out before
	stop_program
	last=$(readlink "images/$pid.kcr")
	expect 0 restart -d "images/$pid.kcr"
	checkpoint --every=0:01 --full-every=9 --track=snapshot --json -o images "$pid" > told &
	series=$!
	last=${last#"$pid."}
	until_number $((10#${last%.kcr} + 3))
	stop_program
	python3 - told <<-'EOT'
		import json, sys
		told = [json.loads(line) for line in open(sys.argv[1])]
		print([(t["track"], t["pages_spared"]) for t in told])
		assert told[0]["track"] == "hash" and told[0]["parent"]
		assert told[1]["track"] == "snapshot" and told[1]["pages_spared"] > 1000
	EOT
	cp before program.out
	all_right restart "images/$pid.kcr"
}

# What is kept goes before the program has to.
gives_it_up_under_pressure()
{
	mkdir -p "$group"
	echo 150M > "$group/memory.max"
	echo 0 > "$group/memory.swap.max" || true
	# shellcheck disable=SC2016
	background sh -c 'echo 0 > "$1/cgroup.procs" && exec python3 -c "$2"' - "$group" '
import mmap, os, time
size = 80 << 20
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
n = 0
while not os.path.exists("finish"):
    if n == 0 or os.path.exists("write%d" % n):
        for at in range(0, size, 4096):
            memory[at:at + 8] = (n * size + at).to_bytes(8, "little")
        n += 1
        open("written%d" % n, "w").close()
    time.sleep(0.05)
right = all(memory[at:at + 8] == ((n - 1) * size + at).to_bytes(8, "little")
            for at in range(0, size, 4096))
print("right" if right else "wrong", n, flush=True)
'
	until_there written1
	checkpoint --every=1:00:00 --full-every=9 --track=snapshot --json -o images "$pid" > told &
	series=$!
	until_number 1
	cat "$group/memory.current"
	touch write1
	until_there written2
	cat "$group/memory.current"
	kill -USR1 $series
	until_number 2
	touch finish
	wait "$pid"
	wait "$series" || true
	[ "$(cat program.out)" = "right 2" ]
	grep oom_kill "$group/memory.events"
	grep -q '^oom_kill 0$' "$group/memory.events"
	python3 - told <<-'EOT'
		import json, sys
		told = [json.loads(line) for line in open(sys.argv[1])]
		print([(t["class"], t["track"], t["pages_spared"]) for t in told])
		assert told[1]["class"] == "ok" and told[1]["pages_spared"] < 5000
	EOT
	: > program.out
	expect 0 restart "images/$pid.kcr"
	[ "$(cat program.out)" = "right 2" ]
	rmdir "$group"
}

# As long as nobody may have memory: a shell that forks may be the one who gets none.
until_told_without_fork()	# NUMBER
{
	local -a lines
	local i

	for ((i = 0; i < 600; i++)); do
		mapfile -t lines < told
		[ ${#lines[@]} -lt "$1" ] || return 0
		read -r -t 0.1 -u 9 || true
	done
}

# What is kept counts as committed: it is given up for the next snapshot.
gives_it_up_without_overcommitment()
{
	local ratio kb

	start
	checkpoint --every=1:00:00 --full-every=9 --track=snapshot --json -o images "$pid" > told &
	series=$!
	until_number 1
	mkfifo never
	exec 9<> never
	ratio=$(cat /proc/sys/vm/overcommit_ratio)
	kb=$(awk '/^Committed_AS/ { print $2 }' /proc/meminfo)
	echo $((kb + 50 * 1024)) > /proc/sys/vm/overcommit_kbytes
	echo 2 > /proc/sys/vm/overcommit_memory
	kill -USR1 $series
	until_told_without_fork 2
	echo 0 > /proc/sys/vm/overcommit_memory
	echo "$ratio" > /proc/sys/vm/overcommit_ratio
	until_number 2
	kill -USR1 $series
	until_number 3
	cp program.out before
	stop_program
	python3 - told <<-'EOT'
		import json, sys
		told = [json.loads(line) for line in open(sys.argv[1])]
		print([(t["class"], t["track"], t["pages_spared"]) for t in told])
		assert [t["track"] for t in told[:3]] == [None, "hash", "snapshot"]
		assert told[1]["pages_spared"] == 0 and told[2]["pages_spared"] > 1000
	EOT
	cp before program.out
	all_right restart "images/$pid.kcr"
}

knows_its_option()
{
	expect 1 checkpoint --track=snapshot -o image 1
	said "are for --every"
	expect 1 checkpoint --every=1 --track=snapshot -o images 1
	said "is for increments"
	expect 1 checkpoint --every=1 --full-every=3 --track=soft-dirty -o images 1
	said "is neither hash nor snapshot"
	expect 1 checkpoint --every=1 --full-every=3 --track=snapshot --max-extra=1G -o images 1
	said "which --max-extra can't limit"
	[ ! -e images ]
}

promise "goes on from each image" goes_on_from_each
promise "goes on after a restart" goes_on_after_a_restart
echo +memory > /sys/fs/cgroup/cgroup.subtree_control 2> /dev/null
if grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2> /dev/null; then
	promise "gives it up under pressure" gives_it_up_under_pressure
else
	skip "gives it up under pressure" "no memory cgroups"
fi
promise "gives it up without overcommitment" gives_it_up_without_overcommitment
echo 0 > /proc/sys/vm/overcommit_memory		# wherever that has ended
promise "knows its option" knows_its_option
finish
