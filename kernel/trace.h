/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace points: what became of an operation, one for each enum kcr_event.
 * Process ids are those of the initial pid namespace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kcr

#if !defined(_KCR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KCR_TRACE_H

#include "compat/tracepoint.h"
#include "kcr.h"

DECLARE_EVENT_CLASS(kcr_op,
	TP_PROTO(const struct kcr_ctx *ctx),
	TP_ARGS(ctx),
	TP_STRUCT__entry(
		__field(u64, op)
		__field(pid_t, pid)
		__field(bool, restart)
		__field(unsigned int, threads)
	),
	TP_fast_assign(
		__entry->op = ctx->op;
		__entry->pid = pid_nr(ctx->pid);
		__entry->restart = ctx->restart;
		__entry->threads = ctx->nr_threads;
	),
	TP_printk("op=%llu %s pid=%d threads=%u", __entry->op,
		  __entry->restart ? "restart" : "checkpoint", __entry->pid,
		  __entry->threads)
);

DEFINE_EVENT(kcr_op, kcr_started, TP_PROTO(const struct kcr_ctx *ctx), TP_ARGS(ctx));

TRACE_EVENT(kcr_parked,
	TP_PROTO(const struct kcr_ctx *ctx),
	TP_ARGS(ctx),
	TP_STRUCT__entry(
		__field(u64, op)
		__field(pid_t, pid)
		__field(unsigned int, threads)
		__field(u64, park_ns)
	),
	TP_fast_assign(
		__entry->op = ctx->op;
		__entry->pid = pid_nr(ctx->pid);
		__entry->threads = ctx->nr_threads;
		__entry->park_ns = ctx->park_ns;
	),
	TP_printk("op=%llu pid=%d threads=%u park_ns=%llu", __entry->op, __entry->pid,
		  __entry->threads, __entry->park_ns)
);

TRACE_EVENT(kcr_resumed,
	TP_PROTO(const struct kcr_ctx *ctx),
	TP_ARGS(ctx),
	TP_STRUCT__entry(
		__field(u64, op)
		__field(pid_t, pid)
		__field(bool, restart)
		__field(u64, pause_ns)
	),
	TP_fast_assign(
		__entry->op = ctx->op;
		__entry->pid = pid_nr(ctx->pid);
		__entry->restart = ctx->restart;
		__entry->pause_ns = ctx->pause_ns;
	),
	TP_printk("op=%llu %s pid=%d pause_ns=%llu", __entry->op,
		  __entry->restart ? "restart" : "checkpoint", __entry->pid,
		  __entry->pause_ns)
);

TRACE_EVENT(kcr_finished,
	TP_PROTO(const struct kcr_ctx *ctx),
	TP_ARGS(ctx),
	TP_STRUCT__entry(
		__field(u64, op)
		__field(pid_t, pid)
		__field(bool, restart)
		__field(u64, bytes)
		__field(u64, pages)
	),
	TP_fast_assign(
		__entry->op = ctx->op;
		__entry->pid = pid_nr(ctx->pid);
		__entry->restart = ctx->restart;
		__entry->bytes = ctx->written;
		__entry->pages = ctx->pages;
	),
	TP_printk("op=%llu %s pid=%d bytes=%llu pages=%llu", __entry->op,
		  __entry->restart ? "restart" : "checkpoint", __entry->pid,
		  __entry->bytes, __entry->pages)
);

TRACE_EVENT(kcr_failed,
	TP_PROTO(const struct kcr_ctx *ctx, const char *text),
	TP_ARGS(ctx, text),
	TP_STRUCT__entry(
		__field(u64, op)
		__field(pid_t, pid)
		__field(bool, restart)
		__field(int, class)
		__field(int, error)
		__string(text, text)
	),
	TP_fast_assign(
		__entry->op = ctx->op;
		__entry->pid = pid_nr(ctx->pid);
		__entry->restart = ctx->restart;
		__entry->class = ctx->class;
		__entry->error = ctx->error;
		kcr_assign_str(text, text);
	),
	TP_printk("op=%llu %s pid=%d class=%d error=%d text=%s", __entry->op,
		  __entry->restart ? "restart" : "checkpoint", __entry->pid,
		  __entry->class, __entry->error, __get_str(text))
);

#endif /* _KCR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
