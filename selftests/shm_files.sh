#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Files on a tmpfs, such as shm_open() makes: saved as shared memory is, and at restart
# made, compared, or given back what they held.

. "$(dirname -- "$0")/ktap.sh"

shm=/dev/shm/kcr-shm-files

# Maps a file of so many bytes, or the one that is there (0), in which each megabyte
# has its number, and looks whether it still has: NAME BYTES [read|gone|write].
program='
import mmap, os, sys, time
name, size, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
f = open(name, "rb" if how == "read" else "r+b" if not size else "w+b")
if size:
    f.truncate(size)
size = os.fstat(f.fileno()).st_size
m = mmap.mmap(f.fileno(), size, access=mmap.ACCESS_READ if how == "read" else mmap.ACCESS_WRITE)
if how == "gone":
    os.unlink(name)
def number(at):
    return b"%012d" % at
if how != "read":
    for at in range(4096 - 6, size - 12, 1 << 20):
        m[at:at + 12] = number(at)
    m[size - 12:] = b"this is last"
open("ready", "w").close()
while not os.path.exists("go"):
    if how == "write" and os.path.exists("on"):
        m[0] = (m[0] + 1) % 256
    time.sleep(0.02)
assert size == os.fstat(f.fileno()).st_size == len(m), os.fstat(f.fileno()).st_size
for at in range(4096 - 6, size - 12, 1 << 20):
    assert m[at:at + 12] == number(at), at
assert m[size - 12:] == b"this is last", m[size - 12:]
assert m[8192:12288] == bytes(4096)
print("right", f.read(1)[0] == m[0], flush=True)
'

start()	# NAME BYTES HOW
{
	rm -f ready go
	background python3 -IS -c "$program" "$@"
	until_there ready
}

# The image is made while it runs, and it ends then.
save()	# IMAGE [OPTION...]
{
	local img=$1

	shift
	expect 0 checkpoint "$@" -o "$img" "$pid"
}

end()
{
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
}

goes_on()	# [OPTION...] IMAGE
{
	touch go
	expect 0 restart "$@"
	[ "$(tail -n 1 program.out)" = "right True" ] || { cat program.out; return 1; }
}

bytes_of()	# IMAGE
{
	stat -c %s "$1"
}

# A folder "memory".
in_memory()
{
	mkdir -p memory
	mount -t tmpfs tmpfs memory
	trap 'umount -l memory 2> /dev/null || :; jobs -p | xargs -r kill -9 2> /dev/null || :' EXIT
}

missing_is_made()
{
	start $shm 41943044 write
	chmod 604 $shm
	save img
	end
	rm $shm
	goes_on img
	[ "$(stat -c '%a %s' $shm)" = "604 41943044" ]
	[ "$(bytes_of img)" -lt 5000000 ]
	rm $shm
	# Held while it is written.
	start $shm 1000000 write
	save img -k
	wait "$pid" 2> /dev/null || true
	rm $shm
	goes_on img
	rm $shm
}

there_gets_it_back()
{
	start $shm 8000000 write
	save img
	touch on
	sleep 0.5
	end
	dd if=/dev/urandom of=$shm bs=1M count=4 conv=notrunc 2> /dev/null
	truncate -s 9M $shm
	rm on
	goes_on img
	# And once more: nothing differs now.
	goes_on --lazy img
	rm $shm
}

busy_is_left_alone()
{
	start $shm 8000000 write
	save img
	end
	dd if=/dev/urandom of=$shm bs=1M count=4 conv=notrunc 2> /dev/null
	cp $shm before
	exec 9<> $shm
	expect 125 restart img
	said "another process has it open for writing"
	said_one_line
	cmp $shm before
	exec 9>&-
	goes_on img
	rm $shm
}

unlinked_is_made()
{
	start $shm 8000000 gone
	[ ! -e $shm ]
	save img
	end
	goes_on img
	[ ! -e $shm ]
	start $shm 8000000 gone
	save img -k -z
	wait "$pid" 2> /dev/null || true
	goes_on --lazy img
	[ ! -e $shm ]
}

# What it was can't be had: its folder is not in memory any more.
made_on_a_disk()
{
	local how

	for how in write gone; do
		in_memory
		start "$PWD/memory/file" 3000000 $how
		save img
		end
		umount -l memory
		goes_on img
		rm -rf memory
	done
}

read_only_must_be_the_same()
{
	start $shm 1000000 write
	touch go
	wait "$pid"
	start $shm 0 read
	save img
	end
	goes_on img
	rm go
	printf x | dd of=$shm conv=notrunc 2> /dev/null
	expect 125 restart img
	said "$shm: its contents have changed since the checkpoint"
	said_one_line
	[ ! -d "/proc/$pid" ]
	rm $shm
}

