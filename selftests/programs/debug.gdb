# SPDX-License-Identifier: GPL-2.0
# A debugger's session: a breakpoint with a condition that is ignored some times, one
# that tells and goes on, a hardware watchpoint, steps, what is on the stack.
set pagination off
set confirm off
set startup-with-shell off
set print inferior-events off
set print thread-events off
break turn if n % 3 == 0
ignore 1 2
run
set $round = 0
while $round < 20
	printf "round %d: n %d, total %lu\n", $round, n, total
	backtrace 1
	next
	print total
	continue
	set $round = $round + 1
end
delete 1
break turn
commands
	silent
	printf "turn %d\n", n
	set $round = $round + 1
	if $round < 60
		continue
	end
end
continue
delete 2
watch total
set $round = 0
while $round < 20
	continue
	stepi
	printf "watched %lu in turn %d\n", total, $round
	set $round = $round + 1
end
delete 3
info breakpoints
continue
print $_exitcode
