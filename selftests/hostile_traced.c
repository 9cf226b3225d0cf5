// SPDX-License-Identifier: GPL-2.0
/*
 * Images that lie about what is left to be done of a call that is traced, about who
 * has ended and is traced, and about hardware breakpoints; and lies about tracing that
 * might be true. Each restart fails in one sentence, or is harmless, and nobody is left.
 */
#define _GNU_SOURCE
#include "traced_image.h"
#include "../uapi/image/x86_debug.h"

/* Calls whose end is told */

static void an_old_record_that_tells(struct traced *t)
{
	t->sleep->head.version = htole16(1);
}

static void an_old_record_of_a_new_call(struct traced *t)
{
	t->again->head.version = htole16(1);
	call_of(t->again)->flags = 0;
}

static void again_without_a_tracer_to_tell(struct traced *t)
{
	call_of(t->again)->flags = 0;
}

static void again_for_a_time(struct traced *t)
{
	call_of(t->again)->flags |= htole32(KCR_BLOCKED_TIMED);
}

static void again_of_a_call_that_is_not(struct traced *t)
{
	call_of(t->again)->done = htole64(SYS_execve);
}

static void again_of_a_call_near_2_32(struct traced *t)
{
	call_of(t->again)->done = htole64(0x100000000 + SYS_read);
}

static void again_of_a_call_below_zero(struct traced *t)
{
	call_of(t->again)->done = htole64(-1);
}

static void an_end_of_some_bytes(struct traced *t)
{
	call_of(t->sleep)->call = htole32(KCR_BLOCKED_ENDED);
	call_of(t->sleep)->flags = htole32(KCR_BLOCKED_TELL);
	call_of(t->sleep)->done = htole64(1);
}

static void an_end_in_time(struct traced *t)
{
	call_of(t->sleep)->call = htole32(KCR_BLOCKED_ENDED);
}

static void an_end_that_is_not_told(struct traced *t)
{
	call_of(t->again)->call = htole32(KCR_BLOCKED_ENDED);
	call_of(t->again)->flags = 0;
	call_of(t->again)->done = 0;
}

static void a_call_beyond_the_last(struct traced *t)
{
	call_of(t->again)->call = htole32(KCR_BLOCKED_ENDED + 1);
}

/* Those that have ended */

static struct kcr_img_process *ended(struct traced *t)
{
	size_t i;

	for (i = 0; i < t->img.n; i++) {
		struct kcr_img_process *process = (void *)t->img.rec[i].data;

		if (kind_of(&t->img.rec[i]) == KCR_KIND_PROCESS &&
		    process->flags & htole32(KCR_PROCESS_ZOMBIE))
			return process;
	}
	kcr_fail(true, __FILE__, __LINE__, "nobody has ended");
	return NULL;
}

static void one_that_has_ended_and_traces_itself(struct traced *t)
{
	ended(t)->tracer = ended(t)->pid;
}

static void one_that_has_ended_and_is_traced_by_nobody(struct traced *t)
{
	ended(t)->tracer = htole32(0xfffffffe);
}

static void one_that_traces_and_has_ended(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_SIGNAL])->tracer = ended(t)->pid;
}

static void something_reserved_of_one_that_has_ended(struct traced *t)
{
	ended(t)->reserved = 1;
}

/* Hardware breakpoints */

static struct kcr_img_x86_debug *watched(struct traced *t)
{
	return (void *)rec_of(&t->img, KCR_KIND_X86_DEBUG)->data;
}

static void a_watchpoint_in_the_kernel(struct traced *t)
{
	watched(t)->address[1] = htole64(0xffffffff81000000);
}

static void a_watchpoint_of_eight_bytes_that_is_not_aligned(struct traced *t)
{
	watched(t)->address[1] = htole64(0x100004);
	watched(t)->control = htole64(0x900004);
}

static void a_breakpoint_of_four_bytes(struct traced *t)
{
	watched(t)->control = htole64(0xc00004);
}

static void a_fifth_breakpoint(struct traced *t)
{
	watched(t)->set |= htole32(1u << 4);
}

