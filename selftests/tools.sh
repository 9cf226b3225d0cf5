#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tools over the real module: how restart stands in for its program, what
# a checkpoint leaves behind, and what is refused in one sentence.

. "$(dirname -- "$0")/ktap.sh"

subject=$here/helpers/subject
job=$here/helpers/job
huge=/sys/kernel/mm/transparent_hugepage/enabled

wait_for()	# COMMAND...: until it succeeds
{
	for _ in $(seq 200); do
		if "$@" 2> /dev/null; then
			return 0
		fi
		sleep 0.05
	done
	echo "waited in vain: $*"
	return 1
}

is()	# WANT GOT WHAT
{
	[ "$1" = "$2" ] || { echo "$3: $2, not $1"; return 1; }
}

gone()
{
	[ ! -d "/proc/$1" ]
}

state_is()	# PID LETTER
{
	grep -q "^State:.$2" "/proc/$1/status"
}

lines()
{
	wc -l < "$1"
}

more_than()	# COUNT FILE
{
	[ "$(lines "$2")" -gt "$1" ]
}

goes_on()
{
	local now

	now=$(lines program.out)
	wait_for more_than "$now" program.out
}

end()
{
	kill -9 "$pid"
	wait_for gone "$pid"
}

# An image in ./img of a program that is no longer there: $pid.
image_of()	# PROGRAM [OPTION...]
{
	background "$@"
	wait_for test -s program.out
	expect 0 checkpoint -k -o img "$pid"
	wait_for gone "$pid"
}

# restart in the background: $restart, its errors in ./err
restart_here()
{
	env --default-signal restart "$@" 2> err &
	restart=$!
	wait_for test -d "/proc/$pid"
}

ended_with()	# STATUS
{
	local status=0

	wait "$restart" || status=$?
	cat err
	is "$1" "$status" "status of restart"
}

exits_as_the_program()
{
	image_of "$subject" -x 6000
	expect 42 restart < img
	expect 42 restart img
}

dies_of_its_signal()
{
	image_of "$job"
	restart_here img
	kill -ABRT "$pid"
	ended_with 134
}

passes_signals_on()
{
	image_of "$job"
	restart_here img
	sleep 0.3
	kill -USR1 "$restart"
	wait_for grep -q usr1 program.out
	/bin/kill -s RTMIN+3 -q 7 "$restart"
	wait_for grep -q 'queued 7' program.out
	kill -TERM "$restart"
	ended_with 3
	is "ready usr1 queued 7 term" "$(paste -sd ' ' program.out)" "what it said"
}

goes_on_without_restart()
{
	image_of "$subject"
	restart_here img
	goes_on			# until then there is nothing but what restart holds
	kill -9 "$restart"
	ended_with 137
	goes_on
	end
}

detaches()
{
	image_of "$subject"
	expect 0 restart -d --pidfile pidfile --json img
	is "$pid" "$(cat pidfile)" "the pid file"
	is "$pid" "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])' < "$scratch/out")" pid
	goes_on
	end
}

# Only the first process has another parent then.
detaches_from_a_family()
{
	local child

	image_of bash -c 'setpriv --pdeathsig KILL sleep 1000 & echo; wait'
	expect 0 restart -d img
	child=$(pgrep -x sleep -P "$pid")
	kill -9 "$pid"
	wait_for gone "$pid"
	wait_for gone "$child"
}

in_a_namespace_of_its_own()
{
	local outside

	image_of "$subject" -x 6000
	sleep 1000 & # someone else, to make sure that pids differ
	expect 0 restart -n -d --pidfile pidfile img
	outside=$(cat pidfile)
	is "$pid" "$(awk '/^NSpid:/ { print $NF }' "/proc/$outside/status")" "pid inside"
	[ "$(readlink "/proc/$outside/ns/pid")" != "$(readlink /proc/self/ns/pid)" ]
	wait_for gone "$outside"
	expect 42 restart -n img
}

