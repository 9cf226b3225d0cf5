// SPDX-License-Identifier: GPL-2.0
/* System V objects and message queues. */
#include "../../uapi/image/mqueue.h"
#include "../../uapi/image/sem_undo.h"
#include "../../uapi/image/sysv_msg.h"
#include "../../uapi/image/sysv_sem.h"
#include "../../uapi/image/sysv_shm.h"
#include "info.h"
#include "summary.h"

static void perm_print(struct emit *e, const struct kcr_img_ipc *perm)
{
	EMIT32(e, perm, id);
	EMITX32(e, perm, key);
	EMIT32(e, perm, uid);
	EMIT32(e, perm, gid);
	EMIT32(e, perm, cuid);
	EMIT32(e, perm, cgid);
	emit_octal(e, "mode", le32_to_cpu(perm->mode));
}

static const struct info_name shm_types[] = {
	{ KCR_SHM_SEGMENT,	"segment" },
	{ KCR_SHM_ATTACHED,	"attached" },
	{ }
};

static const struct info_name shm_flags[] = {
	{ KCR_SHM_NORESERVE,	"noreserve" },
	{ KCR_SHM_LOCKED,	"locked" },
	{ KCR_SHM_REMOVED,	"removed" },
	{ KCR_SHM_READONLY,	"readonly" },
	{ KCR_SHM_LISTED,	"listed" },
	{ KCR_SHM_HUGE,		"huge" },
	{ }
};

static void sysv_shm_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sysv_shm *shm = rec->data;

	info_enum(e, "type", le32_to_cpu(shm->type), shm_types);
	info_flags(e, "flags", le32_to_cpu(shm->flags), shm_flags);
	if (le32_to_cpu(shm->type) == KCR_SHM_ATTACHED) {
		EMIT32(e, shm, segment);
		return;
	}
	perm_print(e, &shm->perm);
	if (shm->page_shift)
		EMIT32(e, shm, page_shift);
	EMIT64(e, shm, size);
	EMIT64(e, shm, atime);
	EMIT64(e, shm, dtime);
	EMIT64(e, shm, ctime);
	EMIT32(e, shm, cpid);
	EMIT32(e, shm, lpid);
}

static void sysv_shm_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_sysv_shm *shm = rec->data;
	struct summary_object *o;
	char text[64];
	int len = 0;

	if (le32_to_cpu(shm->type) == KCR_SHM_SEGMENT)
		len = snprintf(text, sizeof(text), "System V shared memory %u",
			       le32_to_cpu(shm->perm.id));
	o = summary_add_object(s, rec, 0, 0, len ? text : NULL, len);
	if (o)
		o->of = le32_to_cpu(shm->segment);
}

const struct info_ops info_sysv_shm = {
	.size	= sizeof(struct kcr_img_sysv_shm),
	.print	= sysv_shm_print,
	.note	= sysv_shm_note,
};

static void sysv_sem_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sysv_sem *set = rec->data;

	perm_print(e, &set->perm);
	EMIT64(e, set, otime);
	EMIT64(e, set, ctime);
	EMIT32(e, set, count);
}

const struct info_ops info_sysv_sem = {
	.size	= sizeof(struct kcr_img_sysv_sem),
	.print	= sysv_sem_print,
};

static void sem_undo_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sem_undo *undo = rec->data;

	EMIT32(e, undo, set);
	EMIT32(e, undo, count);
}

const struct info_ops info_sem_undo = {
	.size	= sizeof(struct kcr_img_sem_undo),
	.print	= sem_undo_print,
};

static void sysv_msg_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_sysv_msg *queue = rec->data;

	perm_print(e, &queue->perm);
	EMIT64(e, queue, stime);
	EMIT64(e, queue, rtime);
	EMIT64(e, queue, ctime);
	EMIT64(e, queue, qbytes);
	EMIT32(e, queue, count);
	EMIT32(e, queue, lspid);
	EMIT32(e, queue, lrpid);
}

const struct info_ops info_sysv_msg = {
	.size	= sizeof(struct kcr_img_sysv_msg),
	.print	= sysv_msg_print,
};

static const struct info_name mqueue_states[] = {
	{ KCR_MQUEUE_UNLINKED,	"unlinked" },
	{ }
};

static const struct info_name mqueue_notify[] = {
	{ 0,				"nobody" },
	{ KCR_MQUEUE_NOTIFY_NONE,	"none" },
	{ KCR_MQUEUE_NOTIFY_SIGNAL,	"signal" },
	{ }
};

static void mqueue_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_mqueue *queue = rec->data;

	info_flags(e, "flags", le32_to_cpu(queue->flags), info_file_flags);
	EMIT64(e, queue, pos);
	if (queue->first) {
		EMIT32(e, queue, first);
		return;
	}
	info_path(e, "name", rec, sizeof(*queue), le32_to_cpu(queue->name_len));
	info_flags(e, "state", le32_to_cpu(queue->state), mqueue_states);
	emit_octal(e, "mode", le32_to_cpu(queue->mode));
	EMIT32(e, queue, uid);
	EMIT32(e, queue, gid);
	EMIT64(e, queue, ino);
	EMIT32(e, queue, max_messages);
	EMIT32(e, queue, max_size);
	EMIT32(e, queue, count);
	info_enum(e, "notify", le32_to_cpu(queue->notify), mqueue_notify);
	if (!queue->notify)
		return;
	EMIT32(e, queue, signo);
	EMIT32(e, queue, notify_pid);
	EMITX64(e, queue, value);
}

static void mqueue_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_mqueue *queue = rec->data;
	size_t len = queue->first ? 0 : le32_to_cpu(queue->name_len);
	struct summary_object *o;

	o = summary_add_object(s, rec, le32_to_cpu(queue->flags), 0,
			       len ? info_tail(rec, sizeof(*queue), len) : NULL, len);
	if (o)
		o->of = le32_to_cpu(queue->first);
}

const struct info_ops info_mqueue = {
	.size	= sizeof(struct kcr_img_mqueue),
	.print	= mqueue_print,
	.note	= mqueue_note,
};
