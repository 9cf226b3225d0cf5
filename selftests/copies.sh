#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# restart --copies: what each has, what they share, and what becomes of all when
# one can't be made.

. "$(dirname -- "$0")/ktap.sh"

copied=$here/helpers/copied
alice="setpriv --reuid alice --regid alice --init-groups --"

# The program and its child: they are restored as often as it takes.
save()	# [-z] COPIED-ARGUMENT...
{
	local more=

	if [ "$1" = -z ]; then more=-z; shift; fi
	background $as "$copied" "$@"
	until_there ready
	expect 0 $as checkpoint $more -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
}

none_is_left()	# NAME
{
	local _

	for _ in $(seq 200); do
		pgrep -x "$1" > /dev/null || return 0
		sleep 0.05
	done
	ps ax -o pid,ppid,stat,args | tail -20
	return 1
}

all_right()	# COPIES
{
	[ "$(sort -u told | grep -c ^right)" = "$1" ] && [ "$(wc -l < told)" = "$1" ] ||
		{ cat told; return 1; }
	none_is_left copied
}

kb()	# FIELD
{
	awk -v f="$1:" '$1 == f { print $2 }' /proc/meminfo
}

available()
{
	sync
	echo 3 > /proc/sys/vm/drop_caches
	kb MemAvailable
}

hundred_take_little()
{
	local before after anon rest

	save -s -n 100 -m 200
	before=$(available)
	anon=$(kb AnonPages)
	expect 0 restart -n -d --copies 100 --pidfile pids img
	[ "$(sort -u pids | wc -l)" = 100 ]
	[ "$(pgrep -x -c copied)" = 100 ]
	after=$(available)
	rest=$anon
	anon=$(($(kb AnonPages) - anon))
	echo "# 100 copies of $(stat -c %s img) bytes take $(((before - after) / 1024)) MB," \
		"$((anon / 1024)) MB of that private memory" > "$scratch/measured"
	[ $((before - after)) -lt $((400 * 1024)) ]
	touch go
	for _ in $(seq 1200); do
		[ ! -e told ] || [ "$(wc -l < told)" -lt 100 ] || break
		sleep 0.1
	done
	all_right 100
	# Nobody else holds what was theirs.
	for _ in $(seq 100); do
		[ "$(kb AnonPages)" -gt $((rest + 8192)) ] || return 0
		sleep 0.1
	done
	return 1
}

each_has_its_own()
{
	save -n 7
	touch go
	expect 0 restart -n --copies 7 img
	all_right 7
	rm told turn.* wrote.* behind.* done.*
	expect 0 restart -n --copies 7 --cgroup=own < img
	all_right 7
}

of_an_ordinary_user()
{
	local as=$alice

	chmod 777 .
	touch program.out
	chown alice program.out
	save -n 3
	touch go
	expect 0 $alice restart -n --copies 3 img
	all_right 3
}

compressed_and_through_a_pipe()
{
	save -z -n 3
	touch go
	expect 0 restart -n --copies 3 img
	all_right 3
	rm told turn.* wrote.* behind.* done.*
	zstd -dc img | expect 0 restart -n --copies 3
	all_right 3
}

of_an_increment()
{
	background "$copied" -n 3
	until_there ready
	expect 0 checkpoint -o first.img "$pid"
	expect 0 checkpoint --parent=first.img -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
	touch go
	expect 0 restart -n --copies 3 img
	all_right 3
}

huge_pages_of_a_pool()
{
	local pages=/proc/sys/vm/nr_hugepages old

	old=$(cat $pages)
	echo 12 > $pages
	if [ "$(cat $pages)" = 12 ]; then
		save -n 3
		touch go
		expect 0 restart -n --copies 3 img
		all_right 3
		rm told turn.* wrote.* behind.* done.*
		# Each needs two of them, and its child another one.
		expect 125 restart -n --copies 5 img
		said "copy 5: "
		said "it needs 1 huge pages"
		none_is_left copied
		[ ! -e told ]
	fi
	echo "$old" > $pages
}

a_copy_is_saved_again()
{
	save -n 4
	expect 0 restart -n -d --copies 3 --pidfile pids img
	second=$(sed -n 2p pids)
	# The namespace's init ends with the program: it is killed from outside.
	expect 0 nsenter -t "$second" -p -m checkpoint -o "$PWD/second.img" "$pid"
	kill -9 "$second"
	expect 0 restart -n -d --copies 2 second.img
	touch go
	for _ in $(seq 300); do
		[ ! -e told ] || [ "$(wc -l < told)" -lt 4 ] || break
		sleep 0.1
	done
	all_right 4
}

