/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kernel/ipc/ share. */
#ifndef _KCR_IPC_INTERNAL_H
#define _KCR_IPC_INTERNAL_H

#include <linux/ipc.h>
#include <linux/ipc_namespace.h>

#include "ipc.h"
#include "kcr.h"
#include <uapi/image/ipc_perm.h>

/* ipc/util.h: indexes of ipc_namespace.ids */
enum kcr_ipc_type { KCR_IPC_SEM, KCR_IPC_MSG, KCR_IPC_SHM };

/**
 * struct kcr_ipc - a System V object that a restart makes or uses
 * @node: in struct kcr_ipc_data
 * @type: what it is
 * @rec: id of its record
 * @id: as the program knows it
 * @made: was not there, and goes away if the restart fails
 * @memory: of a segment: what its pages are put into, with a reference
 * @base: of a segment: its own file, likewise
 * @values: of a set that was there: as they were
 * @nr_values: how many
 */
struct kcr_ipc {
	struct list_head node;
	enum kcr_ipc_type type;
	u32 rec;
	int id;
	bool made;
	struct file *memory, *base;
	u16 *values;
	u32 nr_values;
};

/**
 * struct kcr_ipc_data - ctx->ipc_data
 * @objects: struct kcr_ipc
 * @ns: where they are; a reference is held
 */
struct kcr_ipc_data {
	struct list_head objects;
	struct nsproxy *ns;
};

/**
 * struct kcr_ipc_want - what a restart needs of an object
 * @type: what it is
 * @img: of its record
 * @size: bytes, or semaphores
 * @flags: for shmget() and others, besides the permissions
 * @ctime: when it was made or changed
 * @page_shift: of a segment of huge pages, else 0
 * @same: is the object that is there, locked, the one that was saved?
 */
struct kcr_ipc_want {
	enum kcr_ipc_type type;
	const struct kcr_img_ipc *img;
	u64 size;
	int flags;
	u64 ctime;
	u32 page_shift;
	bool (*same)(const struct kern_ipc_perm *perm, const struct kcr_ipc_want *want);
};

/* ipc.c */
const char *kcr_ipc_name(enum kcr_ipc_type type);
size_t kcr_ipc_where(struct kcr_ctx *ctx, enum kcr_ipc_type type, int id);
struct ipc_namespace *kcr_ipc_ns(void);
struct kern_ipc_perm *kcr_ipc_lock(enum kcr_ipc_type type, int id);
void kcr_ipc_unlock(struct kern_ipc_perm *perm);
void kcr_ipc_save(struct kcr_ctx *ctx, const struct kern_ipc_perm *perm,
		  struct kcr_img_ipc *img);
int kcr_ipc_may_read(struct kcr_ctx *ctx, enum kcr_ipc_type type, int id);
int kcr_ipc_check(struct kcr_ctx *ctx, const struct kcr_img_ipc *img, enum kcr_ipc_type type);
struct kcr_ipc *kcr_ipc_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec,
				const struct kcr_ipc_want *want);
struct kcr_ipc *kcr_ipc_find(struct kcr_ctx *ctx, u32 rec, enum kcr_ipc_type type);
bool kcr_ipc_may_change(const struct kern_ipc_perm *perm);
void kcr_ipc_settle(struct kern_ipc_perm *perm, const struct kcr_img_ipc *img);
int kcr_ipc_gone(struct kcr_ctx *ctx);

/* used.c */
bool kcr_pid_in_tree(struct kcr_ctx *ctx, struct pid *pid);
bool kcr_pid_lives(struct pid *pid);
pid_t kcr_pid_other(struct kcr_ctx *ctx, struct pid *pid);
struct pid *kcr_pid_of(struct kcr_ctx *ctx, __le32 nr);
void kcr_pid_set(struct pid **pos, struct pid **pid);

typedef bool (*kcr_ipc_used_t)(struct kcr_ctx *ctx, const struct kern_ipc_perm *perm);
int kcr_ipc_save_id(struct kcr_ctx *ctx, enum kcr_ipc_type type, enum kcr_kind kind,
		    int ipcid, u32 *id);
int kcr_ipc_save_used(struct kcr_ctx *ctx, enum kcr_ipc_type type, enum kcr_kind kind,
		      kcr_ipc_used_t used);

/* sysv_sem.c */
void kcr_sem_put_back(struct kcr_ipc *ipc);

#endif /* _KCR_IPC_INTERNAL_H */
