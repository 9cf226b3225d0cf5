// SPDX-License-Identifier: GPL-2.0
/*
 * System V message queues are not saved yet. One where a process of the tree
 * was the last to send or to receive is refused; one that it has only made, or
 * that others have used after it, can't be told from any other.
 */
#include <linux/nsproxy.h>

#include "internal.h"
#include "private.h"

static struct kcr_msg_queue *queue_of(struct kern_ipc_perm *perm)
{
	return container_of(perm, struct kcr_msg_queue, q_perm);
}

static bool used_by_tree(struct kcr_ctx *ctx, struct kcr_msg_queue *queue)
{
	return kcr_pid_in_tree(ctx, queue->q_lspid) || kcr_pid_in_tree(ctx, queue->q_lrpid);
}

static int queue_used(struct kcr_ctx *ctx, int *index)
{
	struct ipc_ids *ids = &kcr_ipc_ns()->ids[KCR_IPC_MSG];
	struct kern_ipc_perm *perm;
	int id = -1;

	down_read(&ids->rwsem);
	for (; id < 0 && (perm = idr_get_next(&ids->ipcs_idr, index)); ++*index) {
		rcu_read_lock();
		spin_lock(&perm->lock);
		if (used_by_tree(ctx, queue_of(perm)))
			id = perm->id;
		kcr_ipc_unlock(perm);
	}
	up_read(&ids->rwsem);
	return id;
}

/* kcr_ipc_refuse() - what the tree uses, and is not saved; everything is parked */
int kcr_ipc_refuse(struct kcr_ctx *ctx)
{
	int index = 0, id, ret = 0;

	while (!ret && (id = queue_used(ctx, &index)) >= 0)
		ret = kcr_refuse(ctx, "it uses System V message queue %d: not supported yet", id);
	return ret;
}