# A program that ends with what the file "end" tells the first that looks.
simple='
import os, signal, time
signal.signal(signal.SIGUSR1, lambda *_: open("usr1", "ab", 0).write(b"x"))
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.05)
try:
    os.rename("end", "ended")
    status = int(open("ended").read())
except FileNotFoundError:
    status = 0
os.kill(os.getpid(), -status) if status < 0 else os._exit(status)
'

save_simple()
{
	background python3 -IS -c "$simple"
	until_there ready
	expect 0 checkpoint -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
}

waits_for_all()
{
	local status=0

	save_simple
	restart -n --copies 4 img &
	sleep 2
	kill -USR1 $!
	for _ in $(seq 100); do
		[ ! -e usr1 ] || [ "$(stat -c %s usr1)" -lt 4 ] || break
		sleep 0.05
	done
	[ "$(stat -c %s usr1)" = 4 ]
	kill -0 $!
	touch go
	wait $! || status=$?
	[ $status = 0 ]
	echo 7 > end
	expect 7 restart -n --copies 4 img
	echo -9 > end
	expect 137 restart -n --copies 4 img
}

tells_who_they_are()
{
	save_simple
	expect 0 restart -n -d --copies 3 --json --pidfile pids img
	python3 -c 'import json, sys
told = json.load(open(sys.argv[1]))
pids = [int(line) for line in open("pids")]
assert told["pids"] == pids and told["pid"] == pids[0] and len(pids) == 3, told
assert told["bytes"] > 100000 and told["class"] == "ok", told' "$scratch/out"
	for pid in $(cat pids); do
		grep -q "^NSpid:.*	$pid	" "/proc/$pid/status"
		[ "$(ps -o tty= -p "$pid")" = "?" ]
	done
	touch go
	expect 0 restart -v -n --copies 2 img
	said "2 copies run"
	said "copy 2 is process"
}

# The second one finds the socket's name taken.
bound='
import os, socket, time
s = socket.socket(socket.AF_UNIX)
s.bind("name")
s.listen()
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.05)
'

one_that_fails_leaves_nobody()
{
	background python3 -IS -c "$bound"
	until_there ready
	expect 0 checkpoint -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
	rm -f name
	expect 125 restart -n --copies 5 --pidfile pids img
	said "copy 2: "
	said_one_line
	none_is_left python3
	[ ! -e pids ]
	expect 4 restart -n -d --copies 5 --pidfile pids img ||
		expect 3 restart -n -d --copies 5 --pidfile pids img
	none_is_left python3
	rm -f name
	touch go
	expect 0 restart -n --copies 1 img
}

killed_before_they_run()
{
	local pause

	save -n 1 -m 50
	touch go
	for pause in 0.1 0.2 0.3 0.5 0.8 1.2; do
		setsid restart -n --copies 60 img &
		sleep $pause
		kill -9 $!
		wait $! 2> /dev/null || true
		none_is_left restart
		none_is_left copied
	done
	[ ! -e told ]
}

what_makes_no_sense()
{
	save_simple
	expect 125 restart --copies 2 img
	said "--new-pidns"
	expect 125 restart -n --copies 0 img
	expect 125 restart -n --copies x img
	expect 125 restart -n --lazy --copies 2 img
	expect 125 restart -n -t --copies 2 img
	expect 0 restart -n --copies 2 --check img
	touch go
	expect 0 restart -n --copies 1 img
}

promise "100 copies of 200 MB take under 400 MB, and each has its own" hundred_take_little
cat "$scratch/measured"
promise "each has memory of its own, of every sort" each_has_its_own
promise "an ordinary user's" of_an_ordinary_user
promise "of a compressed image, and through a pipe" compressed_and_through_a_pipe
promise "of an increment" of_an_increment
promise "huge pages of a pool" huge_pages_of_a_pool
promise "a copy is saved, and copied again" a_copy_is_saved_again
promise "restart waits for all, and passes signals on" waits_for_all
promise "it tells who they are" tells_who_they_are
promise "one that fails leaves nobody" one_that_fails_leaves_nobody
promise "nobody is left when it is killed before they run" killed_before_they_run
promise "what makes no sense" what_makes_no_sense
finish
