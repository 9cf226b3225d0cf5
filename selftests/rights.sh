#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may, and with what: both sides of each rule, with the tools, as root, as
# alice (in the group kcr) and as bob (not in it).

. "$(dirname -- "$0")/ktap.sh"

subject=$here/helpers/subject
parameters=/sys/module/kcr/parameters
yama=/proc/sys/kernel/yama/ptrace_scope

as()	# USER COMMAND...
{
	local user=$1

	shift
	if [ "$user" = root ]; then
		"$@"
	else
		setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
	fi
}

# A program of that user's, in the folder of the promise: $pid.
start_as()	# USER [OPTION...]
{
	local user=$1

	shift
	mkdir -p of-"$user"
	chmod 777 . of-"$user"
	rm -f of-"$user"/pid
	trap 'kill -9 $pid 2>/dev/null || true' EXIT
	(
		cd of-"$user" || exit
		as "$user" setsid sh -c 'echo $$ > pid; exec "$@" > numbers 2>&1' sh \
			"$subject" "$@" < /dev/null > /dev/null 2>&1 &
	)
	for _ in $(seq 200); do
		pid=$(cat of-"$user"/pid 2>/dev/null) || true
		[ -z "$pid" ] || [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != subject ] ||
			[ ! -s of-"$user"/numbers ] || return 0
		sleep 0.05
	done
	echo "no subject of $user's"
	return 1
}

# It still prints numbers.
goes_on()
{
	local user=$1 before now

	before=$(wc -l < of-"$user"/numbers)
	for _ in $(seq 100); do
		now=$(wc -l < of-"$user"/numbers)
		[ "$now" -le "$before" ] || return 0
		sleep 0.05
	done
	echo "$user's subject does not go on"
	return 1
}

end_subject()
{
	kill -9 "$pid" 2> /dev/null || true
	for _ in $(seq 100); do
		[ -d "/proc/$pid" ] || return 0
		sleep 0.05
	done
	echo "process $pid does not end"
	return 1
}

status_of()	# FIELD
{
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
}

is()	# WANT GOT WHAT
{
	[ "$1" = "$2" ] || { echo "$3: $2, not $1"; return 1; }
}

allow()	# PARAMETER VALUE
{
	echo "$2" > "$parameters/$1"
	is "$2" "$(cat "$parameters/$1")" "$1"
}

usual_rules()
{
	local p

	for p in checkpoint pid_choice time_choice; do
		allow $p group
	done
	[ ! -e $yama ] || echo 0 > $yama
	chgrp kcr /dev/kcr
	chmod 660 /dev/kcr
}

# Everybody reaches the module, and its own rules are what counts.
open_device()
{
	chmod 666 /dev/kcr
}

try_checkpoint()	# STATUS USER
{
	expect "$1" as "$2" checkpoint -o "of-$2/img" "$pid"
}

checkpoint_rule()	# VALUE STATUS-OF-ROOT -OF-ALICE -OF-BOB
{
	local user

	open_device
	allow checkpoint "$1"
	shift
	for user in root alice bob; do
		start_as $user
		try_checkpoint "$1" $user
		goes_on $user
		end_subject
		shift
	done
}

parameters_take_only_their_values()
{
	local p

	for p in checkpoint pid_choice time_choice; do
		is 644 "$(stat -c %a $parameters/$p)" "mode of $p"
		! echo nobody > $parameters/$p
		! echo 3 > $parameters/$p
		is group "$(cat $parameters/$p)" $p
		! as alice sh -c "echo any > $parameters/$p"
	done
}

door_is_for_the_group()
{
	start_as bob
	try_checkpoint 2 bob
	said "group kcr"
	goes_on bob
	end_subject
	start_as alice
	try_checkpoint 0 alice
	goes_on alice
	end_subject
}

own_and_others()
{
	open_device
	allow checkpoint any
	start_as alice
	expect 2 as bob checkpoint -o /tmp/kcr-bobs "$pid"
	said_one_line
	goes_on alice
	expect 0 checkpoint -o roots "$pid"
	goes_on alice
	end_subject
	start_as root
	expect 2 as alice checkpoint -o /tmp/kcr-alices "$pid"
	goes_on root
	end_subject
	[ ! -e /tmp/kcr-bobs ] && [ ! -e /tmp/kcr-alices ]
}

refused_to_owner_and_root()	# OPTION...
{
	start_as alice "$@"
	try_checkpoint 2 alice
	said_one_line
	expect 2 checkpoint -o roots "$pid"
	said_one_line
	expect 2 checkpoint --check "$pid"
	goes_on alice
	end_subject
}

