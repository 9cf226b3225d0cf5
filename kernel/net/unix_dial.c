// SPDX-License-Identifier: GPL-2.0
/*
 * A UNIX socket whose peer was outside, and that is connected to the same
 * address again (--external KEY=reconnect): to whoever listens there then.
 *
 * Only between messages: what was sent and not received would be missing. It is
 * connected in the link pass, where the socket has its own address and options
 * already, as the restarter. The other side sees a new connection then, and its
 * end if the restart fails after all.
 */
#include <linux/un.h>

#include "files/choice.h"
#include "unix.h"
#include <uapi/image/unix_dial.h>

/* kcr_unix_dials() - does the user want this socket to be connected anew? */
bool kcr_unix_dials(struct kcr_ctx *ctx, struct file *file)
{
	return kcr_choice_of(ctx, file) == KCR_CHOICE_RECONNECT;
}

static const struct unix_address *addr_of(const struct sock *sk)
{
	/* Pairs with bind(). */
	return smp_load_acquire(&unix_sk(sk)->addr);
}

/* As in sun_path: an abstract one begins with a NUL. */
static bool can_be_dialled(const struct unix_address *addr)
{
	return addr && addr->len > offsetof(struct sockaddr_un, sun_path) &&
	       (!addr->name->sun_path[0] || addr->name->sun_path[0] == '/');
}

/**
 * kcr_unix_dial_refuse() - can it be connected anew?
 * @ctx: the operation
 * @file: the socket, which the user has named
 * @peer: outside of the tree
 */
int kcr_unix_dial_refuse(struct kcr_ctx *ctx, struct file *file, struct sock *peer)
{
	struct sock *sk = sock_from_file(file)->sk;
	unsigned long ino = file_inode(file)->i_ino;

	if (!can_be_dialled(addr_of(peer)))
		return kcr_refuse(ctx, "socket:[%lu]: its peer has no absolute path or abstract name, and so can't be connected to again",
				  ino);
	if (!skb_queue_empty(&sk->sk_receive_queue))
		return kcr_refuse(ctx, "socket:[%lu]: has messages that were not received, and so can't be connected anew",
				  ino);
	if (sk->sk_shutdown)
		return kcr_refuse(ctx, "socket:[%lu]: is shut down, and so can't be connected anew",
				  ino);
	return 0;
}

/* kcr_unix_dial_save() - the record for socket @from, and its peer's address */
int kcr_unix_dial_save(struct kcr_ctx *ctx, u32 from, struct sock *peer)
{
	const struct unix_address *addr = addr_of(peer);
	u32 len = addr ? addr->len - offsetof(struct sockaddr_un, sun_path) : 0;
	struct kcr_img_unix_dial img = {
		.from = cpu_to_le32(from),
		.name_len = cpu_to_le32(len),
	};

	if (!can_be_dialled(addr))	/* a check, in which that was told */
		return 0;
	return kcr_rec_begin(ctx, KCR_KIND_UNIX_DIAL, 1, 0, 0) ?:
	       kcr_rec_put(ctx, &img, sizeof(img)) ?:
	       kcr_rec_put(ctx, addr->name->sun_path, len) ?: kcr_rec_end(ctx);
}

static const char *name_in(const struct kcr_rec *rec)
{
	return (const char *)(kcr_rec_as(rec, struct kcr_img_unix_dial) + 1);
}

static int unix_dial_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix_dial *img = kcr_rec_as(rec, struct kcr_img_unix_dial);
	const struct kcr_rec *from;
	u32 len;

	if (rec->len <= sizeof(*img))
		return kcr_bad_image(ctx, "a UNIX connection of a wrong length");
	len = le32_to_cpu(img->name_len);
	from = kcr_rec_find(ctx, le32_to_cpu(img->from), KCR_KIND_UNIX);
	if (len != rec->len - sizeof(*img) || len > KCR_UNIX_NAME_MAX ||
	    (name_in(rec)[0] && (name_in(rec)[0] != '/' ||
				 strnlen(name_in(rec), len) != len - 1)) ||
	    (!name_in(rec)[0] && len >= KCR_UNIX_NAME_MAX))
		return kcr_bad_image(ctx, "a UNIX connection to an address that makes no sense");
	if (!from || !(kcr_rec_as(from, struct kcr_img_unix)->state &
		       cpu_to_le32(KCR_UNIX_DIALS)))
		return kcr_bad_image(ctx, "a UNIX connection of a socket that has none");
	return 0;
}

static int dial(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock)
{
	u32 len = le32_to_cpu(kcr_rec_as(rec, struct kcr_img_unix_dial)->name_len);
	struct sockaddr_storage addr = { .ss_family = AF_UNIX };
	char name[KCR_UNIX_NAME_MAX + 1];
	int ret;

	/* The NUL at the end of the longest path does not count. */
	len = min_t(u32, len, KCR_UNIX_NAME_MAX - 1);
	memcpy((u8 *)&addr + offsetof(struct sockaddr_un, sun_path), name_in(rec), len);
	ret = kernel_connect(sock, (struct sockaddr *)&addr,
			     offsetof(struct sockaddr_un, sun_path) + len, O_NONBLOCK);
	if (!ret)
		return 0;
	snprintf(name, sizeof(name), "%s%.*s", name_in(rec)[0] ? "" : "@",
		 (int)len - !name_in(rec)[0], name_in(rec) + !name_in(rec)[0]);
	if (ret == -ENOENT || ret == -ECONNREFUSED)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, ret,
				"UNIX socket: nobody listens at %s any more", name);
	if (ret == -EAGAIN)
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, ret,
				"UNIX socket: whoever listens at %s has too many connections waiting",
				name);
	return kcr_fail(ctx, ret == -EACCES ? KCR_CLASS_PERMISSION : KCR_CLASS_ENVIRONMENT, ret,
			"UNIX socket: can't be connected to %s (errno %d)", name, -ret);
}

static int unix_dial_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	u32 from = le32_to_cpu(kcr_rec_as(rec, struct kcr_img_unix_dial)->from);
	struct socket *sock = kcr_unix_restored(ctx, from);

	if (!sock)
		return ctx->error;
	if (unix_peer(sock->sk))
		return kcr_bad_image(ctx, "a UNIX socket with two peers");
	return dial(ctx, rec, sock);
}

const struct kcr_ops kcr_unix_dial_ops = {
	.kind		= KCR_KIND_UNIX_DIAL,
	.version	= 1,
	.name		= "unix_dial",
	.check		= unix_dial_check,
	.link		= unix_dial_link,
};
