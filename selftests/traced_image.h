/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that are traced, in each kind of stop; their image, and who is who in
 * it. For tests that have such images lie.
 */
#ifndef KCR_TRACED_IMAGE_H
#define KCR_TRACED_IMAGE_H

#include "traced.h"
#include "lies.h"
#include "../uapi/image/blocked.h"
#include "../uapi/image/process.h"
#include "../uapi/image/ptrace.h"
#include "../uapi/image/thread.h"

#define READY	9	/* as start_one() has it */
#define WATCH_WRITES	0xd00004ul	/* of debug register 1 */

/* The victim: a tracer, and one in each kind of stop. */

static inline void wait_on(void)
{
	close(READY);
	for (;;)
		pause();
}

static inline void raise_one(void)
{
	close(READY);
	raise(SIGUSR1);
}

static inline void one_call(void)
{
	close(READY);
	syscall(SYS_getppid);
	wait_on();
}

static inline void fork_one(void)
{
	close(READY);
	fork();
	wait_on();
}

/* Its child ends. */
static inline void fork_end(void)
{
	close(READY);
	if (!fork())
		_exit(3);
	wait_on();
}

static int pipe_ends[2];

static inline void read_pipe(void)
{
	char c;

	close(READY);
	read(pipe_ends[0], &c, 1);
}

static inline void sleep_long(void)
{
	struct timespec t = { 1000, 0 };

	close(READY);
	syscall(SYS_nanosleep, &t, NULL);
}

static inline void two_threads(void)
{
	pthread_t thread;

	close(READY);
	pthread_create(&thread, NULL, victim_sleeps, NULL);
	wait_on();
}

static inline void until_event(pid_t pid, int how, int event)
{
	ASSERT_EQ(0, go(how, pid, 0));
	ASSERT_EQ(event, stops_with(pid));
}

static inline void until_call(pid_t pid, int op, long nr)
{
	struct seen s;

	do {
		until_event(pid, PTRACE_SYSCALL, SIGTRAP | 0x80);
		look(pid, &s);
	} while (s.call[0] != op || (long)s.regs.orig_rax != nr);
}

/* It sleeps, and its tracer wants to hear of the end. */
static inline void into_call(pid_t pid, long nr)
{
	until_call(pid, SYSCALL_INFO_ENTRY, nr);
	ASSERT_EQ(0, go(PTRACE_SYSCALL, pid, 0));
}

static inline void seize(pid_t pid, bool stop)
{
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, (long)PTRACE_O_EXITKILL));
	if (!stop)
		return;
	ASSERT_EQ(0, go(PTRACE_INTERRUPT, pid, 0));
	ASSERT_EQ(SIGTRAP | EVENT_STOP << 8, stops_with(pid));
}

static inline void watch(pid_t pid)
{
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[1]), board));
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]),
			    WATCH_WRITES));
}

static inline void leave_zombie(void)
{
	pid_t pid = tracee(fork_end, PTRACE_O_TRACEFORK);
	siginfo_t info;
	struct seen s;

	until_event(pid, PTRACE_CONT, SIGTRAP | PTRACE_EVENT_FORK << 8);
	look(pid, &s);
	ASSERT_EQ(SIGSTOP, stops_with(s.message));
	ASSERT_EQ(0, go(PTRACE_CONT, s.message, 0));
	ASSERT_EQ(0, waitid(P_PID, s.message, &info, WEXITED | WNOWAIT | __WALL));
}

static inline void trace_many(int ready)
{
	struct seen s;
	pid_t pid;

	setsid();
	ASSERT_EQ(0, pipe(pipe_ends));
	until_event(tracee(raise_one, 0), PTRACE_CONT, SIGUSR1);
	until_call(tracee(one_call, PTRACE_O_TRACESYSGOOD), SYSCALL_INFO_ENTRY, SYS_getppid);
	until_call(tracee(one_call, PTRACE_O_TRACESYSGOOD), SYSCALL_INFO_EXIT, SYS_getppid);
	watch(tracee(wait_on, 0));
	pid = tracee(fork_one, PTRACE_O_TRACEFORK);
	until_event(pid, PTRACE_CONT, SIGTRAP | PTRACE_EVENT_FORK << 8);
	look(pid, &s);
	ASSERT_EQ(SIGSTOP, stops_with(s.message));
	pid = tracee(wait_on, 0);
	ASSERT_EQ(0, go(PTRACE_CONT, pid, SIGSTOP));
	ASSERT_EQ(SIGSTOP, stops_with(pid));
	seize(child(wait_on), true);
	seize(child(two_threads), false);
	into_call(tracee(read_pipe, PTRACE_O_TRACESYSGOOD), SYS_read);
	into_call(tracee(sleep_long, PTRACE_O_TRACESYSGOOD), SYS_nanosleep);
	leave_zombie();
	usleep(200000);
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	for (;;)
		poll(NULL, 0, 1000000000);
}

static inline struct bytes tracers_image(void)
{
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	return image_of(start_one(trace_many));
}

/* What of it is lied about */

/**
 * struct traced - the image
 * @img: its records
 * @of: record of the first that is in each stop
 * @again: record of the one that sleeps in read()
 * @sleep: record of the one that sleeps for a time
 */
struct traced {
	struct image img;
	struct rec *of[KCR_PTRACE_STOPS], *again, *sleep;
};

static inline struct kcr_img_ptrace *told_of(struct rec *rec)
{
	return (void *)rec->data;
}

