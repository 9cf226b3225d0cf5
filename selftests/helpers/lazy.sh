# SPDX-License-Identifier: GPL-2.0
#
# A program that is restarted lazily, and what is to be seen of that. Source this
# after ktap.sh.

rate=/sys/module/kcr/parameters/lazy_rate_mb

# 12 MB, of which it changes 300 pages or looks at a little when it is told to, and at
# the end at all.
program='
import mmap, os, random, sys, time, zlib
size = 12 << 20
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_NOHUGEPAGE)
random.seed(1)
for at in range(0, size, 1 << 20):
    memory[at:at + (1 << 20)] = random.randbytes(1 << 19).hex().encode()
total = zlib.crc32(memory)
done = 0
half = zlib.crc32(memory[size // 2:size // 2 + (1 << 20)])
open("ready", "w").close()
while not os.path.exists("go"):
    if os.path.exists("change%d" % (done + 1)):
        for page in random.sample(range(size // 4096), 300):
            memory[page * 4096:page * 4096 + 100] = random.randbytes(100)
        total = zlib.crc32(memory)
        half = zlib.crc32(memory[size // 2:size // 2 + (1 << 20)])
        done += 1
        open("changed%d" % done, "w").close()
    if os.path.exists("look") and not os.path.exists("seen"):
        ok = zlib.crc32(memory[size // 2:size // 2 + (1 << 20)]) == half
        open("seen.new", "w").write("right" if ok else "wrong")
        os.rename("seen.new", "seen")
    time.sleep(0.02)
print("right" if zlib.crc32(memory) == total else "wrong", flush=True)
'

start()	# COMMAND...
{
	echo 0 > $rate
	background "$@" python3 -c "$program"
	until_there ready
}

save()	# COMMAND...
{
	start "$@"
	expect 0 checkpoint -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
}

watched()
{
	grep -q '^VmFlags:.* um' "/proc/$pid/smaps"
}

rss()
{
	awk '/^Rss:/ { n += $2 } END { print n }' "/proc/$pid/smaps"
}

# All has come, nobody helps, and the program can do without.
comes_to_rest()
{
	echo 0 > $rate
	for _ in $(seq 400); do
		watched || pgrep -x kcr_lazy > /dev/null || return 0
		sleep 0.05
	done
	echo "it does not come to rest"
	return 1
}

right_in_the_end()
{
	touch go
	for _ in $(seq 400); do
		[ ! -s program.out ] || break
		sleep 0.05
	done
	[ "$(cat program.out)" = right ] || { cat program.out; return 1; }
}

gone()	# [TWENTIETHS-OF-A-SECOND]
{
	for _ in $(seq "${1:-400}"); do
		[ -d "/proc/$pid" ] || return 0
		sleep 0.05
	done
	echo "it is still there"
	return 1
}

dies()	# WORDS
{
	gone
	dmesg | tail -20 | grep -F "kcr: process $pid is killed: byte" | grep -F "$1"
	[ ! -s program.out ]
	for _ in $(seq 100); do
		pgrep -x kcr_lazy > /dev/null || return 0
		sleep 0.05
	done
	return 1
}
