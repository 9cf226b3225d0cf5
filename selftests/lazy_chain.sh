#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# restart --lazy of compressed images and of increments.

. "$(dirname -- "$0")/ktap.sh"
. "$here/helpers/lazy.sh"

change()	# NUMBER
{
	touch "change$1"
	until_there "changed$1"
}

# Three images, each compressed in its own way, and the program is dead.
save_chain()	# [HOW [HOW [HOW]]]
{
	start
	expect 0 checkpoint $1 -o 1.img "$pid"
	change 1
	expect 0 checkpoint $2 --parent=1.img -o 2.img "$pid"
	change 2
	expect 0 checkpoint $3 --parent=2.img -k -o 3.img "$pid"
	wait "$pid" 2> /dev/null || true
}

# At a rate at which it can't be that all has come.
begins()	# RESTART-ARGUMENT...
{
	echo "restart $*"
	echo 1 > $rate
	expect 0 restart -d --lazy "$@"
	watched || { echo "all has come at once"; return 1; }
}

sees_what_is_right()
{
	touch look
	until_there seen
	[ "$(cat seen)" = right ] || { echo "it sees what is $(cat seen)"; return 1; }
}

goes_on()	# RESTART-ARGUMENT...
{
	rm -f look seen go program.out
	touch program.out
	begins "$@"
	sees_what_is_right
	comes_to_rest
	right_in_the_end
	gone
}

of_a_chain()
{
	save_chain
	goes_on 3.img
	goes_on 2.img
	goes_on 1.img
	goes_on < 3.img
	rm go
	: > program.out
	expect 0 restart -d -n --lazy 3.img
	right_in_the_end
}

# Private, with huge pages, shared, of a memfd, of files, of a pool of huge pages.
memory_of_every_sort()
{
	local pool=/proc/sys/vm/nr_hugepages before number parent=""

	before=$(cat $pool)
	echo 8 > $pool
	background "$here/helpers/churn" -m 2 -f
	until_there ready
	for number in 1 2 3; do
		sleep 0.4
		expect 0 checkpoint -q --with-files $([ $number = 2 ] || echo -z) $parent \
			-o $number.img "$pid"
		parent=--parent=$number.img
	done
	touch finish
	gone 2400
	for number in 3 2 1; do
		: > program.out
		echo 2 > $rate
		expect 0 restart -d --lazy $number.img
		gone 2400
		tail -n 1 program.out | grep '^right after' || { cat program.out; return 1; }
	done
	echo "$before" > $pool
}

parents_elsewhere()
{
	save_chain
	mkdir a b
	mv 1.img a
	mv 2.img b
	goes_on --parent=a/1.img --parent b/2.img 3.img
	goes_on --parent=a/1.img b/2.img
}

compressed()
{
	local how

	for how in -z -z19 --lz4 "-z --threads=2"; do
		rm -f ready look seen go program.out
		start
		expect 0 checkpoint $how -k -o img "$pid"
		wait "$pid" 2> /dev/null || true
		goes_on img
	done
}

compressed_chains()
{
	save_chain -z -z -z
	goes_on 3.img
	rm -f change* ready go program.out
	save_chain --lz4 "" -z
	goes_on 3.img
	rm -f change* ready go program.out
	save_chain "" -z --lz4
	goes_on 3.img
	rm 1.img
	expect 6 restart -d --lazy 3.img
	said_one_line
	gone
}

