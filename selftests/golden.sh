#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Golden images: what each release has written restarts with this one.

. "$(dirname -- "$0")/ktap.sh"

place=/run/kcr-golden

counts_on()	# DIRECTORY
{
	mkdir -p "$place"
	cp "$1/golden" "$place/golden"
	chmod 755 "$place/golden"
	ckptinfo --verify "$1/golden.kcr"
	cd /
	# The image lies on a shared folder, where its owner is anybody's.
	expect 42 restart --trust < "$1/golden.kcr"
	rm -r "$place"
}

found=
for dir in "${KCR_TREE:-/kcr}"/selftests/images/*/; do
	[ -e "$dir/golden.kcr" ] || continue
	found=1
	promise "an image of release $(basename "$dir") goes on" counts_on "$dir"
done
[ "$found" ] || skip "golden images" "no release has left one yet"
finish