namespace_of_a_user()
{
	chmod 777 .
	# shellcheck disable=SC2016
	setpriv --reuid alice --regid alice --init-groups -- setsid \
		sh -c 'exec "$0" -x 6000 > program.out 2>&1' "$subject" < /dev/null &
	wait_for test -s program.out
	pid=$(pgrep -u alice -x subject)
	expect 0 setpriv --reuid alice --regid alice --init-groups checkpoint -k -o img "$pid"
	expect 42 setpriv --reuid alice --regid alice --init-groups restart -n img
}

leaves_nothing_when_interrupted()
{
	local size

	image_of "$subject" -m 4
	size=$(stat -c %s img)
	# Half of the image, and then nothing for a while.
	(head -c $((size / 2)) img; sleep 100) |
		env --default-signal timeout --foreground -s INT 3 restart &
	restart=$!
	: > err
	ended_with 124
	wait_for gone "$pid"
	pkill -x sleep || true
}

stop_and_continue()	# PID
{
	for _ in 1 2 3; do
		sleep 0.5
		kill -STOP "$1"
		sleep 0.5
		kill -CONT "$1"
	done
}

checkpoint_bears_stops()	# OPTION...
{
	local status=0 reader

	background "$subject" -m 16
	wait_for test -s program.out
	mkfifo fifo
	(exec < fifo; for _ in $(seq 50); do head -c 400000; sleep 0.1; done; cat) > img &
	reader=$!
	checkpoint "$@" "$pid" > fifo 2> err &
	stop_and_continue $!
	wait $! || status=$?
	cat err
	is 0 "$status" "status of checkpoint"
	wait "$reader"
	ckptinfo --verify img
	kill -9 "$pid" 2> /dev/null || :	# with -k it is gone
	wait_for gone "$pid"
}

# All of it comes while a stop is pending, or half of it.
restart_bears_stops()	# BYTES
{
	image_of "$subject" -m 4 -x 6000
	mkfifo fifo
	(sleep 0.75; head -c "$1" img; sleep 1; tail -c +$(($1 + 1)) img) > fifo &
	restart < fifo 2> err &
	restart=$!
	stop_and_continue $restart
	ended_with 42
}

end_terminal()
{
	pkill -x script || true
	pkill -x sleep || true
}

asked_for_on_a_terminal()	# SHELL-OPTIONS COMMAND
{
	sleep 100 | setsid script -qfc "sh $1 '$2'" typescript > /dev/null 2>&1 &
	wait_for grep -q ready typescript
	pid=$(pgrep -n -x job)
	expect 0 checkpoint -k -o img "$pid"
	wait_for gone "$pid"
	end_terminal
	expect 0 python3 "${KCR_TREE:-/kcr}/selftests/host/job.py" "$(command -v restart)" img
}

reads_its_terminal()
{
	sleep 100 | setsid script -qfc "$job -r" typescript > /dev/null 2>&1 &
	wait_for grep -q ready typescript
	pid=$(pgrep -n -x job)
	expect 0 checkpoint -k -o img "$pid"
	wait_for gone "$pid"
	end_terminal
	(sleep 2; echo hello; sleep 2) |
		expect 9 script -qefc "restart < img" typescript
	grep -q 'got hello' typescript
}

# In words, with what a terminal could take for a command escaped; as a list in
# JSON; from a file, where pages are skipped, and from a pipe.
tells_the_command()
{
	local said="command: $subject -m 2 --  a\\x1b[2Jb ü c d"

	background "$subject" -m 2 -- '' $'a\e[2Jb' ü 'c d'
	wait_for test -s program.out
	expect 0 checkpoint -k -o img "$pid"
	ckptinfo img | grep -F "$said"
	ckptinfo --verify - < img | grep -F "$said"
	ckptinfo --json img | python3 -c '
import json, sys
command = json.load(sys.stdin)["summary"]["command"]
assert command[1:] == ["-m", "2", "--", "", "a\x1b[2Jb", "ü", "c d"], command'
	wait_for gone "$pid"
}

