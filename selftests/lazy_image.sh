#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# restart --lazy: when what is there, what becomes of the image, and what is left.

. "$(dirname -- "$0")/ktap.sh"

. "$here/helpers/lazy.sh"

runs_before_its_memory_is_there()
{
	local before

	save
	echo 0 > $rate
	expect 0 restart -d img
	before=$(rss)
	kill -9 "$pid"
	gone
	echo 1 > $rate
	expect 0 restart -d --lazy img
	watched
	[ "$(rss)" -lt $((before - 8000)) ] || { rss; return 1; }
	touch look
	until_there seen
	[ "$(cat seen)" = right ]
	watched
	comes_to_rest
	[ "$(rss)" -gt 12288 ]
	right_in_the_end
}

the_image_may_be_removed()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	rm img
	touch look
	until_there seen
	comes_to_rest
	right_in_the_end
}

a_shorter_image_kills_it()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	truncate -s $(($(stat -c %s img) / 2)) img
	touch go
	dies "is not there any more"
}

another_image_kills_it()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	dd if=/dev/urandom of=img bs=1M seek=8 count=6 conv=notrunc 2> /dev/null
	touch go
	dies "is not what it was"
}

only_regular_files()
{
	save
	mkfifo pipe
	cat img > pipe &
	expect 1 restart -d --lazy pipe
	said "is no regular file"
	said_one_line
	wait
	cp img img2
	printf x | dd of=img2 bs=1 seek=$(($(stat -c %s img) - 5000)) conv=notrunc 2> /dev/null
	expect 6 restart -d --lazy img2
	said "record is damaged"
	said_one_line
	truncate -s -8 img
	expect 6 restart -d --lazy img
	said_one_line
	gone
}

a_checkpoint_waits()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	expect 4 checkpoint --timeout 1 -o 2.img "$pid"
	said "has come from its image yet"
	said_one_line
	watched
	(sleep 1; echo 0 > $rate) &
	expect 0 checkpoint -k -o 2.img "$pid"
	gone
	expect 0 restart -d --lazy 2.img
	right_in_the_end
}

of_an_ordinary_user()
{
	chmod 777 .
	touch program.out
	chown alice program.out
	save setpriv --reuid alice --regid alice --init-groups --
	chown alice img
	echo 1 > $rate
	expect 0 setpriv --reuid alice --regid alice --init-groups -- restart -d --lazy img
	watched
	touch look
	until_there seen
	[ "$(cat seen)" = right ]
	comes_to_rest
	touch go
	gone
	[ "$(cat program.out)" = right ]
}

the_module_stays()
{
	save
	echo 1 > $rate
	expect 0 restart -d --lazy img
	! rmmod kcr 2> /dev/null
	kill -9 "$pid"
	gone
}

promise "it runs before its memory is there" runs_before_its_memory_is_there
promise "the image may be removed" the_image_may_be_removed
promise "an image that is cut off kills it" a_shorter_image_kills_it
promise "an image that is changed kills it" another_image_kills_it
promise "only whole, regular files" only_regular_files
promise "a checkpoint waits" a_checkpoint_waits
promise "an ordinary user's" of_an_ordinary_user
promise "the module stays while it is needed" the_module_stays
echo 0 > $rate
finish
