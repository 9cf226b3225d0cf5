#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Promises about what a program shares with processes outside, and the choices
# that there are: --external and --inherit.

. "$(dirname -- "$0")/ktap.sh"

# What descriptor $2 of process $1 is.
key()		# PID FD
{
	readlink "/proc/$1/fd/$2"
}

wait_for()	# TEXT FILE
{
	local _

	for _ in $(seq 300); do
		if grep -qs -- "$1" "$2"; then return 0; fi
		sleep 0.05
	done
	echo "$2 has no $1:"
	cat "$2"
	return 1
}

# A program that writes down what it reads from descriptor 7, as far as the file
# "take" is long, which it never opens. We hold the other end, 8.
reader()
{
	: > take
	: > taken
	# An anonymous pipe, of which each holds one end.
	exec 8> >(exec setsid python3 -IS -c '
import os, time
os.dup2(0, 7)
n = os.open("/dev/null", os.O_RDWR)
for fd in range(3):
    os.dup2(n, fd)
os.closerange(8, 100)
print(os.getpid(), file=open("pid.new", "w"))
os.rename("pid.new", "pid")
got = 0
while True:
    while os.stat("take").st_size <= got:
        time.sleep(0.02)
    try:
        data = os.read(7, os.stat("take").st_size - got)
    except OSError as e:
        data, end = b"", b"<%d>" % e.errno
    else:
        end = b"<end>"
    got += len(data)
    with open("taken", "ab") as f:
        f.write(data or end)
    if not data:
        time.sleep(1000)
')
	for _ in $(seq 300); do
		if [ -s pid ]; then break; fi
		sleep 0.05
	done
	pid=$(cat pid)
	key=$(key "$pid" 7)
	[ "${key%%:*}" = pipe ]
}

take()
{
	truncate -s "$1" take
}

gone()
{
	local _

	kill -9 "$pid" 2> /dev/null || true
	for _ in $(seq 200); do
		wait "$pid" 2> /dev/null || true
		if [ ! -d "/proc/$pid" ]; then return 0; fi
		sleep 0.05
	done
	return 1
}

save_and_kill()	# CHOICE...
{
	sleep 0.3	# it has closed what it wrote to
	expect 0 checkpoint "$@" -k -o img "$pid"
	gone
}

refuses_and_lists()
{
	reader
	expect 3 checkpoint -o img "$pid"
	said "say what becomes of $key"
	said_one_line
	expect 3 checkpoint --check "$pid"
	said "fd 7: pipe to another process, and not a standard stream: say what becomes of $key"
	expect 0 checkpoint --check --external "$key=eof" "$pid"
	expect 1 checkpoint --external "$key=eof" --external "pipe:[1]=close" -o img "$pid"
	said "pipe:[1] (--external) is no open file of what is saved"
	expect 1 checkpoint --external "$key=reconnect" -o img "$pid"
	[ ! -e img ]
	gone
}

ends()
{
	reader
	echo 12345678 >&8
	take 2
	wait_for 12 taken
	expect 0 checkpoint --external "$key=eof" -o img "$pid"
	take 4
	wait_for 1234 taken	# it goes on
	save_and_kill --external "$key=eof"
	for _ in 1 2; do
		take 4
		echo 1234 > taken
		expect 0 restart -d img
		take 100
		wait_for 5678 taken
		wait_for "<end>" taken
		gone
	done
}

is_closed()
{
	reader
	save_and_kill --external "$key=close"
	expect 0 restart -d img
	[ ! -e "/proc/$pid/fd/7" ]
	take 4
	wait_for "<9>" taken
	gone
}

is_inherited()
{
	local old

	reader
	old=$key
	echo 12345678 >&8
	take 2
	wait_for 12 taken
	save_and_kill --external "$key=inherit:5"
	exec 8>&-
	ckptinfo img > info
	grep -qF "$old" info
	# It is not there.
	expect 5 restart -d img 5<&-
	said "$old: descriptor 5 of restart's is not open, or is close-on-exec (--inherit)"
	said_one_line
	[ ! -d "/proc/$pid" ]
	# It can't be read, or can't take what was not read.
	expect 5 restart -d img 5> out
	expect 5 restart -d img 5< /etc/passwd
	said "is no pipe, which could take the input"
	# By the number that was said.
	{ sleep 0.2; echo abcdef; sleep 2; } | { expect 0 restart -d img 5<&0; }
	take 100
	wait_for 345678 taken
	wait_for abcdef taken
	wait_for "<end>" taken
	gone
	# By another one.
	take 2
	echo 12 > taken
	{ sleep 0.2; echo ghijkl; sleep 2; } |
		{ expect 0 restart -d --inherit "6:$old" img 6<&0; }
	take 100
	wait_for 345678 taken
	wait_for ghijkl taken
	gone
}

# A server at ./door that answers each word, outside; and its client, which says
# "one" when there is a file "say.one", and so on.
client()
{
	rm -f ready pid
	cat > server.py <<-'END'
	import os, socket, threading
	s = socket.socket(socket.AF_UNIX)
	s.bind(os.getcwd() + "/door")
	s.listen(5)
	open("ready", "w").close()
	def serve(c):
	    while True:
	        data = c.recv(100)
	        if not data:
	            return
	        c.sendall(b"re:" + data)
	while True:
	    c, _ = s.accept()
	    threading.Thread(target=serve, args=(c,), daemon=True).start()
	END
	python3 -IS server.py < /dev/null > /dev/null 2>&1 &
	server=$!
	for _ in $(seq 300); do
		if [ -e ready ]; then break; fi
		sleep 0.05
	done
	: > say.one
	background python3 -IS -c '
import os, socket, struct, time
s = socket.socket(socket.AF_UNIX)
s.connect(os.getcwd() + "/door")
os.dup2(s.fileno(), 9)
s.close()
s = socket.socket(fileno=9)
for say in "one", "two", "three":
    while not os.path.exists("say." + say):
        time.sleep(0.02)
    try:
        s.sendall(say.encode())
        data = s.recv(100) or b"<end>"
    except OSError as e:
        data = b"<%d>" % e.errno
    peer = struct.unpack("iii", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    with open("heard", "ab") as f:
        f.write(data + b" by %d\n" % peer[0])
'
	wait_for re:one heard
	key=$(key "$pid" 9)
	[ "${key%%:*}" = socket ]
}

say()
{
	: > "say.$1"
}

is_connected_anew()
{
	client
	expect 3 checkpoint -o img "$pid"
	said "is outside of the tree: say what becomes of $key"
	wait_for "re:one by $server" heard
	save_and_kill --external "$key=reconnect"
	for _ in 1 2; do
		rm -f say.two heard
		expect 0 restart -d img
		say two
		wait_for "re:two by $server" heard
		gone
	done
	kill -9 "$server"
	wait "$server" || true
	expect 4 restart -d img
	said "nobody listens at $PWD/door any more"
	said_one_line
	[ ! -d "/proc/$pid" ]
	rm door
	expect 4 restart -d img
}

meets_the_end()
{
	client
	save_and_kill --external "$key=eof"
	expect 0 restart -d img
	say two
	wait_for "<32>" heard
	gone
	kill -9 "$server"
}

socket_is_inherited()
{
	client
	save_and_kill --external "$key=inherit:4"
	expect 5 restart -d img 4<> file
	said "$key: descriptor 4 is no socket"
	expect 0 python3 -IS -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(os.getcwd() + "/door")
os.dup2(s.fileno(), 4)
os.execvp("restart", ["restart", "-d", "img"])'
	say two
	wait_for re:two heard
	gone
	kill -9 "$server"
}

promise refuses_and_lists refuses_and_lists
promise ends ends
promise is_closed is_closed
promise is_inherited is_inherited
promise is_connected_anew is_connected_anew
promise meets_the_end meets_the_end
promise socket_is_inherited socket_is_inherited
finish
