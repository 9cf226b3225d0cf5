// SPDX-License-Identifier: GPL-2.0
/*
 * Images that lie about who traces whom, and where a thread is stopped for its tracer.
 * Each restart fails in one sentence, or is harmless, and nobody is left.
 */
#define _GNU_SOURCE
#include "traced_image.h"
#include "../uapi/image/mm.h"
#include "../uapi/image/x86_regs.h"

#define REG_IP	16

/* Who traces */

static void a_tracer_that_is_nobody(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_SIGNAL])->tracer = htole32(0xfffffffe);
}

static void a_tracer_with_no_id(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_RUNS])->tracer = 0;
}

static void a_tracer_that_is_outside(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_TRAP])->tracer = htole32(1);
}

static void a_tracer_that_is_itself(struct traced *t)
{
	struct rec *rec = t->of[KCR_PTRACE_SIGNAL];

	told_of(rec)->tracer = thread_of(t, rec)->tid;
}

static void a_tracer_in_the_same_process(struct traced *t)
{
	struct rec *other, *rec = of_two_threads(t, &other);

	told_of(rec)->tracer = ((struct kcr_img_thread *)other->data)->tid;
}

static void a_main_thread_that_has_ended(struct traced *t)
{
	struct rec *other, *rec = of_two_threads(t, &other);

	told_of(rec)->options |= htole32(PTRACE_O_TRACEEXIT);
	thread_of(t, rec)->flags |= htole32(KCR_THREAD_ENDED);
}

static void one_that_is_traced_twice(struct traced *t)
{
	add_copy(t, t->of[KCR_PTRACE_SIGNAL], t->of[KCR_PTRACE_SIGNAL]->head.owner);
}

static void a_record_of_a_process(struct traced *t)
{
	struct rec *rec = t->of[KCR_PTRACE_SIGNAL];

	rec->head.owner = thread_rec(t, rec)->head.owner;
}

static void a_record_of_nobody(struct traced *t)
{
	t->of[KCR_PTRACE_SIGNAL]->head.owner = 0;
}

/* Where it is stopped */

static void a_stop_that_none_is(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_SIGNAL])->stop = htole32(KCR_PTRACE_STOPS);
}

static void flags_that_none_are(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_SIGNAL])->flags |= htole32(KCR_PTRACE_FLAGS + 1);
}

static void options_that_none_are(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_RUNS])->options |= htole32(1u << 8);
}

static void filters_that_are_suspended(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_RUNS])->options |= htole32(1u << 21);
}

static void something_reserved(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_RUNS])->reserved = 1;
}

static void a_group_stop_of_one_that_is_seized(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_GROUP])->flags |= htole32(KCR_PTRACE_SEIZED);
}

static void a_trap_of_one_that_is_not_seized(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_TRAP])->flags &= ~htole32(KCR_PTRACE_SEIZED);
}

static void one_that_listens_at_a_signal(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_SIGNAL])->flags |=
		htole32(KCR_PTRACE_SEIZED | KCR_PTRACE_LISTENING);
}

static void one_that_counts_for_no_stop(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_RUNS])->flags |= htole32(KCR_PTRACE_STOP_COUNTS);
	told_of(t->of[KCR_PTRACE_RUNS])->flags &= ~htole32(KCR_PTRACE_STOP_PENDING);
}

static void an_entry_that_is_not_traced(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_ENTRY])->flags &= ~htole32(KCR_PTRACE_SYSCALL);
}

static void move_entry(struct traced *t, uint64_t ip)
{
	struct rec *regs = owned_by(t, KCR_KIND_X86_REGS, t->of[KCR_PTRACE_ENTRY]->head.owner);

	((struct kcr_img_x86_regs *)regs->data)->reg[REG_IP] = htole64(ip);
}

static void an_entry_where_nothing_is(struct traced *t)
{
	move_entry(t, 4096);
}

static void an_entry_in_the_middle(struct traced *t)
{
	move_entry(t, (uintptr_t)an_entry_in_the_middle);
}

/* What it executes looks like a call, and may not be executed. */
static void an_entry_in_data(struct traced *t)
{
	static const unsigned char call[] = { 0x0f, 0x05, 0x90 };

	move_entry(t, (uintptr_t)call + 2);
}

