# SPDX-License-Identifier: GPL-2.0
#
# For tests that are shell scripts: source this, then
#
#	promise "truncated image is refused" refuses_truncated
#	skip "big image" "no room on the disk"
#	finish
#
# promise runs a command or function in a subshell and an empty folder of its
# own; what it prints shows only if it fails. Also: expect STATUS COMMAND...,
# says MESSAGE COMMAND..., until_there FILE and background PROGRAM... .

promises=0 promises_failed=0
here=$(cd -P -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d "${KCR_TEST_DIR:-/var/tmp}/${0##*/}.XXXXXX")
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
echo "KTAP version 1"

promise()
{
	local name=$1 dir=$scratch/$((++promises)) status

	shift
	mkdir "$dir"
	(
		cd "$dir" || exit
		set -e
		trap 'jobs -p | xargs -r kill -9 2>/dev/null || :' EXIT
		"$@"
	) > "$dir.log" 2>&1
	status=$?
	if [ $status = 0 ]; then
		echo "ok $promises $name"
	else
		sed 's/^/# /' "$dir.log"
		echo "# ended with $status"
		echo "not ok $promises $name"
		promises_failed=$((promises_failed + 1))
	fi
	rm -rf "$dir"
}

skip()
{
	echo "ok $((++promises)) $1 # SKIP $2"
}

finish()
{
	echo "1..$promises"
	exit $((promises_failed > 0))
}

# Wait for a file.
until_there()	# FILE
{
	local _

	for _ in $(seq 600); do
		[ -e "$1" ] && return 0
		sleep 0.05
	done
	echo "$1 does not come"
	return 1
}

# The command must end with just this status; its output is in $scratch/out.
expect()
{
	local want=$1 status=0

	shift
	"$@" > "$scratch/out" 2> "$scratch/err" || status=$?
	cat "$scratch/err"
	[ "$status" = "$want" ] || { echo "$*: ended with $status, not $want"; return 1; }
}

# What the last command of expect said on standard error holds these words.
said()
{
	grep -qF -- "$*" "$scratch/err" || { echo "not said: $*"; return 1; }
}

# It said one sentence, and no more.
said_one_line()
{
	[ "$(wc -l < "$scratch/err")" = 1 ] || { echo "not one line"; return 1; }
}

# Start a program as leader of its own session, its output in a file: $pid.
background()
{
	local before

	setsid "$@" < /dev/null > program.out 2>&1 &
	pid=$!
	# setsid becomes the program, once it has made the session; one that
	# does not live long may be gone by now.
	for before in $(seq 200); do
		[ "$(ps -o sid= -p $pid | tr -d ' ')" = $pid ] && return 0
		[ -d "/proc/$pid" ] || return 0
		sleep 0.05
	done
	echo "$* did not start"
	return 1
}
