#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Increments: checkpoint --parent, restart of a chain, ckptmerge.

. "$(dirname -- "$0")/ktap.sh"

# 64 MB, of which it changes 600 pages when it is told to; in the end it tells
# whether they are what they should be.
program='
import mmap, os, random, time, zlib
size = 64 << 20
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, size, 1 << 20):
    memory[at:at + (1 << 20)] = os.urandom(1 << 20)
random.seed(1)
total = zlib.crc32(memory)
done = 0
open("ready0", "w").close()
while not os.path.exists("go"):
    if os.path.exists("change%d" % (done + 1)):
        for page in random.sample(range(size // 4096), 600):
            memory[page * 4096:page * 4096 + 100] = os.urandom(100)
        total = zlib.crc32(memory)
        done += 1
        open("ready%d" % done, "w").close()
    time.sleep(0.05)
print("right" if zlib.crc32(memory) == total else "wrong", done, flush=True)
'

change()	# NUMBER
{
	touch "change$1"
	until_there "ready$1"
}

# Three images, and the program is dead: it has not got to its end.
make_chain()	# OPTION-OF-CHECKPOINT...
{
	background python3 -c "$program"
	until_there ready0
	expect 0 checkpoint "$@" -o 1.img "$pid"
	change 1
	expect 0 checkpoint "$@" --parent=1.img -o 2.img "$pid"
	change 2
	expect 0 checkpoint "$@" --parent=2.img -k -o 3.img "$pid"
	wait "$pid" 2> /dev/null || true
	touch go
}

# Its standard output is the file "program.out", cut back to what it was.
right()	# CHANGES COMMAND...
{
	local changes=$1

	shift
	expect 0 "$@"
	[ "$(cat program.out)" = "right $changes" ] || { cat program.out; return 1; }
}

# More than 64 MB have an index of more than one part.
has_parts()
{
	[ "$(ckptinfo -v 1.img | grep -c "kind: index")" -ge 2 ] ||
		{ ckptinfo -v 1.img | grep index; return 1; }
}

a_chain_goes_on()
{
	make_chain
	has_parts
	expect 0 ckptinfo --chain --verify 3.img
	cat "$scratch/out"
	right 2 restart 3.img
	right 2 restart < 3.img
	right 2 restart -n 3.img
	right 1 restart 2.img
	right 0 restart 1.img
	are_small
}

# What is not among the 600 pages: of the interpreter, its stack and its heap.
are_small()
{
	local bytes n

	for n in 2 3; do
		bytes=$(stat -c %s $n.img)
		echo "$n.img: $bytes"
		expect 0 ckptinfo --json $n.img
		python3 - "$scratch/out" "$bytes" <<-'EOT'
			import json, sys
			s = json.load(open(sys.argv[1]))["summary"]
			print(s["pages"], s["pages_earlier"])
			assert 600 <= s["pages"] < 900, s["pages"]
			assert int(sys.argv[2]) < 1.5 * s["pages"] * 4096 + 400000
		EOT
	done
}

a_merged_one_goes_on()
{
	make_chain
	expect 0 ckptmerge -o full.img 1.img 2.img 3.img
	mkdir there
	mv full.img there
	expect 0 ckptinfo --verify there/full.img
	right 2 restart there/full.img
	mv 1.img there/lost
	expect 6 restart -d 3.img
	said "which is not in"
	said_one_line
	[ "$(cat program.out)" = "right 2" ]
	right 2 restart --parent there/lost 3.img
}

compressed_ones_go_on()
{
	make_chain -z1
	right 2 restart 3.img
	ckptmerge --lz4 3.img > full
	right 2 restart full
}

# What is an increment to a program that was restarted from the chain.
a_restarted_one_is_saved_again()
{
	make_chain
	rm go
	expect 0 restart -d 3.img
	kill -0 "$pid"
	change 3
	expect 0 checkpoint --parent=3.img -k -o 4.img "$pid"
	touch go
	right 3 restart 4.img
	[ "$(stat -c %s 4.img)" -lt 8000000 ]
}

promise "a chain of three goes on, increments are small" a_chain_goes_on
promise "a merged one goes on, a lost link is refused" a_merged_one_goes_on
promise "compressed ones go on" compressed_ones_go_on
promise "a restarted one is saved again" a_restarted_one_is_saved_again
finish
