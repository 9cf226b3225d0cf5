#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A server of tmux that is a daemon, with a shell and an editor in it: its
# screens after a restart are those before, and one can go on typing.

. "$(dirname -- "$0")/ktap.sh"
. "$here/helpers/tmux.sh"

export TERM=screen

# With colours, and where the cursors are.
screens()
{
	local window

	for window in s:0 s:1; do
		tm capture-pane -e -p -t $window
		tm display -p -t $window '#{cursor_x} #{cursor_y} #{pane_current_command}'
	done
}

begin()
{
	sock=$PWD/sock
	cat > conf <<- 'end'
		set -g default-command "PS1='[\\#] ' exec bash --norc --noprofile -i"
	end
	tm -f conf new-session -d -s s -x 80 -y 24
	tm new-window -d -t s:1 "vim.tiny -u NONE -c 'set showmode' text"
	see s:0 "[1]"
	tm send-keys -t s:1 i
	see s:1 "-- INSERT --"
}

save_and_restart()
{
	local pid

	pid=$(tm display -p '#{pid}')
	screens > before
	checkpoint -q -k -o image "$pid"
	while kill -0 "$pid" 2> /dev/null; do
		sleep 0.1
	done
	! tm list-windows 2> /dev/null
	restart -q -d image
	screens > after
	cmp before after
}

screens_come_back()
{
	local round

	begin
	for round in 1 2 3; do
		tm send-keys -t s:0 "sleep 1000 &" Enter "printf '\\033[31mred $round\\n'" Enter
		see s:0 "[$((2 * round + 1))]"
		tm send-keys -t s:1 "line $round" Enter
		see s:1 "line $round"
		save_and_restart
	done
	tm send-keys -t s:0 "jobs -r | wc -l" Enter
	see s:0 "[8]"
	tm capture-pane -p -t s:0 | grep -qx 3
	tm send-keys -t s:1 "the end" Escape :wq Enter
	until [ -s text ]; do
		sleep 0.1
	done
	printf 'line 1\nline 2\nline 3\nthe end\n' | cmp - text
	tm send-keys -t s:0 "kill %1 %2 %3; wait; jobs | wc -l" Enter
	see s:0 "[9]"
	! pgrep -afx "sleep 1000" || return 1
	tm kill-server
}

command -v tmux vim.tiny > /dev/null || {
	skip "screens of tmux come back" "no tmux or no vim"
	finish
}
promise "screens of tmux come back" screens_come_back
finish
