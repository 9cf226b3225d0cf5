#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Files of a hugetlbfs that was unmounted, and mounted anew, before the restart.

. "$(dirname -- "$0")/ktap.sh"

# A file of three huge pages, two of them touched.
program='import mmap, os, sys, time
path, how, gone = sys.argv[1:]
fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o640)
os.ftruncate(fd, 6 << 20)
s = mmap.mmap(fd, 6 << 20, mmap.MAP_SHARED)
s[8:13] = b"below"
s[4 << 20:(4 << 20) + 5] = b"third"
m = s
if how == "private":
    m = mmap.mmap(fd, 6 << 20, mmap.MAP_PRIVATE)
    s.close()
m[0:5] = b"first"
if gone == "gone":
    os.unlink(path)
print("mapped", flush=True)
while not os.path.exists("go"):
    time.sleep(0.05)
st = os.fstat(fd)
print(m[0:13], m[2 << 20], m[4 << 20:(4 << 20) + 5], oct(st.st_mode & 0o777), st.st_size,
      st.st_nlink, os.path.exists(path), flush=True)'

pool()
{
	echo "$1" > /proc/sys/vm/nr_hugepages
	[ "$(cat /proc/sys/vm/nr_hugepages)" = "$1" ]
}

all_free()
{
	[ "$(awk '/^HugePages_(Total|Free)/ { print $2 }' /proc/meminfo | uniq | wc -l)" = 1 ] &&
		grep -q "^HugePages_Rsvd: *0$" /proc/meminfo
}

start()	# PATH HOW GONE
{
	rm -f go out
	# shellcheck disable=SC2016
	setsid sh -c 'exec python3 -c "$@" < /dev/null > out 2>&1' sh "$program" "$@" &
	pid=$!
	for _ in $(seq 400); do
		grep -q mapped out 2> /dev/null && return 0
		sleep 0.05
	done
	cat out
	return 1
}

make_image()	# PATH HOW GONE
{
	start "$@"
	expect 0 checkpoint -k -o image "$pid"
	for _ in $(seq 200); do
		[ -d "/proc/$pid" ] || return 0
		sleep 0.05
	done
}

mount_at()	# DIR
{
	mkdir -p "$1"
	mount -t hugetlbfs -o pagesize=2M none "$1"
	mounted=$1
	trap 'umount -l "$mounted" 2> /dev/null; jobs -p | xargs -r kill -9 2> /dev/null || :' EXIT
}

goes_on()	# LAST LINE
{
	touch go
	expect 0 restart image
	tail -n 1 out
	[ "$(tail -n 1 out)" = "$*" ]
}

refused()	# STATUS SENTENCE
{
	expect "$1" restart image
	said "$2"
	said_one_line
	[ ! -d "/proc/$pid" ]
}

makes_it_anew()
{
	pool 4
	mount_at "$PWD/huge"
	make_image "$PWD/huge/file" shared named
	umount huge
	all_free
	refused 125 "huge/file: is missing, and no hugetlbfs with pages of 2048 kB is mounted there"
	[ -z "$(ls -A huge)" ]
	mount_at "$PWD/huge"
	pool 1
	refused 125 "huge pages of 2048 kB"
	[ -z "$(ls -A huge)" ]
	all_free
	pool 3
	goes_on "b'first\\x00\\x00\\x00below' 0 b'third' 0o640 6291456 1 True"
	[ "$(tail -c +9 huge/file | head -c 5)" = below ]
	rm huge/file
	all_free
}

lets_it_be()
{
	pool 6
	mount_at "$PWD/huge"
	make_image "$PWD/huge/file" private named
	pool 6
	goes_on "b'first\\x00\\x00\\x00below' 0 b'third' 0o640 6291456 1 True"
	[ "$(head -c 13 huge/file | tr -d '\0')" = below ]
	rm huge/file
	pool 6
	start "$PWD/huge/file" shared named
	expect 0 checkpoint -o image "$pid"
	kill "$pid"
	truncate -s 4M huge/file
	for _ in $(seq 200); do
		[ -d "/proc/$pid" ] || break
		sleep 0.05
	done
	refused 125 "huge/file: its contents have changed since the checkpoint"
	[ "$(stat -c %s huge/file)" = 4194304 ]
	rm huge/file
	all_free
}

finds_another_mount()
{
	pool 6
	mount_at "$PWD/huge"
	make_image "$PWD/huge/file" private gone
	umount huge
	rmdir huge
	refused 125 "huge/file: was deleted, and no hugetlbfs with pages of 2048 kB that you may write to is mounted"
	mount_at "$PWD/other"
	goes_on "b'first\\x00\\x00\\x00below' 0 b'third' 0o640 6291456 0 False"
	[ -z "$(ls -A other)" ]
	all_free
}

refuses_what_others_map()
{
	local other

	pool 6
	mount_at "$PWD/huge"
	start "$PWD/huge/file" shared named
	other=$pid
	mv out out.other
	start "$PWD/huge/file" shared named
	expect 3 checkpoint -k -o image "$pid"
	said "file: shared with another process"
	kill "$pid" "$other"
	rm huge/file
}

if ! pool 4; then
	skip "files of a hugetlbfs" "there are no huge pages here"
	finish
fi
# Those of the machine would be found, too.
for point in $(awk '$3 == "hugetlbfs" { print $2 }' /proc/mounts); do
	umount "$point" || :
done
promise "one that is missing is made, where there is a hugetlbfs" makes_it_anew
promise "one that is there must be the same" lets_it_be
promise "one that was deleted is made on any hugetlbfs" finds_another_mount
promise "one that others map is refused" refuses_what_others_map
pool 0
finish
