#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# restart --lazy: when what is there, what becomes of the image, and what is left.

. "$(dirname -- "$0")/ktap.sh"

rate=/sys/module/kcr/parameters/lazy_rate_mb

# 12 MB, of which it looks at a little when it is told to, and at the end at all.
program='
import mmap, os, random, sys, time, zlib
size = 12 << 20
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_NOHUGEPAGE)
random.seed(1)
for at in range(0, size, 1 << 20):
    memory[at:at + (1 << 20)] = random.randbytes(1 << 20)
total = zlib.crc32(memory)
half = zlib.crc32(memory[size // 2:size // 2 + (1 << 20)])
open("ready", "w").close()
while not os.path.exists("go"):
    if os.path.exists("look") and not os.path.exists("seen"):
        ok = zlib.crc32(memory[size // 2:size // 2 + (1 << 20)]) == half
        open("seen", "w").write("right" if ok else "wrong")
    time.sleep(0.02)
print("right" if zlib.crc32(memory) == total else "wrong", flush=True)
'

save()
{
	echo 0 > $rate
	background "$@" python3 -c "$program"
	until_there ready
	expect 0 checkpoint -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
}

watched()
{
	grep -q '^VmFlags:.* um' "/proc/$pid/smaps"
}

rss()
{
	awk '/^Rss:/ { n += $2 } END { print n }' "/proc/$pid/smaps"
}

# All has come, nobody helps, and the program can do without.
comes_to_rest()
{
	echo 0 > $rate
	for _ in $(seq 400); do
		watched || pgrep -x kcr_lazy > /dev/null || return 0
		sleep 0.05
	done
	return 1
}

right_in_the_end()
{
	touch go
	for _ in $(seq 400); do
		[ ! -s program.out ] || break
		sleep 0.05
	done
	[ "$(cat program.out)" = right ] || { cat program.out; return 1; }
}

gone()
{
	for _ in $(seq 400); do
		[ -d "/proc/$pid" ] || return 0
		sleep 0.05
	done
	echo "it is still there"
	return 1
}

runs_before_its_memory_is_there()
{
	local before

	save
	echo 0 > $rate
	expect 0 restart -d img
	before=$(rss)
	kill -9 "$pid"
	gone
	echo 1 > $rate
	expect 0 restart -d --lazy img
	watched
	[ "$(rss)" -lt $((before - 8000)) ] || { rss; return 1; }
	touch look
	until_there seen
	[ "$(cat seen)" = right ]
	watched
	comes_to_rest
	[ "$(rss)" -gt 12288 ]
	right_in_the_end
}

the_image_may_be_removed()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	rm img
	touch look
	until_there seen
	comes_to_rest
	right_in_the_end
}

dies()	# WORDS
{
	gone
	dmesg | tail -20 | grep -F "kcr: process $pid is killed: byte" | grep -F "$1"
	[ ! -s program.out ]
	for _ in $(seq 100); do
		pgrep -x kcr_lazy > /dev/null || return 0
		sleep 0.05
	done
	return 1
}

a_shorter_image_kills_it()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	truncate -s $(($(stat -c %s img) / 2)) img
	touch go
	dies "is not there any more"
}

another_image_kills_it()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	dd if=/dev/urandom of=img bs=1M seek=8 count=6 conv=notrunc 2> /dev/null
	touch go
	dies "is not what it was"
}

only_regular_files()
{
	save
	mkfifo pipe
	cat img > pipe &
	expect 1 restart -d --lazy pipe
	said "is no regular file"
	said_one_line
	wait
	zstd -q img
	expect 1 restart -d --lazy img.zst
	said "is compressed"
	said_one_line
	cp img img2
	printf x | dd of=img2 bs=1 seek=$(($(stat -c %s img) - 5000)) conv=notrunc 2> /dev/null
	expect 6 restart -d --lazy img2
	said "record is damaged"
	said_one_line
	truncate -s -8 img
	expect 6 restart -d --lazy img
	said_one_line
	gone
}

a_checkpoint_waits()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	expect 4 checkpoint --timeout 1 -o 2.img "$pid"
	said "has come from its image yet"
	said_one_line
	watched
	(sleep 1; echo 0 > $rate) &
	expect 0 checkpoint -k -o 2.img "$pid"
	gone
	expect 0 restart -d --lazy 2.img
	right_in_the_end
}

of_an_ordinary_user()
{
	chmod 777 .
	touch program.out
	chown alice program.out
	save setpriv --reuid alice --regid alice --init-groups --
	chown alice img
	echo 1 > $rate
	expect 0 setpriv --reuid alice --regid alice --init-groups -- restart -d --lazy img
	watched
	touch look
	until_there seen
	[ "$(cat seen)" = right ]
	comes_to_rest
	touch go
	gone
	[ "$(cat program.out)" = right ]
}

the_module_stays()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	! rmmod kcr 2> /dev/null
	kill -9 "$pid"
	gone
}

promise "it runs before its memory is there" runs_before_its_memory_is_there
promise "the image may be removed" the_image_may_be_removed
promise "an image that is cut off kills it" a_shorter_image_kills_it
promise "an image that is changed kills it" another_image_kills_it
promise "only whole, uncompressed, regular files" only_regular_files
promise "a checkpoint waits" a_checkpoint_waits
promise "an ordinary user's" of_an_ordinary_user
promise "the module stays while it is needed" the_module_stays
echo 0 > $rate
finish