setuid_is_refused()
{
	local real=$subject

	subject=$PWD/subject
	install -m 4755 -o root "$real" "$subject"
	refused_to_owner_and_root
}

unreadable_is_refused()
{
	local real=$subject

	subject=$PWD/subject
	install -m 711 -o root "$real" "$subject"
	refused_to_owner_and_root
}

# What is left of it is its parent's.
setuid_child_that_has_ended_is_saved()
{
	local child _

	mkdir of-alice
	chmod 777 . of-alice
	install -m 4755 -o root "$(type -P false)" ended
	install -m 666 /dev/null out
	as alice setsid python3 -c '
import os, time
child = os.posix_spawn("./ended", ["ended"], os.environ)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
open("new", "w").write("%d %d\n" % (os.getpid(), child))
os.rename("new", "ids")
while not os.path.exists("go"):
    time.sleep(0.01)
open("told", "w").write("%d %d\n" % os.waitpid(child, 0))
' < /dev/null > out 2>&1 &
	for _ in $(seq 200); do
		[ -e ids ] && break
		sleep 0.05
	done
	read -r pid child < ids
	is 0 "$(awk '/^Uid:/ { print $3 }' "/proc/$child/status")" "user of the child"
	expect 0 as alice checkpoint -k -o of-alice/img "$pid"
	for _ in $(seq 200); do
		[ -e "/proc/$pid" ] || [ -e "/proc/$child" ] || break
		sleep 0.05
	done
	touch go
	expect 0 as alice restart < of-alice/img
	is "$child 256" "$(cat told)" "what wait() told"
}

yama_is_asked()
{
	echo 1 > $yama
	start_as alice
	try_checkpoint 2 alice
	expect 0 checkpoint -o roots "$pid"
	goes_on alice
	end_subject
}

# An image of a program of that user's, which is gone then: of-USER/img, $pid.
image_as()	# USER [OPTION...]
{
	start_as "$@"
	as "$1" checkpoint -k -o "of-$1/img" "$pid"
	for _ in $(seq 100); do
		[ -d "/proc/$pid" ] || return 0
		sleep 0.05
	done
	echo "process $pid is still there"
	return 1
}

restart_as()	# USER OPTION...
{
	local user=$1

	shift
	as "$user" restart -d "$@" < of-"${from:-$user}"/img
}

mode_of_the_image()
{
	image_as alice
	is 600 "$(stat -c %a of-alice/img)" "mode"
	is alice "$(stat -c %U of-alice/img)" "owner"
}

restarts_as_oneself()
{
	image_as alice
	expect 0 restart_as alice
	goes_on alice
	is subject "$(status_of Name)" name
	is "1000	1000	1000	1000" "$(status_of Uid)" uids
	is "1000	1000	1000	1000" "$(status_of Gid)" gids
	is 0000000000000000 "$(status_of CapPrm)" permitted
	is 0000000000000000 "$(status_of CapEff)" effective
	is 0000000000000000 "$(status_of CapAmb)" ambient
	end_subject
}

# What it has open is everybody's, so that only its ids stand in the way.
others_images_are_not_theirs()
{
	open_device
	allow checkpoint any
	allow pid_choice any
	allow time_choice any
	image_as alice
	chmod -R a+rwX of-alice
	from=alice expect 2 restart_as bob
	said "1000, which you may not take"
	image_as root
	chmod -R a+rwX of-root
	from=root expect 2 restart_as alice
	said "which you may not take"
	[ ! -d "/proc/$pid" ]
}

root_refuses_what_is_not_roots()
{
	image_as alice
	from=alice expect 2 restart_as root
	said "root does not own the image"
	from=alice expect 2 restart_as root --check
	[ ! -d "/proc/$pid" ]
}

root_may_trust_it()
{
	image_as alice
	from=alice expect 0 restart_as root --trust
	goes_on alice
	is "1000	1000	1000	1000" "$(status_of Uid)" uids
	is 0000000000000000 "$(status_of CapPrm)" permitted
	end_subject
}

root_may_drop_first()
{
	image_as alice
	from=alice expect 0 restart_as root --as alice
	goes_on alice
	is "1000	1000	1000	1000" "$(status_of Uid)" uids
	is 0000000000000000 "$(status_of CapPrm)" permitted
	end_subject
	from=alice expect 2 restart_as root --as bob
	from=alice expect 1 restart_as root --as nobody-of-that-name
	from=alice expect 2 restart_as alice --as bob
}