too_little_room()
{
	in_memory
	start "$PWD/memory/file" 30000000 write
	save img
	end
	umount -l memory
	mount -t tmpfs -o size=20k tmpfs memory
	expect 125 restart img
	said "errno 28"
	said_one_line
	[ -z "$(ls -A memory)" ]
	[ ! -d "/proc/$pid" ]
	mount -o remount,size=40m memory
	goes_on img
	umount -l memory
}

# Random bytes between its numbers.
add_noise()
{
	local at

	for at in $(seq 10 19); do
		dd if=/dev/urandom of=$shm bs=4096 seek=$((at * 256 + 8)) count=240 conv=notrunc \
			2> /dev/null
	done
}

increments_are_small()
{
	start $shm 30000000 write
	add_noise
	save 1.img
	save 2.img --parent 1.img
	end
	[ "$(bytes_of 1.img)" -gt 9000000 ]
	[ "$(bytes_of 2.img)" -lt 3000000 ]
	ckptinfo --chain --verify 2.img
	cp $shm before
	rm $shm
	ckptmerge 1.img 2.img > 3.img
	goes_on 3.img
	cmp $shm before
	rm $shm
}

segment='
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
size = 8 << 20
id = libc.shmget(0, size, 0o1600)
at = libc.shmat(id, None, 0)
libc.shmctl(id, 0, None)
what = os.urandom(size)
ctypes.memmove(at, what, size)
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.05)
print("right", ctypes.string_at(at, size) == what, flush=True)
'

# As of other shared memory, so of System V segments.
segments_in_increments()
{
	background python3 -IS -c "$segment"
	until_there ready
	save 1.img
	save 2.img --parent 1.img
	end
	[ "$(bytes_of 1.img)" -gt 16000000 ]
	[ "$(bytes_of 2.img)" -lt 4000000 ]
	ckptmerge 1.img 2.img > 3.img
	goes_on 3.img
}

# Somebody else has it mapped, and goes on writing while it is saved: what the program has
# seen by then is in the image. Each page holds a number that only grows.
outsider='
import mmap, os, sys, time
f = open(sys.argv[1], "w+b")
f.truncate(128 * 4096)
m = mmap.mmap(f.fileno(), 0)
n = 1
while True:
    m.madvise(mmap.MADV_DONTNEED)
    for page in range(128):
        at = page * 4096
        # Of a page that was read first the page table alone knows that it is written to.
        if m[at] != n:
            m[at:at + 8] = n.to_bytes(8, "little")
    n += 1
    time.sleep(0.01)
'
onlooker='
import mmap, os, sys, time
# What lies above the file is copied, and looked at, after that.
def ballast():
    b = mmap.mmap(-1, 32 << 20)
    for at in range(0, 32 << 20, 4096):
        b[at] = 1
    return b
above = ballast()
f = open(sys.argv[1], "r+b")
m = mmap.mmap(f.fileno(), 0)
below = ballast()
seen = [0] * 128
while not os.path.exists("go"):
    for page in range(128):
        now = int.from_bytes(m[page * 4096:page * 4096 + 8], "little")
        if now < seen[page]:
            print("page", page, "had", seen[page], "and has", now, flush=True)
            sys.exit(1)
        seen[page] = now
    if min(seen) and not os.path.exists("ready"):
        open("ready", "w").close()
assert min(seen)
print("right", flush=True)
'

others_may_write()
{
	local other number

	python3 -IS -c "$outsider" $shm &
	other=$!
	until_there $shm
	sleep 0.5
	background python3 -IS -c "$onlooker" $shm
	until_there ready
	for number in 1 2 3 4; do
		expect 0 checkpoint -o $number.img "$pid"
	done
	kill -9 "$pid" $other
	wait "$pid" $other 2> /dev/null || true
	for number in 1 2 3 4; do
		# Long enough to look at all pages once.
		{ sleep 2; touch go; } &
		expect 0 restart $number.img
		[ "$(tail -n 1 program.out)" = right ] || { cat program.out; return 1; }
		wait
		rm go
	done
	rm $shm
}

copies_share_it()
{
	local how

	for how in gone write; do
		start $shm 2000000 $how
		save img
		end
		rm -f $shm
		touch go
		expect 0 restart -n --copies 3 img
		[ "$(grep -c "right True" program.out)" -ge 1 ] || { cat program.out; return 1; }
	done
	rm $shm
}

umask 022
promise "one that is missing is made, with as many bytes as it had" missing_is_made
promise "one that is there gets back what it held" there_gets_it_back
promise "but not if somebody else writes to it" busy_is_left_alone
promise "one without a name is made without one" unlinked_is_made
promise "it is made where there is no memory, too" made_on_a_disk
promise "one that is only read must be the same" read_only_must_be_the_same
promise "without room for it there is nothing" too_little_room
promise "what has not changed is not in an increment" increments_are_small
promise "nor is what has not changed of a segment" segments_in_increments
promise "what others write to it meanwhile is of one time with what was seen" others_may_write
promise "copies have their own" copies_share_it
rm -f $shm
finish
