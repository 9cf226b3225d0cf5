#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tmux.sh ROUNDS: a server of tmux with a shell and an editor in two windows, a
# client on a terminal of its own, and this script, which types and keeps what
# is on the screens.
. "$(dirname -- "$0")/../helpers/tmux.sh"

rounds=$1
sock=sock
export TERM=screen

# The server stays a child of ours, so that all are one tree.
cat > conf <<- 'end'
	set -g default-command "PS1='[\\#] ' exec bash --norc --noprofile -i"
	set -g status-right ""
	new-session -d -s s -x 80 -y 24
	new-window -d -t s:1 "vim.tiny -u NONE -c 'set showmode' text"
end
tmux -S $sock -f conf -D &
server=$!

exec 3> screens.txt
see s:0 "[1]" || exit
mkfifo keys
exec 4<> keys
TERM=xterm script -qc "tmux -S $sock attach -t s" /dev/null <&4 > /dev/null &
client=$!
tm send-keys -t s:1 i
see s:1 "-- INSERT --" || exit
for ((round = 1; round <= rounds; round++)); do
	tm send-keys -t s:0 "echo \$((round += 7)); seq $round 9 99 | tail -n 4" Enter
	see s:0 "[$((round + 1))]" || exit
	tm send-keys -t s:1 "line $round of the text" Enter
	see s:1 "line $round of the text" || exit
	tm capture-pane -p -t s:0 >&3
	tm capture-pane -p -t s:1 >&3
done
tm send-keys -t s:1 Escape :wq Enter
until [ "$(tm list-windows -t s | wc -l)" = 1 ]; do
	sleep 0.1
done
tm kill-server
wait $client
wait $server
