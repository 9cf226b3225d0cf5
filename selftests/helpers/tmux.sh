# SPDX-License-Identifier: GPL-2.0
#
# To be sourced by what talks with a server of tmux, whose socket is $sock.

tm()
{
	tmux -S "$sock" "$@"
}

# Until the screen of a window shows it.
see()
{
	local tries

	for ((tries = 0; tries < 300; tries++)); do
		tm capture-pane -p -t "$1" 2> /dev/null | grep -qF -e "$2" && return
		sleep 0.1
	done
	echo "never seen in $1: $2"
	tm capture-pane -p -t "$1"
	return 1
}
