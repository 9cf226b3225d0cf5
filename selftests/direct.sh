#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pages that go to the disk past the page cache: where, and what is right in any case.

. "$(dirname -- "$0")/ktap.sh"

# 24 MB.
program='
import mmap, os, time, zlib
size = 24 << 20
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, size, 1 << 20):
    memory[at:at + (1 << 20)] = os.urandom(1 << 20)
total = zlib.crc32(memory)
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.05)
print("right" if zlib.crc32(memory) == total else "wrong", flush=True)
'

start()
{
	background python3 -c "$program"
	until_there ready
}

end()
{
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
	touch go
}

# Its standard output is the file "program.out", cut back to what it was.
right()
{
	expect 0 "$@"
	[ "$(cat program.out)" = right ] || { cat program.out; return 1; }
}

# Percent of a file that are in the page cache.
cached()	# FILE
{
	python3 - "$1" <<-'EOT'
		import ctypes, mmap, os, sys
		libc = ctypes.CDLL(None, use_errno=True)
		libc.mmap.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
		                      ctypes.c_int, ctypes.c_int, ctypes.c_long]
		libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
		with open(sys.argv[1], "rb") as file:
		    size = os.fstat(file.fileno()).st_size
		    pages = (size + 4095) // 4096
		    at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
		    there = ctypes.create_string_buffer(pages)
		    assert not libc.mincore(at, size, there)
		print(sum(byte & 1 for byte in there.raw) * 100 // pages)
	EOT
}

past_the_cache()	# FILE
{
	[ "$(cached "$1")" -lt 40 ] || { echo "$(cached "$1") % of $1 in the cache"; return 1; }
}

through_the_cache()	# FILE
{
	[ "$(cached "$1")" -gt 90 ] || { echo "$(cached "$1") % of $1 in the cache"; return 1; }
}

# A file system of its own, on a file; the options are mount's.
disk()	# MB [OPTION]
{
	truncate -s "$1M" disk
	mkfs.ext4 -q -F disk
	mkdir mnt
	mount -o "loop${2:+,$2}" disk mnt
	trap 'umount mnt || umount -l mnt; jobs -p | xargs -r kill -9 2> /dev/null || :' EXIT
}

memory()
{
	mkdir mnt
	mount -t tmpfs none mnt
	trap 'umount mnt || umount -l mnt; jobs -p | xargs -r kill -9 2> /dev/null || :' EXIT
}

to_a_disk()
{
	disk 200
	start
	expect 0 checkpoint -o mnt/1.img "$pid"
	past_the_cache mnt/1.img
	expect 0 checkpoint --cached -o mnt/2.img "$pid"
	through_the_cache mnt/2.img
	checkpoint "$pid" > mnt/3.img
	past_the_cache mnt/3.img
	expect 0 checkpoint -z -o mnt/4.img "$pid"
	expect 0 checkpoint -k -o mnt/5.img "$pid"
	past_the_cache mnt/5.img
	wait "$pid" 2> /dev/null || true
	touch go
	for image in 1 2 3 4 5; do
		expect 0 ckptinfo --verify mnt/$image.img
		right restart mnt/$image.img
	done
}

at_an_odd_place()
{
	disk 100
	start
	{ printf 'odd'; checkpoint "$pid"; printf 'more'; } > mnt/img
	through_the_cache mnt/img
	printf 'odd' > mnt/append
	checkpoint "$pid" >> mnt/append
	through_the_cache mnt/append
	end
	[ "$(head -c 3 mnt/img)" = odd ]
	[ "$(tail -c 4 mnt/img)" = more ]
	for file in img append; do
		tail -c +4 mnt/$file > whole
		right restart whole
	done
}

# What is behind the image in the file stays.
into_a_longer_file()
{
	disk 100
	start
	python3 -c 'import sys; sys.stdout.write("x" * (48 << 20))' > mnt/img
	checkpoint "$pid" 1<> mnt/img
	end
	[ "$(stat -c %s mnt/img)" = $((48 << 20)) ]
	[ "$(tail -c 1000 mnt/img | tr -d x)" = "" ]
	right restart < mnt/img
}

where_it_cannot_be()
{
	memory
	start
	expect 0 checkpoint -o mnt/img "$pid"
	right_from_there
}

where_the_journal_has_all()
{
	disk 200 data=journal
	start
	expect 0 checkpoint -o mnt/img "$pid"
	through_the_cache mnt/img
	right_from_there
}

right_from_there()
{
	end
	expect 0 ckptinfo --verify mnt/img
	right restart mnt/img
}

a_full_disk()
{
	disk 30
	dd if=/dev/zero of=mnt/other bs=1M count=8 2> /dev/null
	start
	expect 7 checkpoint -o mnt/img "$pid"
	said "no space left"
	said_one_line
	expect 7 checkpoint -k -o mnt/img "$pid"
	said "no space left"
	[ ! -e mnt/img ]
	sync
	[ "$(df --output=avail -k mnt | tail -n 1)" -gt 8000 ]
	touch go
	wait "$pid"
	[ "$(cat program.out)" = right ]
}

increments()
{
	disk 200
	start
	expect 0 checkpoint -o mnt/1.img "$pid"
	expect 0 checkpoint --parent=mnt/1.img -o mnt/2.img "$pid"
	end
	right restart mnt/2.img
	rm go
	: > program.out
	expect 0 restart -d --lazy mnt/2.img
	touch go
	for _ in $(seq 400); do
		[ ! -s program.out ] || break
		sleep 0.05
	done
	[ "$(cat program.out)" = right ]
}

modprobe loop 2> /dev/null
promise "to a disk, past the page cache" to_a_disk
promise "at an odd place, through it" at_an_odd_place
promise "into a longer file" into_a_longer_file
promise "a file system in memory" where_it_cannot_be
promise "a file system that journals all" where_the_journal_has_all
promise "a full disk is told of" a_full_disk
promise "increments" increments
finish