static const struct lie lies[] = {
	LIE(an_old_record_that_tells),
	LIE(an_old_record_of_a_new_call),
	LIE(again_without_a_tracer_to_tell),
	LIE(again_for_a_time),
	LIE(again_of_a_call_that_is_not),
	LIE(again_of_a_call_near_2_32),
	LIE(again_of_a_call_below_zero),
	LIE(an_end_of_some_bytes),
	LIE(an_end_in_time),
	LIE(an_end_that_is_not_told),
	LIE(a_call_beyond_the_last),
	LIE(one_that_has_ended_and_traces_itself),
	LIE(one_that_has_ended_and_is_traced_by_nobody),
	LIE(one_that_traces_and_has_ended),
	LIE(something_reserved_of_one_that_has_ended),
	LIE(a_watchpoint_in_the_kernel),
	LIE(a_watchpoint_of_eight_bytes_that_is_not_aligned),
	LIE(a_breakpoint_of_four_bytes),
	LIE(a_fifth_breakpoint),
};

TEST_PLAIN(what_a_tracer_left_that_cannot_be_is_a_bad_image, .timeout = 600)
{
	expect_lies(lies, sizeof(lies) / sizeof(lies[0]));
}

/* What may be, or changes nothing that matters */

static void a_watchpoint_at_the_end_of_user_memory(struct traced *t)
{
	watched(t)->address[1] = htole64(0x7ffffffff000);
}

static void all_that_a_debug_register_has(struct traced *t)
{
	watched(t)->set = htole32(15);
	watched(t)->control = htole64(~0ull ^ 0xfff00000);
}

static void tracers_in_a_circle(struct traced *t)
{
	struct rec *a = t->of[KCR_PTRACE_SIGNAL], *b = t->of[KCR_PTRACE_TRAP];

	told_of(a)->tracer = thread_of(t, b)->tid;
	told_of(b)->tracer = thread_of(t, a)->tid;
}

static uint32_t id_of_thread(struct traced *t, uint32_t tid)
{
	size_t i;

	for (i = 0; i < t->img.n; i++)
		if (kind_of(&t->img.rec[i]) == KCR_KIND_THREAD &&
		    ((struct kcr_img_thread *)t->img.rec[i].data)->tid == tid)
			return t->img.rec[i].head.id;
	kcr_fail(true, __FILE__, __LINE__, "there is no thread %u", le32toh(tid));
	return 0;
}

static void a_tracer_that_is_traced_by_its_tracee(struct traced *t)
{
	struct rec *rec = t->of[KCR_PTRACE_RUNS];
	uint32_t tracer = told_of(rec)->tracer, tid = thread_of(t, rec)->tid;
	size_t at = rec - t->img.rec;

	add_copy(t, rec, id_of_thread(t, tracer));
	told_of(&t->img.rec[at])->tracer = tid;
}

static void another_siginfo(struct traced *t)
{
	struct kcr_img_ptrace *p = told_of(t->of[KCR_PTRACE_SIGNAL]);

	p->info.signo = htole32(200);
	p->info.code = htole32(-2);
	memset(p->info.fields, 0xff, sizeof(p->info.fields));
	p->message = ~0ull;
	p->debug_status = ~0ull;
}

static void exchange(struct traced *t, unsigned int from, unsigned int to)
{
	told_of(t->of[from])->stop = htole32(to);
	code(t, from, 0);
}

static void a_signal_instead_of_an_exit(struct traced *t)
{
	exchange(t, KCR_PTRACE_EXIT, KCR_PTRACE_SIGNAL);
}

static void an_exit_instead_of_a_signal(struct traced *t)
{
	exchange(t, KCR_PTRACE_SIGNAL, KCR_PTRACE_EXIT);
}

static void an_event_instead_of_a_group_stop(struct traced *t)
{
	exchange(t, KCR_PTRACE_GROUP, KCR_PTRACE_EVENT);
	told_of(t->of[KCR_PTRACE_GROUP])->event = htole32(PTRACE_EVENT_VFORK);
	told_of(t->of[KCR_PTRACE_GROUP])->message = htole64(-512);
}