static void an_entry_in_data_that_is_not_told(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_ENTRY])->code = htole32(SIGTRAP | 0x80);
	an_entry_in_data(t);
}

/* What its tracer is told of it */

static void a_code_of_one_that_runs(struct traced *t)
{
	code(t, KCR_PTRACE_RUNS, SIGTRAP);
}

static void a_code_of_no_signal(struct traced *t)
{
	code(t, KCR_PTRACE_SIGNAL, 65);
}

static void a_code_of_a_kill(struct traced *t)
{
	code(t, KCR_PTRACE_SIGNAL, SIGKILL);
}

static void a_code_of_a_call_at_a_signal(struct traced *t)
{
	code(t, KCR_PTRACE_SIGNAL, SIGTRAP | 0x80);
}

static void a_code_of_no_group_stop(struct traced *t)
{
	code(t, KCR_PTRACE_GROUP, SIGSTOP | EVENT_STOP << 8);
}

static void a_code_of_no_trap(struct traced *t)
{
	code(t, KCR_PTRACE_TRAP, EVENT_STOP << 8);
}

static void a_code_of_a_trap_by_no_signal(struct traced *t)
{
	code(t, KCR_PTRACE_TRAP, 65 | EVENT_STOP << 8);
}

static void a_code_of_no_entry(struct traced *t)
{
	code(t, KCR_PTRACE_ENTRY, SIGUSR1);
}

static void a_code_of_no_exit(struct traced *t)
{
	code(t, KCR_PTRACE_EXIT, SIGTRAP | 0x8000);
}

static void a_code_of_another_event(struct traced *t)
{
	code(t, KCR_PTRACE_EVENT, SIGTRAP | PTRACE_EVENT_CLONE << 8);
}

static void a_code_near_2_32(struct traced *t)
{
	code(t, KCR_PTRACE_EVENT, 0xffffff05);
}

static void an_event_that_none_is(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_EVENT])->event = htole32(8);
	code(t, KCR_PTRACE_EVENT, SIGTRAP | 8 << 8);
}

static void an_event_that_is_a_trap(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_EVENT])->event = htole32(EVENT_STOP);
	code(t, KCR_PTRACE_EVENT, SIGTRAP | EVENT_STOP << 8);
}

static void an_event_near_2_32(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_EVENT])->event = htole32(0xffffffff);
	code(t, KCR_PTRACE_EVENT, 0);
}

static void an_event_at_a_signal(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_SIGNAL])->event = htole32(PTRACE_EVENT_FORK);
}

static void a_stop_by_no_signal(struct traced *t)
{
	told_of(t->of[KCR_PTRACE_GROUP])->stop_signal = htole32(65);
}

static void a_record_that_is_short(struct traced *t)
{
	t->of[KCR_PTRACE_SIGNAL]->len -= 8;
}

static void a_record_without_siginfo(struct traced *t)
{
	t->of[KCR_PTRACE_SIGNAL]->len = offsetof(struct kcr_img_ptrace, info);
}

static void a_record_that_is_long(struct traced *t)
{
	struct rec *rec = t->of[KCR_PTRACE_SIGNAL];

	rec->data = realloc(rec->data, rec->len + 64);
	memset(rec->data + rec->len, 0, 64);
	rec->len += 64;
}

static void a_filter_that_is_not_there(struct traced *t)
{
	another_event(t, PTRACE_EVENT_SECCOMP, 1);
}

static void an_end_with_more_than_a_status(struct traced *t)
{
	another_event(t, PTRACE_EVENT_EXIT, 0x10000);
}

