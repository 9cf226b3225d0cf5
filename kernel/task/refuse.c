// SPDX-License-Identifier: GPL-2.0
/*
 * What a process or a thread may have that can't be rebuilt yet: refused, by
 * name. The walk goes over task_struct, signal_struct, cred and nsproxy; what
 * is neither here nor in a kind of its own is
 *
 *  - statistics (sched_info, delays, acct_rss_mem1, ...), which begin anew: they
 *    tell of this run,
 *  - the scheduler's, memory management's and lock debugging's own state,
 *  - the parent's (has_child_subreaper, ...),
 *  - the restarter's to give: cgroups, cpuset, autogroup, loginuid, audit,
 *    oom_score_adj_min.
 *
 * One refusal that can't be made: a program that only knows the id of System V
 * objects holds nothing that shows it. Which of them are saved is told in
 * kernel/ipc/.
 */
#include <linux/key.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "arch/arch.h"
#include "compat/security.h"
#include "kcr.h"
#include "ksym.h"
#include "task/ptrace.h"
#include "task/task.h"

#ifdef CONFIG_SECURITY_LANDLOCK
#include <linux/lsm_hooks.h>
#endif

static bool another_ns(struct task_struct *task, const char **which)
{
	const struct nsproxy *own = current->nsproxy, *ns;

	*which = NULL;
	task_lock(task);
	ns = task->nsproxy;
	if (!ns)
		goto out;
	if (ns->mnt_ns != own->mnt_ns)
		*which = "mount";
	else if (ns->uts_ns != own->uts_ns)
		*which = "UTS";
	else if (ns->ipc_ns != own->ipc_ns)
		*which = "IPC";
	else if (ns->net_ns != own->net_ns)
		*which = "network";
	else if (ns->cgroup_ns != own->cgroup_ns)
		*which = "cgroup";
	else if (ns->pid_ns_for_children != own->pid_ns_for_children)
		*which = "pid";
	else if (ns->time_ns != ns->time_ns_for_children)
		*which = "time (for its children)";
out:
	task_unlock(task);
	return *which;
}

static int refuse_namespaces(struct kcr_ctx *ctx, struct task_struct *task)
{
	const char *which;

	if (task_active_pid_ns(task) != ctx->pid_ns)
		return kcr_refuse(ctx, "it is in another pid namespace");
	if (another_ns(task, &which))
		return kcr_refuse(ctx, "it is in another %s namespace", which);
	return 0;
}

static int refuse_children(struct kcr_ctx *ctx, struct task_struct *leader)
{
	struct task_struct *t, *child;
	pid_t pid = 0;

	if (!(ctx->ckpt_flags & KCR_CKPT_SINGLE))
		return 0;
	read_lock(&kcr_var(tasklist_lock));
	for_each_thread(leader, t) {
		child = list_first_entry_or_null(&t->children, struct task_struct, sibling);
		if (child)
			pid = task_pid_nr_ns(child, ctx->pid_ns);
	}
	read_unlock(&kcr_var(tasklist_lock));
	return pid ? kcr_refuse(ctx, "it has a child, process %d, which --single leaves out", pid) : 0;
}

static int refuse_vfork(struct kcr_ctx *ctx, struct task_struct *leader)
{
	if (leader->vfork_done)
		return kcr_refuse(ctx, "its parent waits for it to exec or exit (vfork)");
	return 0;
}

/* The process as a whole; everything is parked. */
int kcr_task_refuse(struct kcr_ctx *ctx, struct kcr_process *p)
{
	struct task_struct *leader = p->leader;
	struct signal_struct *signal = leader->signal;

	if (signal->flags & SIGNAL_UNKILLABLE)
		return kcr_refuse(ctx, "it is the init process of a pid namespace");
	return refuse_namespaces(ctx, p->live) ?: refuse_children(ctx, leader) ?:
	       kcr_sharing_refuse(ctx, p) ?: refuse_vfork(ctx, leader) ?:
	       kcr_ptrace_refuse(ctx, p);
}

