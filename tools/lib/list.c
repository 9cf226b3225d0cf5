// SPDX-License-Identifier: GPL-2.0
/*
 * Print the operations under way, one to a line or as JSON.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"
#include "list.h"
#include "netlink.h"
#include "text.h"

static const char *phase_name(enum kcr_phase phase)
{
	static const char *const names[] = {
		[KCR_PHASE_NEW]		= "new",
		[KCR_PHASE_PARK]	= "park",
		[KCR_PHASE_CUT]		= "cut",
		[KCR_PHASE_WRITE]	= "write",
		[KCR_PHASE_HOLD]	= "hold",
		[KCR_PHASE_READ]	= "read",
		[KCR_PHASE_PREPARED]	= "prepared",
		[KCR_PHASE_DONE]	= "done",
		[KCR_PHASE_FAILED]	= "failed",
	};

	return phase < ARRAY_SIZE(names) ? names[phase] : "unknown";
}

static const char *what(const struct netlink_op *op)
{
	return op->restart ? "restart" : "checkpoint";
}

static void print_json(const struct netlink_op *op, void *arg)
{
	struct emit *e = arg;

	emit_begin(e, NULL);
	emit_u64(e, "op", op->op);
	emit_string(e, "what", what(op));
	emit_s64(e, "pid", op->pid);
	emit_string(e, "phase", phase_name(op->phase));
	emit_u64(e, "bytes", op->bytes);
	emit_u64(e, "bytes_total", op->bytes_total);
	emit_u64(e, "pages", op->pages);
	emit_u64(e, "rate", op->rate);
	emit_u64(e, "pause_ns", op->pause_ns);
	emit_string(e, "class", class_name(op->class));
	emit_string(e, "message", op->text ? op->text : "");
	emit_end(e);
}

static void print_line(const struct netlink_op *op, void *arg)
{
	char bytes[TEXT_NUMBER], rate[TEXT_NUMBER];
	bool *begun = arg;

	if (!*begun)
		printf("%6s %-10s %7s %-8s %10s %12s\n",
		       "OP", "WHAT", "PID", "PHASE", "BYTES", "A SECOND");
	*begun = true;
	printf("%6" PRIu64 " %-10s %7d %-8s %10s %12s", op->op, what(op), op->pid,
	       phase_name(op->phase), text_bytes(bytes, op->bytes),
	       text_bytes(rate, op->rate));
	if (op->text) {
		fputs("  ", stdout);
		text_print(stdout, op->text, strlen(op->text));
	}
	putchar('\n');
}

/**
 * list_operations() - print the operations under way that we may see
 * @json: as JSON
 * @v: told of a failure
 */
int list_operations(bool json, struct verdict *v)
{
	struct emit e = { .file = stdout, .json = true, .compact = true };
	bool begun = false;
	int r;

	if (!json)
		return netlink_ops(print_line, &begun, v);
	emit_begin(&e, NULL);
	emit_begin_list(&e, "operations");
	r = netlink_ops(print_json, &e, v);
	emit_end(&e);
	emit_string(&e, "message", v->text ? v->text : "");
	emit_end(&e);
	return r;
}