static const struct lie lies[] = {
	LIE(a_tracer_that_is_nobody),
	LIE(a_tracer_with_no_id),
	LIE(a_tracer_that_is_outside),
	LIE(a_tracer_that_is_itself),
	LIE(a_tracer_in_the_same_process),
	LIE(a_main_thread_that_has_ended),
	LIE(one_that_is_traced_twice),
	LIE(a_record_of_a_process),
	LIE(a_record_of_nobody),
	LIE(a_stop_that_none_is),
	LIE(flags_that_none_are),
	LIE(options_that_none_are),
	LIE(filters_that_are_suspended),
	LIE(something_reserved),
	LIE(a_group_stop_of_one_that_is_seized),
	LIE(a_trap_of_one_that_is_not_seized),
	LIE(one_that_listens_at_a_signal),
	LIE(one_that_counts_for_no_stop),
	LIE(an_entry_that_is_not_traced),
	LIE(an_entry_where_nothing_is),
	LIE(an_entry_in_the_middle),
	LIE(an_entry_in_data),
	LIE(an_entry_in_data_that_is_not_told),
	LIE(a_code_of_one_that_runs),
	LIE(a_code_of_no_signal),
	LIE(a_code_of_a_kill),
	LIE(a_code_of_a_call_at_a_signal),
	LIE(a_code_of_no_group_stop),
	LIE(a_code_of_no_trap),
	LIE(a_code_of_a_trap_by_no_signal),
	LIE(a_code_of_no_entry),
	LIE(a_code_of_no_exit),
	LIE(a_code_of_another_event),
	LIE(a_code_near_2_32),
	LIE(an_event_that_none_is),
	LIE(an_event_that_is_a_trap),
	LIE(an_event_near_2_32),
	LIE(an_event_at_a_signal),
	LIE(a_stop_by_no_signal),
	LIE(a_record_that_is_short),
	LIE(a_record_without_siginfo),
	LIE(a_record_that_is_long),
	LIE(a_filter_that_is_not_there),
	LIE(an_end_with_more_than_a_status),
};

TEST_PLAIN(tracing_that_cannot_be_is_a_bad_image, .timeout = 600)
{
	expect_lies(lies, sizeof(lies) / sizeof(lies[0]));
}

/* As if root had traced it: nobody else may trace who is not dumpable. */
TEST_PLAIN(a_tracer_gets_no_right_that_the_restarter_lacks, .user = "alice")
{
	struct traced t = traced_of(tracers_image());
	struct rec *rec = thread_rec(&t, t.of[KCR_PTRACE_SIGNAL]);
	struct outcome o;

	rec = owned_by(&t, KCR_KIND_MM, rec->head.owner);
	((struct kcr_img_mm *)rec->data)->dumpable = 0;
	restart_bytes(put_together(&t.img, true), 0, &o);
	tell("not dumpable", &o);
	EXPECT_FALSE(o.ran);
	expect_said(&o, "not dumpable");
	EXPECT_EQ(KCR_CLASS_PERMISSION, o.status.class);
	EXPECT_TRUE(strstr(o.text, "may not trace"));
}

static struct rec *any_of_tracing(struct image *img)
{
	struct rec *rec;

	do {
		rec = &img->rec[below(img->n)];
	} while (kind_of(rec) != KCR_KIND_PTRACE && kind_of(rec) != KCR_KIND_BLOCKED &&
		 kind_of(rec) != KCR_KIND_X86_DEBUG);
	return rec;
}

/* In what tells of tracing alone: about all else others lie. */
static void lie_about_tracing(struct bytes good, int n)
{
	char what[2][128];
	struct outcome o;
	struct bytes bad;

	sow();
	while (n--) {
		struct image img = take_apart(good);

		lie_in_rec(any_of_tracing(&img), what[0], sizeof(what[0]));
		what[1][0] = '\0';
		if (below(2))
			lie_in_rec(any_of_tracing(&img), what[1], sizeof(what[1]));
		announce(what[0]);
		announce(what[1]);
		bad = put_together(&img, true);
		restart_bytes(bad, 0, &o);
		if (!o.ran)
			expect_said(&o, what[0]);
		fprintf(stderr, "%s; ", what[1]);
		tell(what[0], &o);
		free(bad.data);
		free_image(&img);
	}
}

TEST_PLAIN(lies_about_tracing_are_refused_or_harmless, .timeout = 600)
{
	struct bytes good = tracers_image();

	lie_about_tracing(good, how_many(80));
	lie_often(good, 0, how_many(30));
}

TEST_PLAIN(lies_of_a_user_about_tracing_are_refused_or_harmless, .timeout = 600, .user = "alice")
{
	lie_about_tracing(tracers_image(), how_many(60));
}
