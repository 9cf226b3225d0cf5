#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Compressed images: with -z and --lz4, or by a plain command behind a pipe.

. "$(dirname -- "$0")/ktap.sh"

noise=$here/helpers/noise

start()
{
	setsid "$noise" < /dev/null > out 2>&1 &
	pid=$!
	until_there ready
}

end()
{
	kill -9 "$pid"
	wait "$pid" 2> /dev/null || true
	touch go
}

# Its standard output is the file "out", cut back to what it was.
right()
{
	expect 0 "$@"
	[ "$(cat out)" = right ]
}

unharmed()
{
	kill -0 "$pid"
	touch go
	wait "$pid"
	[ "$(cat out)" = right ]
}

every_way_goes_on()
{
	local how

	start
	expect 0 checkpoint -z -o 1.img "$pid"
	expect 0 checkpoint -z9 --threads=3 -o 2.img "$pid"
	checkpoint --lz4 "$pid" | cat > 3.img
	checkpoint "$pid" | zstd -q -1 > 4.img
	checkpoint "$pid" | lz4 -q > 5.img
	end
	for how in 1 2 3 4 5; do
		ckptinfo --verify $how.img | grep "^Compressed with"
		expect 0 restart --check "$how.img"
		right restart "$how.img"
	done
	right restart < 1.img
	right restart -n 3.img
	cat 3.img | right restart
	zstd -q -dc 2.img | right restart
	lz4 -q -dc 3.img | right restart
}

both_sizes_are_told()
{
	start
	expect 0 checkpoint -z --json -o img "$pid"
	end
	zstd -q -dc img > plain
	python3 - "$scratch/out" <<-'EOF'
		import json, os, sys
		o = json.load(open(sys.argv[1]))
		print(o)
		assert o["compression"] == "zstd" and o["class"] == "ok"
		assert o["bytes"] == os.path.getsize("plain")
		assert o["compressed_bytes"] == os.path.getsize("img")
		assert abs(o["ratio"] - o["bytes"] / o["compressed_bytes"]) < 0.01
		assert o["ratio"] > 1.2
	EOF
	ckptinfo --json img > info
	python3 -c '
import json, os
o = json.load(open("info"))
assert o["compressed_bytes"] == os.path.getsize("img") and o["seekable"]
assert o["bytes"] == os.path.getsize("plain")'
}

refused()	# STATUS WORDS
{
	expect "$1" restart -d img
	said "$2"
	said_one_line
	! pgrep -x noise || return 1
}

damage_is_refused()
{
	local how size at found

	start
	checkpoint -z -o zstd.img "$pid"
	checkpoint --lz4 -o lz4.img "$pid"
	checkpoint "$pid" | zstd -q > piece.img
	end
	for how in zstd lz4 piece; do
		size=$(stat -c %s $how.img)
		for at in 100 $((size / 2)) $((size - 3)); do
			head -c $at $how.img > img
			refused 6 "the compressed image ends early, at byte $at"
		done
		cp $how.img img
		printf 'damage' | dd of=img bs=1 seek=$((size / 2)) conv=notrunc status=none
		# In one piece it may be a record that is found first.
		found="of the compressed image: the frame is damaged"
		[ $how != piece ] || found="is damaged"
		refused 6 "$found"
		cat img | expect 6 restart -d
		said "$found"
	done
}

# A block without the head of a record is not even looked at.
info_reads_only_what_it_needs()
{
	local size at unread=0

	start
	checkpoint -z -o whole "$pid"
	end
	size=$(stat -c %s whole)
	for at in 3 4 5 6 7; do
		cp whole img
		printf 'damage' | dd of=img bs=1 seek=$((size / 10 * at)) conv=notrunc status=none
		expect 6 ckptinfo --verify img
		! ckptinfo img || unread=$((unread + 1))
	done
	[ $unread -gt 0 ]
}

full_disk_harms_nobody()
{
	mkdir small
	mount -t tmpfs -o size=1M none small
	start
	expect 7 checkpoint -z -k -o small/img "$pid" || { umount small; return 1; }
	said "no space left to write the image"
	[ -z "$(ls -A small)" ] || { umount small; return 1; }
	umount small
	unharmed
}

reader_that_goes_harms_nobody()
{
	start
	{ checkpoint --lz4 -k "$pid" 2> err || echo $? > status; } | head -c 100000 > /dev/null
	cat err
	[ "$(cat status)" = 7 ]
	grep -q "the reader of the image has gone away" err
	unharmed
}

interrupt_harms_nobody()
{
	local tool status=0

	start
	mkfifo slow
	env --default-signal=INT checkpoint -z -k "$pid" > slow 2> err &
	tool=$!
	exec 7< slow
	sleep 1
	kill -INT $tool
	wait $tool || status=$?
	[ $status = 130 ]
	exec 7<&-
	unharmed
}

killed_once_the_reader_has_it()
{
	start
	checkpoint -z -k "$pid" | { sleep 0.5; cat > img; }
	! kill -0 "$pid" 2> /dev/null
	touch go
	right restart img
}

users_and_root()
{
	chown alice .
	cat > script <<-EOF
		. "${here:?}/ktap.sh"
		set -e
		noise='$noise'
		$(declare -f start until_there end right)
		start
		expect 0 checkpoint -z -o img \$pid
		end
		right restart img
	EOF
	su alice -s /bin/bash -c "cd '$PWD' && bash script"
	expect 2 restart -d img
	said "root does not own the image"
}

promise "a program goes on from every way to compress" every_way_goes_on
promise "both sizes are told" both_sizes_are_told
promise "damage is refused in one sentence, and starts nothing" damage_is_refused
promise "ckptinfo reads only what it needs" info_reads_only_what_it_needs
promise "a full disk harms nobody" full_disk_harms_nobody
promise "a reader that goes away harms nobody" reader_that_goes_harms_nobody
promise "an interrupt harms nobody" interrupt_harms_nobody
promise "killed once the reader has all of it" killed_once_the_reader_has_it
promise "users restart theirs, root only its own" users_and_root
finish
