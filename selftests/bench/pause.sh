#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How long a checkpoint stops a program, against what fork() of the same
# program costs on the same machine; and a tree of processes, against forking as
# many. Runs in the guest, as root.
#
#	pause.sh [MEGABYTES]...		(64 256 768)

set -u
here=$(dirname -- "$0")
resident=${KCR_RESIDENT:-$here/../../build/selftests/bench/resident}
forest=${resident%/*}/forest
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

field()		# NAME: of the JSON object on standard input
{
	python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

measure()	# NAME PROGRAM [ARGUMENT...]
{
	local name=$1 pid fork pauses=() pause

	shift
	: > "$out/fork"
	"$@" > "$out/fork" &
	pid=$!
	while ! fork=$(cat "$out/fork") || [ -z "$fork" ]; do
		sleep 0.1
	done
	for _ in 1 2 3 4 5; do
		checkpoint -q --json "$pid" 2> "$out/json" > /dev/null || {
			cat "$out/json" >&2
			kill "$pid"
			return 1
		}
		pauses+=("$(field pause_ns < "$out/json")")
	done
	kill "$pid"
	wait "$pid" 2> /dev/null
	pause=$(printf '%s\n' "${pauses[@]}" | sort -n | sed -n 3p)
	awk -v name="$name" -v f="$fork" -v p="$pause" 'BEGIN {
		printf "%-24s  fork %9.2f ms  pause %9.2f ms  ratio %.2f\n",
			name, f / 1e6, p / 1e6, p / f }'
}

[ $# -gt 0 ] || set -- 4 64 256 768
for mb; do
	measure "$mb MB, 4 KB pages" "$resident" "$mb" || exit 1
	measure "$mb MB, huge pages" "$resident" "$mb" huge || exit 1
done
for processes in 10 100; do
	measure "$processes processes of 1 MB" "$forest" $processes 1 || exit 1
done