static inline struct kcr_img_blocked *call_of(struct rec *rec)
{
	return (void *)rec->data;
}

static inline struct traced traced_of(struct bytes b)
{
	struct traced t = { .img = take_apart(b) };
	size_t i;

	for (i = t.img.n; i-- > 0;) {
		struct rec *rec = &t.img.rec[i];

		if (kind_of(rec) == KCR_KIND_PTRACE)
			t.of[le32toh(told_of(rec)->stop)] = rec;
		if (kind_of(rec) == KCR_KIND_BLOCKED &&
		    call_of(rec)->flags & htole32(KCR_BLOCKED_TELL))
			*(call_of(rec)->call == htole32(KCR_BLOCKED_AGAIN) ? &t.again : &t.sleep) =
				rec;
	}
	for (i = 0; i < KCR_PTRACE_STOPS; i++)
		ASSERT_TRUE(t.of[i]);
	ASSERT_TRUE(t.again && t.sleep);
	return t;
}

static inline struct rec *owned_by(struct traced *t, enum kcr_kind kind, uint32_t owner)
{
	size_t i;

	for (i = 0; i < t->img.n; i++)
		if (kind_of(&t->img.rec[i]) == kind && t->img.rec[i].head.owner == owner)
			return &t->img.rec[i];
	kcr_fail(true, __FILE__, __LINE__, "there is no record of kind %u", kind);
	return NULL;
}

static inline struct rec *with_id(struct traced *t, enum kcr_kind kind, uint32_t id)
{
	size_t i;

	for (i = 0; i < t->img.n; i++)
		if (kind_of(&t->img.rec[i]) == kind && t->img.rec[i].head.id == id)
			return &t->img.rec[i];
	kcr_fail(true, __FILE__, __LINE__, "there is no record of kind %u", kind);
	return NULL;
}

static inline struct rec *thread_rec(struct traced *t, struct rec *rec)
{
	return with_id(t, KCR_KIND_THREAD, rec->head.owner);
}

/* The thread that a record is about. */
static inline struct kcr_img_thread *thread_of(struct traced *t, struct rec *rec)
{
	return (void *)thread_rec(t, rec)->data;
}

/* The one with another thread. */
static inline struct rec *of_two_threads(struct traced *t, struct rec **thread)
{
	size_t i;

	for (i = 0; i < t->img.n; i++) {
		struct rec *rec = &t->img.rec[i], *process;

		if (kind_of(rec) != KCR_KIND_PTRACE)
			continue;
		process = with_id(t, KCR_KIND_PROCESS, thread_rec(t, rec)->head.owner);
		if (((struct kcr_img_process *)process->data)->threads != htole32(2))
			continue;
		for (*thread = &t->img.rec[t->img.n - 1]; ; (*thread)--)
			if (kind_of(*thread) == KCR_KIND_THREAD &&
			    (*thread)->head.owner == process->head.id)
				return rec;
	}
	kcr_fail(true, __FILE__, __LINE__, "nobody has two threads");
	return NULL;
}

static inline void add_copy(struct traced *t, struct rec *rec, uint32_t owner)
{
	size_t at = rec - t->img.rec;
	struct rec copy = *rec;

	copy.data = room(copy.len);
	memcpy(copy.data, rec->data, copy.len);
	copy.head.owner = owner;
	t->img.rec = realloc(t->img.rec, (t->img.n + 1) * sizeof(copy));
	ASSERT_TRUE(t->img.rec);
	memmove(&t->img.rec[at + 1], &t->img.rec[at], (t->img.n - at) * sizeof(copy));
	t->img.rec[at] = copy;
	t->img.n++;
}

static inline void drop_rec(struct traced *t, struct rec *rec)
{
	size_t at = rec - t->img.rec;

	free(rec->data);
	memmove(rec, rec + 1, (t->img.n - at - 1) * sizeof(*rec));
	t->img.n--;
}

static inline void code(struct traced *t, unsigned int stop, uint32_t code)
{
	told_of(t->of[stop])->code = htole32(code);
}

static inline void another_event(struct traced *t, unsigned int event, uint64_t message)
{
	struct kcr_img_ptrace *p = told_of(t->of[KCR_PTRACE_EVENT]);

	p->event = htole32(event);
	p->code = 0;
	p->message = htole64(message);
}

/* Lies */

#define LIE(name) { name, #name }

struct lie {
	void (*tell)(struct traced *t);
	const char *name;
};

static inline void restart_lie(struct bytes good, const struct lie *lie, struct outcome *o)
{
	struct traced t = traced_of(good);
	struct bytes bad;

	lie->tell(&t);
	bad = put_together(&t.img, true);
	announce(lie->name);
	restart_bytes(bad, 0, o);
	tell(lie->name, o);
	free(bad.data);
	free_image(&t.img);
}

/* Each is a bad image; what they were made of is a good one. */
static inline void expect_lies(const struct lie *lies, size_t n)
{
	struct bytes good = tracers_image();
	struct outcome o;
	size_t i;

	for (i = 0; i < n; i++) {
		restart_lie(good, &lies[i], &o);
		EXPECT_FALSE(o.ran);
		expect_said(&o, lies[i].name);
		if (o.status.class != KCR_CLASS_IMAGE)
			kcr_fail(false, __FILE__, __LINE__, "%s: class %s: %s",
				 lies[i].name, class_text(o.status.class), o.text);
	}
	restart_bytes(good, 0, &o);
	tell("the truth", &o);
	EXPECT_TRUE(o.ran);
}

#endif