# A line for each process of a tree, or all about one.
tells_a_tree()
{
	local child

	image_of python3 -c '
import os, time
if not os.fork():
    os._exit(7)
os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
if not os.fork():
    if not os.fork():
        os.execlp("sleep", "sleep", "1000")
    time.sleep(0.2)
    print(flush=True)
    time.sleep(1000)
time.sleep(1000)'
	ckptinfo img > all
	grep -E "^ +$pid +1 +[0-9]+ .*B  python3  leads a session$" all
	grep -E "^ +[0-9]+ +- +- +- +-    python3  ended with 7$" all
	grep -E "^ +[0-9]+ +1 +[0-9]+ .*B    python3$" all
	grep -E "^ +[0-9]+ +1 +[0-9]+ .*B      sleep$" all
	child=$(awk '$NF == "sleep" { print $1; exit }' all)
	ckptinfo --pid "$child" img | grep "^Process    $child .*/sleep$"
	ckptinfo -p "$child" img | grep -F "command: sleep 1000"
	expect 1 ckptinfo -p 1 img
	ckptinfo --json img | python3 -c '
import json, sys
processes = json.load(sys.stdin)["summary"]["processes"]
pids = [process["pid"] for process in processes]
assert all(process["ppid"] in pids for process in processes[1:]), processes
assert [process["ended"] for process in processes].count(True) == 1, processes'
}

stops_what_is_safe()
{
	background "$subject"
	wait_for test -s program.out
	expect 0 checkpoint --stop -o img "$pid"
	wait_for state_is "$pid" T
	is "$pid" "$(ckptinfo --json img | python3 -c '
import json, sys
print(*[r["pid"] for r in json.load(sys.stdin)["records"] if r["kind"] == "process"])')" pid
	kill -CONT "$pid"
	goes_on
	end
}

pause_is_the_same_for_a_slow_reader()
{
	local before

	background "$subject" -m 8
	wait_for test -s program.out
	before=$(lines program.out)
	checkpoint --json "$pid" 2> json | (sleep 3; lines program.out > after; cat > img)
	[ "$(cat after)" -gt $((before + 50)) ] || { echo "it stood still"; return 1; }
	python3 -c 'import json; assert json.load(open("json"))["pause_ns"] < 2e9'
	expect 0 ckptinfo --verify img
	end
}

goes_on_when_the_reader_is_gone()
{
	background "$subject" -m 8
	wait_for test -s program.out
	status=0
	(checkpoint -k "$pid" 2> err || echo $? > status) | head -c 100000 > /dev/null
	is 7 "$(cat status)" "status of checkpoint"
	goes_on
	end
}

goes_on_when_the_disk_is_full()
{
	background "$subject" -m 8
	wait_for test -s program.out
	mkdir full
	mount -t tmpfs -o size=1m none full
	expect 7 checkpoint -k -o full/img "$pid" || { umount full; return 1; }
	said_one_line
	is "" "$(ls -A full)" "what is left"
	umount full
	expect 7 sh -c "checkpoint -k $pid > /dev/full"
	said_one_line
	goes_on
	end
}

# Nothing is left and the program goes on; or it came too late: the image is whole.
signalled_after()	# SIGNAL STATUS SECONDS
{
	local status=0

	env --default-signal checkpoint -k -o out/img "$pid" &
	sleep "$3"
	kill -s "$1" $! || true
	wait $! || status=$?
	if [ -z "$(ls -A out)" ]; then
		in_time=$((in_time + 1))
		is "$2" "$status" "status of checkpoint"
		goes_on
		return
	fi
	is img "$(ls -A out)" "what is left"
	expect 0 ckptinfo --verify out/img
	rm out/img
	[ "$status" = "$2" ] || wait_for gone "$pid"
	[ ! -d "/proc/$pid" ] || end
	background "$subject" -m 200
	wait_for test -s program.out
}

killed_in_the_middle()	# SIGNAL STATUS
{
	local in_time=0 seconds

	background "$subject" -m 200
	wait_for test -s program.out
	mkdir out
	for seconds in 0.1 0.2 0.3 0.5; do
		signalled_after "$1" "$2" $seconds
	done
	echo "$in_time times before the image was there"
	[ "$in_time" -ge 1 ]
	end
}

