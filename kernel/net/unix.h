/* SPDX-License-Identifier: GPL-2.0 */
/* What the files about UNIX sockets have in common. */
#ifndef _KCR_NET_UNIX_H
#define _KCR_NET_UNIX_H

#include <linux/net.h>

#include "compat/af_unix.h"
#include "files/files.h"
#include "files/internal.h"
#include "kcr.h"
#include <uapi/image/unix.h>

/**
 * struct kcr_unix_bare - what a KCR_KIND_UNIX_SOCK is restored to
 * @sock: until it is closed, or waits at its listening socket; then NULL
 * @sk: a reference is held
 * @listener: where it waits, or NULL; a reference is held
 */
struct kcr_unix_bare {
	struct socket *sock;
	struct sock *sk;
	struct sock *listener;
};

/**
 * struct kcr_unix_parts - what follows a struct kcr_img_unix
 * @options: of the socket
 * @groups: of its peer
 * @name: its address
 * @path: the file that it is bound to
 */
struct kcr_unix_parts {
	const struct kcr_img_unix_option *options;
	const __le32 *groups;
	const char *name;
	const char *path;
};

/* unix.c: of both kinds */
int kcr_unix_write(struct kcr_ctx *ctx, enum kcr_kind kind, u32 id, struct sock *sk,
		   struct kcr_img_unix *img);
int kcr_unix_check(struct kcr_ctx *ctx, const struct kcr_rec *rec);
void kcr_unix_parts(const struct kcr_rec *rec, struct kcr_unix_parts *parts);
struct socket *kcr_unix_make(struct kcr_ctx *ctx, const struct kcr_rec *rec);
void kcr_unix_settle(const struct kcr_rec *rec, struct sock *sk);
struct socket *kcr_unix_restored(struct kcr_ctx *ctx, u32 id);

/* unix_opt.c: options; kcr_unix_options_save() returns how many */
int kcr_unix_options_save(struct sock *sk, struct kcr_img_unix_option *to);
int kcr_unix_options_set(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock);

/* unix_bind.c: addresses */
bool kcr_unix_is_bound(const struct sock *sk);
int kcr_unix_path_save(struct kcr_ctx *ctx, struct sock *sk, struct kcr_img_unix *img,
		       char **path);
int kcr_unix_bind(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock);
int kcr_unix_bind_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock);
void kcr_unix_unmake(struct socket *sock);
void kcr_unix_show(const struct sock *sk, char *text, size_t size);

/* unix_cred.c: who a peer or a sender was */
const struct cred *kcr_unix_cred_get(struct sock *sk, struct pid **pid);
int kcr_unix_cred_check(struct kcr_ctx *ctx, u32 pid, u32 uid, u32 gid,
			const __le32 *groups, u32 nr_groups);
int kcr_unix_pid(struct kcr_ctx *ctx, u32 nr, struct pid **pid);
int kcr_unix_cred_set(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct sock *sk);

/* unix_msg.c */
int kcr_unix_messages_save(struct kcr_ctx *ctx, struct sock *sk, u32 to, unsigned int nr);

/* unix_dial.c */
bool kcr_unix_dials(struct kcr_ctx *ctx, struct file *file);
int kcr_unix_dial_refuse(struct kcr_ctx *ctx, struct file *file, struct sock *peer);
int kcr_unix_dial_save(struct kcr_ctx *ctx, u32 from, struct sock *peer);

/* unix_tree.c */
int kcr_unix_save_all(struct kcr_ctx *ctx);
int kcr_unix_ref(struct kcr_ctx *ctx, struct sock *sk, u32 *id);

static inline const char *kcr_unix_type_name(int type)
{
	return type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "datagram" : "seqpacket";
}

#endif /* _KCR_NET_UNIX_H */