static void a_stop_instead_of_a_call(struct traced *t)
{
	exchange(t, KCR_PTRACE_RUNS, KCR_PTRACE_SIGNAL);
}

static void an_end_instead_of_a_fork(struct traced *t)
{
	another_event(t, PTRACE_EVENT_EXIT, 9);
}

static void a_program_instead_of_a_fork(struct traced *t)
{
	another_event(t, PTRACE_EVENT_EXEC, ~0ull);
}

static void an_entry_instead_of_a_call(struct traced *t)
{
	struct rec *rec = t->again;
	size_t i;

	for (i = 0; i < t->img.n; i++)
		if (kind_of(&t->img.rec[i]) == KCR_KIND_PTRACE &&
		    t->img.rec[i].head.owner == rec->head.owner)
			told_of(&t->img.rec[i])->stop = htole32(KCR_PTRACE_ENTRY);
}

static void all_that_job_control_has(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_TRAP])->flags |=
		htole32(KCR_PTRACE_LISTENING | KCR_PTRACE_STOP_SEEN | KCR_PTRACE_STOP_PENDING |
			KCR_PTRACE_STOP_COUNTS | KCR_PTRACE_TRAP_PENDING | KCR_PTRACE_TRAP_NOTIFY);
}

static void job_control_of_one_that_runs(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_RUNS])->flags |=
		htole32(KCR_PTRACE_SEIZED | KCR_PTRACE_STOP_SEEN | KCR_PTRACE_STOP_PENDING |
			KCR_PTRACE_STOP_COUNTS | KCR_PTRACE_TRAP_PENDING | KCR_PTRACE_TRAP_NOTIFY);
}

static void steps_and_all_else(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_ENTRY])->flags |=
		htole32(KCR_PTRACE_STEP | KCR_PTRACE_EMULATE);
	told_of(t->of[KCR_PTRACE_EVENT])->flags |= htole32(KCR_PTRACE_STEP);
	told_of(t->of[KCR_PTRACE_RUNS])->flags |= htole32(KCR_PTRACE_STEP);
}

static void another_call_again(struct traced *t)
{
	call_of(t->again)->done = htole64(SYS_wait4);
}

static void a_call_that_nobody_hears_of(struct traced *t)
{
	drop_rec(t, owned_by(t, KCR_KIND_PTRACE, t->again->head.owner));
}

static void a_call_of_one_that_is_stopped(struct traced *t)
{
	t->again->head.owner = t->of[KCR_PTRACE_EXIT]->head.owner;
}

static void an_end_of_one_that_sleeps(struct traced *t)
{
	call_of(t->sleep)->call = htole32(KCR_BLOCKED_ENDED);
	call_of(t->sleep)->flags = htole32(KCR_BLOCKED_TELL);
}

static const struct lie harmless[] = {
	LIE(tracers_in_a_circle),
	LIE(a_tracer_that_is_traced_by_its_tracee),
	LIE(all_that_a_debug_register_has),
	LIE(a_watchpoint_at_the_end_of_user_memory),
	LIE(another_siginfo),
	LIE(a_signal_instead_of_an_exit),
	LIE(an_exit_instead_of_a_signal),
	LIE(an_event_instead_of_a_group_stop),
	LIE(a_stop_instead_of_a_call),
	LIE(an_entry_instead_of_a_call),
	LIE(an_end_instead_of_a_fork),
	LIE(a_program_instead_of_a_fork),
	LIE(all_that_job_control_has),
	LIE(job_control_of_one_that_runs),
	LIE(steps_and_all_else),
	LIE(another_call_again),
	LIE(a_call_that_nobody_hears_of),
	LIE(a_call_of_one_that_is_stopped),
	LIE(an_end_of_one_that_sleeps),
};

TEST_PLAIN(tracing_that_might_have_been_is_harmless, .timeout = 600)
{
	struct bytes good = tracers_image();
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		restart_lie(good, &harmless[i], &o);
		if (!o.ran)
			expect_said(&o, harmless[i].name);
	}
	restart_bytes(good, 0, &o);
	EXPECT_TRUE(o.ran);
}
