#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Promises about files that need a hand from outside: standard streams that
# lead outside, files that change between checkpoint and restart, files and
# locks that others have.

. "$(dirname -- "$0")/ktap.sh"

# The programs wait for the file "go" before they do what is promised.
wait_for_go='
import os, sys, time, fcntl
def wait():
    open("ready", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
'

# A program, in Python, that is ready; its pid in $pid.
start()		# TEXT; its streams are those of the call
{
	rm -f ready go
	# Bash keeps what leads to a <(command) open, under its highest numbers.
	setsid python3 -c "$wait_for_go$1" <&0 63>&- 62>&- &
	pid=$!
	until_there ready
}

save()		# [OPTION...]
{
	expect 0 checkpoint "$@" -o img "$pid"
}

save_and_kill()
{
	save -k "$@"
	wait "$pid" 2> /dev/null || true
}

# Output into a pipe

output_goes_on()
{
	start 'print("one", flush=True); wait(); print("two", flush=True)' \
		< /dev/null > >(cat > before) 2>&1
	save_and_kill
	touch go
	restart < img | cat > after
	[ "$(cat before after)" = "$(printf 'one\ntwo')" ]
}

# Input from a pipe

reader='wait(); print(sys.stdin.read(), end="", flush=True)'

with_input()	# TEXT: a program that has not read it yet
{
	start "$reader" < <(echo "$BASHPID" > feeder; printf %s "$1"; exec sleep 1000) > out 2>&1
	save_and_kill
	kill "$(cat feeder)" || true
	touch go
}

input_comes_first()
{
	with_input abc
	expect 0 restart -i img < /dev/null
	[ "$(cat out)" = abc ]
}

input_comes_first_with_image_as_input()
{
	with_input abc
	expect 0 restart < img
	[ "$(cat out)" = abc ]
}

input_comes_before_new_input()
{
	with_input abc
	printf def | expect 0 restart -i img
	[ "$(cat out)" = abcdef ]
}

much_input_comes_before_new_input()
{
	local text

	text=$(seq 10000 | tr -d '\n')
	with_input "$text"
	seq 9000 | tr -d '\n' | expect 0 restart -i img
	[ "$(cat out)" = "$text$(seq 9000 | tr -d '\n')" ]
}

input_that_cannot_come_first_is_refused()
{
	with_input abc
	echo def > other
	expect 125 restart -i img < other
	said "can only be delivered through a pipe or /dev/null"
}

# A terminal

terminal_is_restarts_own()
{
	cat > program <<-EOF
		import sys
		$wait_for_go
		tty = open("/dev/tty", "r+b", buffering=0)
		wait()
		print("to stdout", sys.stdout.isatty(), flush=True)
		print("to stderr", file=sys.stderr, flush=True)
		tty.write(b"to tty")
	EOF
	rm -f ready go
	script -qec "exec python3 program" first < /dev/null > /dev/null &
	until_there ready
	pid=$(pgrep -nf '^python3 program')
	save -k
	touch go
	# It led a session, so that it needs a terminal that nobody has yet.
	script -qec "restart --terminal < img" second < /dev/null > /dev/null
	cat second
	grep -q "to stdout True" second
	grep -q "to stderr" second
	grep -q "to tty" second
}

# Others on the other end

pipe_that_is_no_stream_is_refused()
{
	sleep 1000 | {
		rm -f ready go
		setsid python3 -c "${wait_for_go}wait()" 5<&0 < /dev/null > /dev/null 2>&1 &
		echo $! > pid
		wait
	} &
	until_there ready
	expect 3 checkpoint -o img "$(cat pid)"
	said "fd 5: pipe to another process, and not a standard stream"
	kill -9 "$(cat pid)"
}

shared_eventfd_is_refused()
{
	rm -f ready go
	setsid python3 -c "$wait_for_go
fd = os.eventfd(0)
if not os.fork():
    open('pid', 'w').write(str(os.getpid()))
    wait()
else:
    os.wait()
" < /dev/null > /dev/null 2>&1 &
	until_there ready
	expect 3 checkpoint -o img "$(cat pid)"
	said "eventfd: shared with another process"
	kill -9 "$(cat pid)"
}

every_blocker_is_listed()
{
	start 'import socket
a = socket.socket(socket.AF_INET)
b = open("/proc/self/maps")
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wait()' < /dev/null > out 2>&1
	checkpoint --check "$pid" > blockers 2>&1 && return 1
	cat blockers
	grep -q "socket (AF_INET stream)" blockers
	grep -q "file of proc" blockers
	grep -q "socket (AF_INET datagram)" blockers
	kill -9 "$pid"
}

# Also of a tree of which a thread waits in a call that is one of them.
every_blocker_is_listed_while_one_waits()
{
	local child

	start 'import socket, threading
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.bind(("127.0.0.1", 0))
threading.Thread(target=lambda: a.recv(1), daemon=True).start()
child = os.fork()
if not child:
    b = open("/proc/self/maps")
    open("pid", "w").write(str(os.getpid()))
    os.rename("pid", "child")
wait()' < /dev/null > out 2>&1
	until_there child
	child=$(cat child)
	sleep 0.5
	expect 3 checkpoint --check "$pid"
	said "waits for a network socket"
	said "socket (AF_INET datagram)"
	grep -q "process $child: fd .*file of proc" "$scratch/err"
	[ "$(grep -c "waits for" "$scratch/err")" = 1 ]
	expect 3 checkpoint -o img "$pid"
	said "waits for a network socket"
	kill -9 "$pid" "$child"
}

# Files that change in between

counter='f = open("numbers", "w")
for i in range(100000):
    f.write("%d\n" % i); f.flush()
    if i == 20: open("ready", "w").close()
    if i > 20 and os.path.exists("go"): break
    time.sleep(0.005)
'

no_output_is_doubled()
{
	local lines

	start "$counter" < /dev/null > out 2>&1
	save
	lines=$(wc -l < numbers)
	sleep 1
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
	[ "$(wc -l < numbers)" -gt "$lines" ]
	touch go
	expect 0 restart < img
	seq 0 $(($(wc -l < numbers) - 1)) | cmp - numbers
}

reader_of='f = open("data"); f.read(2); wait(); print(f.read(), end="")'

changed_input_is_refused()
{
	echo 0123456789 > data
	start "$reader_of" < /dev/null > out 2>&1
	save_and_kill
	echo 0123456780 > data
	touch go
	expect 125 restart < img
	said "/data: its contents have changed since the checkpoint"
}

same_contents_are_enough()
{
	echo 0123456789 > data
	start "$reader_of" < /dev/null > out 2>&1
	save_and_kill
	cp data other
	mv other data
	touch go
	expect 0 restart < img
	[ "$(cat out)" = 23456789 ]
}

longer_input_is_refused()
{
	echo 0123456789 > data
	start "$reader_of" < /dev/null > out 2>&1
	save_and_kill
	echo more >> data
	expect 125 restart < img
	said "/data: is longer than at the checkpoint"
}

missing_input_is_refused()
{
	echo 0123456789 > data
	start "$reader_of" < /dev/null > out 2>&1
	save_and_kill
	rm data
	expect 125 restart < img
	said "/data: is not there"
}

writer='f = open("log", "a"); f.write("x\n"); f.flush(); wait(); f.write("y\n")'

output_that_another_writes_is_not_cut_back()
{
	start "$writer" < /dev/null > out 2>&1
	save_and_kill
	echo later >> log
	sleep 1000 >> log &
	expect 125 restart < img
	said "/log: has to be changed, but another process has it open for writing"
	[ "$(cat log)" = "$(printf 'x\nlater')" ]
}

output_changed_in_place_is_refused()
{
	start "$writer" < /dev/null > out 2>&1
	save_and_kill
	printf 'z\n' > log
	expect 125 restart < img
	said "/log: its contents have changed since the checkpoint"
}

link_in_place_of_output_is_refused()
{
	start "$writer" < /dev/null > out 2>&1
	save_and_kill
	mv log elsewhere
	ln -s elsewhere log
	expect 125 restart < img
	said "/log: is no longer a regular file"
}

output_of_another_user_is_refused()
{
	start "$writer" < /dev/null > out 2>&1
	save_and_kill
	chown alice log
	expect 125 restart < img
	said "/log: belongs to user 1000, and to user 0 at the checkpoint"
}

# Changes all the time, but never its length.
in_place='f = open("db", "wb", 0); f.write(b"0" * 100000)
for i in range(1000000):
    f.seek(i % 90000); f.write(b"%d" % i)
    if i == 100: open("ready", "w").close()
'

change_in_place_needs_its_contents()
{
	start "$in_place" < /dev/null > out 2>&1
	expect 3 checkpoint -o img "$pid"
	said "/db: is changed in place: its contents must be in the image (--with-files)"
	expect 0 checkpoint --with-files -o img "$pid"
	kill -9 "$pid"
}

# What the restart has made or changed when it fails

failed_restart_leaves_nothing()
{
	start 'f = open("journal", "w"); f.write("text"); f.flush()
g = open("lock", "w"); fcntl.flock(g, fcntl.LOCK_EX); wait()' < /dev/null > out 2>&1
	save_and_kill --with-files
	rm journal
	flock -F lock sleep 1000 &
	sleep 0.5
	expect 125 restart < img
	said "/lock: another process holds a lock on it"
	[ ! -e journal ]
}

# An output file that the shell holds too

file_shared_with_a_shell_is_kept()
{
	program="${wait_for_go}print(1, flush=True); wait(); print(2)" \
		setsid bash -c 'python3 -c "$program"; true' < /dev/null > shared 2>&1 &
	until_there ready
	pid=$(pgrep -nf '^python3 -c')
	save -k
	touch go
	wait
	expect 0 restart < img
	[ "$(cat shared)" = "$(printf '1\n2')" ]
}

# As somebody without rights

user_restores_own_files()
{
	chown alice .
	cat > script <<-EOF
		. "${here:?}/ktap.sh"
		set -e
		$(declare -f start until_there save save_and_kill)
		wait_for_go='$wait_for_go'
		start 'f = open("log", "a"); g = open("gone", "w+"); os.unlink("gone"); g.write("here"); g.flush()
		wait(); g.seek(0); f.write(g.read())' < /dev/null > out 2>&1
		save_and_kill
		touch go
		expect 0 restart < img
	EOF
	su alice -s /bin/bash -c "cd '$PWD' && bash script"
	[ "$(cat log)" = here ]
}

# A directory that was removed, where one could be made again, and not removed

removed_directory='
os.mkdir("folder/gone"); os.chdir("folder/gone"); os.rmdir("../gone")
open("../../ready", "w").close()
while not os.path.exists("../../go"):
    time.sleep(0.01)
print(os.stat(".").st_nlink, flush=True)'

leaves_no_directory()
{
	mkdir folder
	start "$removed_directory" < /dev/null > out 2>&1
	save_and_kill
	chattr +a folder || return 0
	expect 125 restart < img
	chattr -a folder
	said "gone: can't be made: you may not"
	[ -z "$(ls -A folder)" ]
	touch go
	expect 0 restart < img
	[ "$(cat out)" = 0 ]
	[ -z "$(ls -A folder)" ]
}

promise "output into a pipe goes on in restart's own" output_goes_on
promise "unread input comes first" input_comes_first
promise "unread input comes first when the image is the input" input_comes_first_with_image_as_input
promise "unread input comes before restart's own" input_comes_before_new_input
promise "much unread input comes before restart's own" much_input_comes_before_new_input
promise "unread input that can't come first is refused" input_that_cannot_come_first_is_refused
promise "a terminal becomes restart's own" terminal_is_restarts_own
promise "an outside pipe that is no stream is refused" pipe_that_is_no_stream_is_refused
promise "an eventfd shared with others is refused" shared_eventfd_is_refused
promise "every blocker is listed" every_blocker_is_listed
promise "every blocker is listed while a thread waits for one" every_blocker_is_listed_while_one_waits
promise "no output is doubled" no_output_is_doubled
promise "changed input is refused" changed_input_is_refused
promise "the same contents are enough" same_contents_are_enough
promise "longer input is refused" longer_input_is_refused
promise "missing input is refused" missing_input_is_refused
promise "output that another writes is not cut back" output_that_another_writes_is_not_cut_back
promise "output changed in place is refused" output_changed_in_place_is_refused
promise "a link in place of output is refused" link_in_place_of_output_is_refused
promise "output of another user is refused" output_of_another_user_is_refused
promise "a file changed in place needs its contents" change_in_place_needs_its_contents
promise "a restart that fails leaves no file" failed_restart_leaves_nothing
promise "a file shared with a shell is kept" file_shared_with_a_shell_is_kept
promise "a user restores their own files" user_restores_own_files
promise "a removed directory is not made where it would stay" leaves_no_directory
finish