they_may_be_removed()
{
	save_chain -z "" --lz4
	begins 3.img
	rm ./*.img
	sees_what_is_right
	comes_to_rest
	right_in_the_end
}

# Nothing is begun.
refused()	# STATUS WORDS RESTART-ARGUMENT...
{
	local status=$1 words=$2

	shift 2
	expect "$status" restart -d --lazy "$@"
	said "$words"
	said_one_line
	[ ! -d "/proc/$pid" ]
	! pgrep -x kcr_lazy > /dev/null
}

what_does_not_fit_is_refused()
{
	save_chain
	expect 0 ckptmerge -o full.img 3.img
	mkdir away other
	mv 1.img away
	refused 6 "is an increment to image" 3.img
	mv away/1.img .
	rm -f change* ready go program.out
	cp 2.img other/
	start
	expect 0 checkpoint -k -o other/1.img "$pid"
	wait "$pid" 2> /dev/null || true
	refused 6 "is an increment to image" other/2.img
	truncate -s -100 2.img
	refused 6 "2.img" 3.img
	cp full.img whole.img
	zstd -q whole.img
	lz4 -q full.img full.img.lz4
	refused 1 "is compressed in one piece" whole.img.zst
	refused 1 "is compressed in one piece" full.img.lz4
	expect 0 restart --check --lazy whole.img.zst
}

# In the middle of the memory, which the first pages to come are not.
spoil()	# FILE
{
	dd if=/dev/urandom of="$1" bs=1M seek=$(($(stat -c %s "$1") / 2097152)) count=2 \
		conv=notrunc 2> /dev/null
}

a_parent_that_is_changed_kills_it()
{
	save_chain
	begins 3.img
	spoil 1.img
	touch go
	dies "is not what it was"
}

a_damaged_frame_kills_it()
{
	local how

	for how in -z --lz4; do
		rm -f ready look seen go program.out
		start
		expect 0 checkpoint $how -k -o img "$pid"
		wait "$pid" 2> /dev/null || true
		begins img
		spoil img
		touch go
		dies "is not what it was"
	done
}

# A byte here and there, before the restart: it fails in words, or the program is
# killed, or what is damaged is not needed; it never goes on with something else.
never_goes_on_wrong()
{
	local how n size at ends=""

	for how in -z --lz4; do
		rm -f ready look seen go program.out
		start
		expect 0 checkpoint $how -k -o whole "$pid"
		wait "$pid" 2> /dev/null || true
		size=$(stat -c %s whole)
		touch go
		for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
			cp whole img
			case $n in
			1 | 2)	at=$((size - n)) ;;
			3 | 4)	at=$((size - 9 * n)) ;;
			5)	at=3 ;;
			6)	at=5 ;;
			*)	at=$(((RANDOM * 32768 + RANDOM) % size)) ;;
			esac
			printf '\377' | dd of=img bs=1 seek=$at conv=notrunc 2> /dev/null
			: > program.out
			echo 0 > $rate
			restart -d --lazy img 2> err && ends+=" runs" || {
				ends+=" $?"
				[ "$(wc -l < err)" = 1 ] || { cat err; return 1; }
			}
			gone
			case $(cat program.out) in
			right | "") ;;
			*)	echo "byte $at: $(cat program.out)"; return 1 ;;
			esac
		done
	done
	echo "$ends"
}

of_an_ordinary_user()
{
	local alice="setpriv --reuid alice --regid alice --init-groups --"

	chmod 777 .
	touch program.out
	chown alice program.out
	start $alice
	expect 0 checkpoint -z -o 1.img "$pid"
	change 1
	expect 0 checkpoint --lz4 --parent=1.img -k -o 2.img "$pid"
	wait "$pid" 2> /dev/null || true
	chown alice 1.img
	refused 2 "root does not own" 2.img
	chown alice 2.img
	refused 2 "root does not own" 2.img
	echo 1 > $rate
	expect 0 $alice restart -d --lazy 2.img
	watched
	comes_to_rest
	touch go
	gone
	[ "$(cat program.out)" = right ]
}

a_checkpoint_of_it_goes_on()
{
	save_chain -z -z -z
	goes_on_to_a_fourth
	expect 0 restart -d --lazy 4.img
	right_in_the_end
}

goes_on_to_a_fourth()
{
	begins 3.img
	(sleep 1; echo 0 > $rate) &
	expect 0 checkpoint -z --parent=3.img -k -o 4.img "$pid"
	gone
}

promise "a chain of three" of_a_chain
promise "memory of every sort" memory_of_every_sort
promise "parents elsewhere" parents_elsewhere
promise "compressed" compressed
promise "compressed chains" compressed_chains
promise "the images may be removed" they_may_be_removed
promise "what does not fit is refused before anything begins" what_does_not_fit_is_refused
promise "a parent that is changed kills it" a_parent_that_is_changed_kills_it
promise "a damaged frame kills it" a_damaged_frame_kills_it
promise "it never goes on with something else" never_goes_on_wrong
promise "an ordinary user's, and root's caution" of_an_ordinary_user
promise "the chain goes on" a_checkpoint_of_it_goes_on
echo 0 > $rate
finish
