# SPDX-License-Identifier: GPL-2.0
#
# For scripts that test the tools over a module that is played: source this,
# define functions, name them in $tests, and run_all.

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
bin=$(cd "$1" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export FAKE_LOG=$work/log ASAN_OPTIONS=detect_leaks=0
count=0 failed=0

info() { "$bin/ckptinfo" "$@"; }
ckpt() { "$bin/checkpoint" "$@"; }
rest() { "$bin/restart" "$@"; }

# expect WHAT COMMAND...: the command succeeds
expect() {
	local what=$1
	shift
	if ! "$@"; then
		echo "# expected $what"
		bad=1
	fi
}

status() { # status N COMMAND...
	local want=$1 got
	shift
	: >"${FAKE_LOG:-/dev/null}"
	"$@" >out 2>err
	got=$?
	[ $got = "$want" ] || {
		echo "# status $got instead of $want: $* ($(head -n 1 err))"
		bad=1
	}
}

says() { expect "'$1' on standard error, there is: $(cat err)" grep -q -- "$1" err; }
logs() { expect "'$1' in the log, there is: $(cat log)" grep -qx -- "$1" log; }
empty() { expect "nothing in $1" test ! -s "$1"; }
nothing_left() { expect "no stray file, there is: $(ls -A)" test -z "$(ls -A | grep -vxE 'out|err|log|img|sample')"; }

try() { # try NAME: runs the function of that name
	bad=0 skipped=
	rm -rf img out err log pid dir
	: >log
	"$1"
	count=$((count + 1))
	[ $bad = 0 ] && echo "ok $count $1${skipped:+ # SKIP $skipped}" || echo "not ok $count $1"
	failed=$((failed + bad))
}

run_all() {
	"$bin/sample" >sample
	echo "KTAP version 1"
	echo "1..$(echo $tests | wc -w)"
	for t in $tests; do
		try "$t"
	done
	exit $((failed > 0))
}