static int refuse_perf(struct kcr_ctx *ctx, struct task_struct *task)
{
	int ret = 0;

#ifdef CONFIG_PERF_EVENTS
	if (!list_empty(&task->perf_event_list))
		ret = kcr_refuse(ctx, "it has performance events");
#endif
	return ret;
}

static bool has_landlock(const struct cred *cred)
{
#ifdef CONFIG_SECURITY_LANDLOCK
	void *const *domain;

	if (!kcr_var(landlock_initialized))
		return false;
	/* Beginning of struct landlock_cred_security: the domain, or NULL. */
	domain = cred->security + kcr_var(landlock_blob_sizes).lbs_cred;
	return *domain;
#else
	return false;
#endif
}

static int refuse_label(struct kcr_ctx *ctx, struct task_struct *task)
{
	char *label = NULL;
	int ret = 0, len = kcr_task_label(task, &label);

	if (len <= 0 || !label)
		return 0;
	while (len && (label[len - 1] == '\n' || !label[len - 1]))
		len--;
	if (len && (len != 10 || strncmp(label, "unconfined", 10)))
		ret = kcr_refuse(ctx, "it has the security label %.*s", len, label);
	kfree(label);
	return ret;
}

#ifdef CONFIG_KEYS
/*
 * A login gives each session a keyring with nothing in it but a link to the
 * user's; the restarter has one too, and that one counts.
 */
static bool session_keyring_matters(struct kcr_ctx *ctx, const struct key *keyring)
{
	return keyring && keyring != ctx->cred->session_keyring &&
	       !test_bit(KEY_FLAG_UID_KEYRING, &keyring->flags) &&
	       READ_ONCE(keyring->keys.nr_leaves_on_tree) > 1;
}

static int refuse_keys(struct kcr_ctx *ctx, const struct cred *cred)
{
	int ret = 0;

	if (cred->thread_keyring || cred->process_keyring)
		ret = kcr_refuse(ctx, "it has a keyring of its own");
	if (!ret && session_keyring_matters(ctx, cred->session_keyring))
		ret = kcr_refuse(ctx, "it has keys in its session keyring");
	if (!ret && cred->request_key_auth)
		ret = kcr_refuse(ctx, "it is answering a request for a key");
	return ret;
}
#else
static int refuse_keys(struct kcr_ctx *ctx, const struct cred *cred)
{
	return 0;
}
#endif

static int refuse_confinement(struct kcr_ctx *ctx, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);
	int ret = 0;

	if (has_landlock(cred))
		ret = kcr_refuse(ctx, "it is confined by Landlock");
	if (!ret)
		ret = refuse_label(ctx, task) ?: refuse_keys(ctx, cred);
	put_cred(cred);
	return ret;
}

static int refuse_rest(struct kcr_ctx *ctx, struct task_struct *task)
{
	int ret = 0;

#ifdef CONFIG_IO_URING
	if (task->io_uring)
		ret = kcr_refuse(ctx, "it uses io_uring");
#endif
#ifdef CONFIG_FUTEX
	if (!ret && !list_empty(&task->pi_state_list))
		ret = kcr_refuse(ctx, "another process waits for a priority-inheriting futex of its");
#endif
	return ret;
}

/* Of its own: that of the others has been looked at. */
static int refuse_own_namespace(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	const char *which;

	if (t->task != t->process->live && another_ns(t->task, &which))
		return kcr_refuse(ctx, "it is in another %s namespace", which);
	return 0;
}

/* One thread; everything is parked. */
int kcr_thread_refuse(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	return refuse_own_namespace(ctx, t) ?: kcr_arch_refuse(ctx, t->task) ?:
	       refuse_perf(ctx, t->task) ?: refuse_confinement(ctx, t->task) ?:
	       refuse_rest(ctx, t->task);
}
