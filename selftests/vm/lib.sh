# SPDX-License-Identifier: GPL-2.0
#
# What the scripts of the test bed share. Sourced by bash, never run.
#
# Everything that takes long to make lies in the cache, outside the tree:
#
#	rootfs-<key>.ext4	the guest's root file system
#	kernel-<series>/	vmlinuz, modules/<release>, initramfs, release
#	accel			the accelerator that worked, and where

set -euo pipefail

vm=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -P -- "$vm/../.." && pwd)
cache=${KCR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kcr}
mirror=${KCR_MIRROR:-http://deb.debian.org/debian}

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# One maker at a time for each thing in the cache; the lock goes with us.
lock_cache()
{
	mkdir -p "$cache"
	exec 9>"$cache/.lock-$1"
	flock 9
}

# A name that changes when one of the files does.
key_of()
{
	cat -- "$@" | sha256sum | cut -c1-12
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "neither root nor sudo: cannot run: $*"
	fi
}

scratch()
{
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/kcr-${0##*/}.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}
