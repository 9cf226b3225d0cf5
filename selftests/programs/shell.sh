#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A batch script as people write them: a pipeline that runs all the time, jobs in
# the background, a trap, a here-document, a subshell. Its output is always the same.
rounds=$1
heard=0
trap 'heard=$((heard + 1))' USR1

numbers()
{
	local i

	for ((i = 1; i <= rounds; i++)); do
		seq $((i * 100)) $((i * 100 + 400))
		sleep 0.02
	done
}

# The pipeline: what goes through it is summed up by the last one.
numbers | grep -v 7 | tr 0-4 5-9 | while read -r line; do
	sum=$(((${sum:-0} * 31 + ${#line} * 7 + 10#${line:(-1)}) % 1000003))
	((++lines % 500)) || echo "$lines $sum"
done > pipeline.txt &
pipeline=$!

# Open all the time: an image tells how long it was.
exec 3> jobs.txt
for ((round = 1; round <= rounds / 4; round++)); do
	(sleep 0.05; echo "left $round" >&3; exit 3) &
	left=$!
	wait $left
	echo "status $?" >&3
	sort -r -n <<- end | head -n 3 >&3 &
		$(seq "$round" 7 $((round * 40)))
	end
	wait $!
	kill -USR1 $$
done
until wait $pipeline; do :; done
# Signals that come at once are one.
((heard > 0 && heard <= rounds / 4)) && echo "heard them" >&3
