#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# trace.sh ROUNDS: a script whose processes are traced: pipelines, a subshell that
# sleeps, files. What it does is always the same.
rounds=$1
round=1

exec 3> results.txt
while [ "$round" -le "$rounds" ]; do
	seq "$round" 3 $((round * 20)) | sort -r | cksum >&3
	(sleep 0.05; echo "left $round"; exit 3) >&3
	echo "status $?" >&3
	round=$((round + 1))
done
