# SPDX-License-Identifier: GPL-2.0
#
# What both machines know of the computation: MrBayes finds a family tree of
# twelve primates. Sourced by bash, in the guest.

set -eu

home=/home/alice/demo
generations=1600
image=$home/primates.img
outputs='out.p out.t out.mcmc out.ckp out.ckp~'

# In the background its pid is that of the command.
become_alice()
{
	exec setpriv --reuid alice --regid alice --init-groups env HOME=/home/alice USER=alice "$@"
}

as_alice()
{
	( become_alice "$@" )
}

load_kcr()
{
	insmod "$KCR_BUILD/kcr.ko"
	udevadm settle
	echo "Linux $(uname -r), up for $(cut -d' ' -f1 /proc/uptime) s, kcr loaded"
}

# How far a run is, by the last sample that it wrote.
generation()
{
	local at

	at=$(tail -n 1 "$1/out.p" 2>/dev/null | cut -f 1)
	case $at in
	*[!0-9]*|'')	echo 0 ;;
	*)		echo "$at" ;;
	esac
}

wait_for_generation()
{
	while [ "$(generation "$1")" -lt "$2" ]; do
		sleep 0.1
	done
}

json()
{
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"
}