pid_rule()	# VALUE STATUS-OF-ROOT -OF-ALICE -OF-BOB
{
	local user

	open_device
	allow checkpoint any
	allow time_choice any
	allow pid_choice "$1"
	shift
	for user in root alice bob; do
		image_as $user
		expect "$1" restart_as $user
		if [ "$1" = 0 ]; then
			goes_on $user
			end_subject
		else
			said pid_choice
			said --new-pidns
		fi
		shift
	done
}

without_choice_a_namespace_does()
{
	allow pid_choice root
	image_as alice
	expect 0 restart_as alice --new-pidns --pidfile of-alice/pid
	goes_on alice
	pid=$(pgrep -u alice -x subject)
	is "1000	1000	1000	1000" "$(status_of Uid)" uids
	end_subject
}

time_rule()	# VALUE STATUS-OF-ROOT -OF-ALICE -OF-BOB
{
	local user

	open_device
	allow checkpoint any
	allow pid_choice any
	allow time_choice "$1"
	shift
	for user in root alice bob; do
		image_as $user
		expect "$1" restart_as $user
		if [ "$1" = 0 ]; then
			goes_on $user
			[ $user = root ] || is 1 "$(status_of NoNewPrivs)" "no_new_privs of $user's"
			end_subject
		else
			said time_choice
		fi
		shift
	done
}

keeps_no_new_privs()
{
	image_as root
	expect 0 setpriv --no-new-privs restart -d < of-root/img
	is 1 "$(status_of NoNewPrivs)" no_new_privs
	end_subject
}

keeps_the_bounding_set()
{
	image_as alice
	# The program could get more than its restarter: that is refused.
	expect 2 setpriv --bounding-set -sys_admin --reuid alice --regid alice --init-groups -- \
		restart -d < of-alice/img
	said "capability 21"
	[ ! -d "/proc/$pid" ]
}

keeps_hard_limits()
{
	local limit

	image_as alice
	limit=$(as alice prlimit --nofile=256:256 --core=0:0 sh -c 'restart -d < of-alice/img; echo $?')
	if [ "$limit" = 0 ]; then
		is 256 "$(awk '/Max open files/ { print $5 }' "/proc/$pid/limits")" "hard limit"
		end_subject
	else
		is 2 "$limit" status
	fi
}

keeps_the_cgroup()
{
	local group=/sys/fs/cgroup/kcr-rights

	image_as root
	mkdir $group
	expect 0 sh -c "echo \$\$ > $group/cgroup.procs; exec restart -d < of-root/img"
	is 0::/kcr-rights "$(cat "/proc/$pid/cgroup")" cgroup
	end_subject
	rmdir $group
}

usual_rules
promise "parameters take only their values, and only from root" parameters_take_only_their_values
promise "the device is for root and the group" door_is_for_the_group
promise "checkpoint=root: root may, others may not" checkpoint_rule root 0 2 2
promise "checkpoint=group: the group may too" checkpoint_rule group 0 0 2
promise "checkpoint=any: everybody may" checkpoint_rule any 0 0 0
usual_rules
promise "one's own processes, not others'" own_and_others
usual_rules
promise "a non-dumpable process is refused, to root too" refused_to_owner_and_root -n
promise "a setuid program is refused, to root too" setuid_is_refused
promise "a setuid child that has ended is saved" setuid_child_that_has_ended_is_saved
promise "a program that can't be read is refused, to root too" unreadable_is_refused
if [ -e $yama ]; then
	promise "Yama is asked" yama_is_asked
	usual_rules
else
	skip "Yama is asked" "this kernel has no Yama"
fi
promise "an image is for its owner alone" mode_of_the_image
promise "a user restarts as themselves, with no capability" restarts_as_oneself
promise "an image that names other ids is refused" others_images_are_not_theirs
usual_rules
promise "root refuses an image that root does not own" root_refuses_what_is_not_roots
promise "root takes it with --trust" root_may_trust_it
promise "root drops first with --as" root_may_drop_first
promise "pid_choice=root: root chooses pids, others may not" pid_rule root 0 2 2
promise "pid_choice=group: the group may too" pid_rule group 0 0 2
promise "pid_choice=any: everybody may" pid_rule any 0 0 0
usual_rules
promise "without pid_choice --new-pidns works" without_choice_a_namespace_does
promise "time_choice=root: root may, others may not" time_rule root 0 2 2
promise "time_choice=group: the group may too, with no_new_privs" time_rule group 0 0 2
promise "time_choice=any: everybody may, with no_new_privs" time_rule any 0 0 0
usual_rules
promise "a restart keeps no_new_privs" keeps_no_new_privs
promise "a restart keeps the bounding set" keeps_the_bounding_set
promise "a restart keeps hard limits" keeps_hard_limits
promise "a restart keeps the cgroup" keeps_the_cgroup
finish
