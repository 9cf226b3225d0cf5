#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Promises about the paths of UNIX sockets that need a hand from outside: what
# is there at restart, and is not the socket that was there.

. "$(dirname -- "$0")/ktap.sh"

# A server at a path; its pid in $pid.
serve()		# PATH
{
	local _

	rm -f ready
	setsid python3 -IS -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(3)
open("ready", "w").close()
while True:
    c, _ = s.accept()
    c.sendall(b"served")
    c.close()
' "$1" < /dev/null > /dev/null 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		if [ -e ready ]; then return 0; fi
		sleep 0.05
	done
	return 1
}

ask()		# PATH
{
	python3 -IS -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
sys.exit(s.recv(6) != b"served")
' "$1"
}

save_and_kill()
{
	expect 0 checkpoint -k -o img "$pid"
	wait "$pid" 2> /dev/null || true
}

refused()	# WORDS
{
	expect 125 restart img < /dev/null
	said "$*"
	said_one_line
	[ -z "$(find . -name '.kcr*')" ]
}

come_back()
{
	restart img < /dev/null > /dev/null 2>&1 &
	for _ in $(seq 200); do
		if ask door 2> /dev/null; then break; fi
		sleep 0.1
	done
	ask door
	kill "$pid"
	wait || true
}

makes_it_again()
{
	serve door
	ask door
	save_and_kill
	rm door
	come_back
}

replaces_a_dead_one()
{
	serve door
	save_and_kill
	test -S door
	come_back
}

leaves_what_is_no_socket()
{
	serve door
	save_and_kill
	rm door
	echo precious > door
	refused "door: is there, and is no socket"
	[ "$(cat door)" = precious ]
}

leaves_what_another_owns()
{
	serve door
	save_and_kill
	chown alice door
	refused "door: is there, and belongs to user"
	test -S door
}

leaves_what_somebody_serves()
{
	local gone

	serve door
	save_and_kill
	rm door
	gone=$pid
	serve door
	refused "door: is bound by somebody else"
	ask door
	kill "$pid"
	[ "$gone" != "$pid" ]
}

needs_its_folder()
{
	mkdir folder
	serve folder/door
	save_and_kill
	rm -r folder
	refused "folder: is not there"
}

promise makes_it_again makes_it_again
promise replaces_a_dead_one replaces_a_dead_one
promise leaves_what_is_no_socket leaves_what_is_no_socket
promise leaves_what_another_owns leaves_what_another_owns
promise leaves_what_somebody_serves leaves_what_somebody_serves
promise needs_its_folder needs_its_folder
finish
