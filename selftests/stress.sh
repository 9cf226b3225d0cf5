#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program that rewrites its memory all the time (helpers/churn.c) is saved while
# it does, and each image must go on from one moment. KCR_STRESS images (5), in
# ways and at moments that come from KCR_SEED, which is printed.

. "$(dirname -- "$0")/ktap.sh"

churn=$here/helpers/churn
seed=${KCR_SEED:-$(date +%s)}
images=${KCR_STRESS:-5}
ways=(plain plain zstd lz4 increment increment slow beside beside)
pool=/proc/sys/vm/nr_hugepages
echo "# KCR_SEED=$seed KCR_STRESS=$images"

case $(uname -r) in
*debug*) [ "$images" -le 20 ] || images=20 ;;	# each takes long there
esac

# Ways to make image $1 of the process $pid; $2 is one before, if there is one.

plain()
{
	expect 0 checkpoint -q --with-files -o "$1.img" "$pid"
}

zstd()
{
	expect 0 checkpoint -q --with-files -z1 -o "$1.img" "$pid"
}

lz4()
{
	expect 0 checkpoint -q --with-files --lz4 -o "$1.img" "$pid"
}

increment()
{
	expect 0 checkpoint -q --with-files ${2:+--parent="$2.img"} -o "$1.img" "$pid"
}

# Most of it is written long after the cut.
slow()
{
	checkpoint -q --with-files "$pid" | { sleep 0.7; cat > "$1.img"; }
	[ "${PIPESTATUS[0]}" = 0 ]
}

# Others are begun meanwhile, and few of them get to their end.
beside()
{
	local others

	while :; do
		timeout -s KILL "0.$((RANDOM % 200 + 100))" checkpoint -q --with-files "$pid" || true
	done > /dev/null 2>&1 &
	others=$!
	sleep "0.$((RANDOM % 300 + 100))"
	plain "$1"
	kill "$others"
	wait "$others" 2> /dev/null || true
}

save()	# FIRST LAST
{
	local number way before=''

	for number in $(seq "$1" "$2"); do
		sleep "0.$((RANDOM % 400 + 100))"
		way=${ways[RANDOM % ${#ways[@]}]}
		echo "image $number: $way"
		$way "$number" "$before"
		before=$number
	done
}

is_right()
{
	tail -n 1 program.out | grep '^right after' || { cat program.out; return 1; }
}

# The program that was saved, to its end.
ends_right()
{
	local _

	touch finish
	wait "$pid" 2> /dev/null || true
	for _ in $(seq 1200); do
		[ -d "/proc/$pid" ] || break
		sleep 0.05
	done
	is_right
}

come_back()	# FIRST LAST
{
	local number

	for number in $(seq "$1" "$2"); do
		echo "restart of image $number"
		expect 0 restart "$number.img"
		is_right
	done
}

# Some of a program, and then some of what a restart has made of the last of them.
batch()	# NUMBER IMAGES
{
	local first=$(($2 / 2 + 1))

	RANDOM=$((seed + $1))
	background "$churn" -m 2 -f
	until_there ready
	save 1 "$first"
	ends_right
	come_back 1 "$first"
	[ "$2" -gt "$first" ] || return 0
	rm finish
	expect 0 restart -d "$first.img"
	save $((first + 1)) "$2"
	ends_right
	come_back $((first + 1)) "$2"
}

# What the others rely on.
finds_one_byte()
{
	background "$churn"
	until_there ready
	python3 - "$pid" <<-'EOT'
		import sys
		with open(f"/proc/{sys.argv[1]}/maps") as maps:
		    at = next(int(line.split("-")[0], 16) for line in maps if "memfd:churn" in line)
		with open(f"/proc/{sys.argv[1]}/mem", "r+b", buffering=0) as memory:
		    memory.seek(at + 5 * 4096 + 800)
		    memory.write(b"x")
	EOT
	wait "$pid" && return 1
	tail -n 1 program.out | grep '^wrong: slot .*(memfd)'
}

[ ! -e $pool ] || echo 4 > $pool
promise "the program finds one byte that is wrong" finds_one_byte
for ((done = 0; done < images; done += 5)); do
	some=$((images - done < 5 ? images - done : 5))
	promise "images $((done + 1)) to $((done + some)) go on from one moment" \
		batch "$done" "$some"
done
[ ! -e $pool ] || echo 0 > $pool
finish