names_who_holds_the_pid()
{
	# A file that it writes to would be refused first.
	background sh -c "exec $subject > /dev/null"
	expect 0 checkpoint -o img "$pid"
	expect 125 restart img
	said "$pid"
	said subject
	said_one_line
	expect 4 restart -d img
	end
}

refuses_by_name()
{
	expect 3 checkpoint 1
	said_one_line
	expect 3 checkpoint 2
	said_one_line
	# shellcheck disable=SC2016
	expect 3 sh -c 'exec checkpoint $$ > /dev/null'
	said_one_line
	expect 4 checkpoint 4194303
	said_one_line
	expect 1 checkpoint abc
}

refuses_bad_images()
{
	local size

	image_of "$subject" -m 1
	size=$(stat -c %s img)
	for n in 0 1 63 64 500 $((size / 2)) $((size - 1)); do
		head -c $n img > cut
		expect 6 restart -d cut
		said_one_line
	done
	expect 6 restart -d /dev/zero
	said_one_line
	true | expect 6 restart -d
	said_one_line
	expect 1 restart -d -i img img
	gone "$pid"
}

flip_a_bit()	# FILE AT
{
	python3 - "$1" "$2" <<-'EOT'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    file.seek(int(sys.argv[2]))
		    byte = file.read(1)[0]
		    file.seek(int(sys.argv[2]))
		    file.write(bytes([byte ^ 1]))
	EOT
}

# Two read pages from a file, each some of a run; from a pipe it is one. Huge pages go
# another way (kernel/page_hand.c).
refuses_damaged_pages()	# always|never, huge pages
{
	local size tenth

	echo "$1" > $huge
	image_of "$subject" -m 16
	size=$(stat -c %s img)
	[ "$size" -gt 16000000 ]
	for tenth in 1 2 3 4 5 6 7 8 9; do
		cp img bad
		flip_a_bit bad $((size / 10 * tenth))
		expect 6 restart -d bad
		said_one_line
		gone "$pid"
		# shellcheck disable=SC2002
		cat bad | expect 6 restart -d
		said_one_line
		gone "$pid"
	done
	expect 0 restart -d img
	end
}

promise "restart exits as the program does" exits_as_the_program
promise "restart dies of the program's signal" dies_of_its_signal
promise "restart passes signals on" passes_signals_on
promise "the program goes on if restart is killed" goes_on_without_restart
promise "restart detaches" detaches
promise "restart detaches from a tree" detaches_from_a_family
promise "restart makes a pid namespace" in_a_namespace_of_its_own
promise "restart makes a pid namespace for a user" namespace_of_a_user
promise "restart leaves nothing when interrupted" leaves_nothing_when_interrupted
promise "restart may be stopped and continued" restart_bears_stops 100000000
promise "so may it while it reads" restart_bears_stops 2000000
promise "checkpoint may be stopped and continued" checkpoint_bears_stops
promise "so may checkpoint -k" checkpoint_bears_stops -k
promise "restart stops as a job does" asked_for_on_a_terminal -c "$job -r; :"
promise "restart gives a job the terminal" asked_for_on_a_terminal -imc "$job -r"
promise "the program reads restart's terminal" reads_its_terminal
promise "ckptinfo tells what the program was called with" tells_the_command
promise "ckptinfo tells of a tree" tells_a_tree
promise "checkpoint --stop stops" stops_what_is_safe
promise "the pause does not depend on the reader" pause_is_the_same_for_a_slow_reader
promise "nothing is killed when the reader is gone" goes_on_when_the_reader_is_gone
promise "nothing is killed when the disk is full" goes_on_when_the_disk_is_full
promise "checkpoint may be killed at any moment" killed_in_the_middle KILL 137
promise "checkpoint may be interrupted at any moment" killed_in_the_middle INT 130
promise "a pid that is taken is told with its holder" names_who_holds_the_pid
promise "what can't be a target is refused" refuses_by_name
promise "bad images are refused" refuses_bad_images
usual=$(sed 's/.*\[\(.*\)\].*/\1/' $huge)
promise "so is each damaged page" refuses_damaged_pages never
promise "so is each damaged huge page" refuses_damaged_pages always
echo "$usual" > $huge
finish
