// SPDX-License-Identifier: GPL-2.0
/*
 * Connections of UNIX sockets.
 *
 * Stream and seqpacket sockets are each other's peers, from the moment at which
 * one connects until both are closed: they are joined as socketpair(2) does
 * it. A datagram socket just knows where it sends to, also to itself; that is
 * set when all messages are there, since who is connected takes them from its
 * peer only.
 */
#include "unix.h"
#include <uapi/image/unix_peer.h>

static int unix_peer_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix_peer *img = kcr_rec_as(rec, struct kcr_img_unix_peer);

	if (rec->len != sizeof(*img) || !img->from || !img->to)
		return kcr_bad_image(ctx, "a UNIX connection that makes no sense");
	return 0;
}

static bool listens(struct kcr_ctx *ctx, u32 id)
{
	const struct kcr_rec *rec = kcr_rec_find(ctx, id, KCR_KIND_UNIX);

	return rec && kcr_rec_as(rec, struct kcr_img_unix)->state &
		      cpu_to_le32(KCR_UNIX_LISTENING);
}

static int join(struct kcr_ctx *ctx, struct socket *a, struct socket *b)
{
	int ret;

	if (a == b || unix_peer(b->sk))
		return kcr_bad_image(ctx, "a UNIX socket with two peers");
	ret = a->ops->socketpair(a, b);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"UNIX sockets: can't be connected (errno %d)", -ret);
	return 0;
}

static void point(struct sock *from, struct sock *to)
{
	sock_hold(to);
	unix_state_lock(from);
	unix_peer(from) = to;
	unix_state_unlock(from);
}

static int unix_peer_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix_peer *img = kcr_rec_as(rec, struct kcr_img_unix_peer);
	u32 from = le32_to_cpu(img->from), to = le32_to_cpu(img->to);
	struct socket *a = kcr_unix_restored(ctx, from);
	struct socket *b = a ? kcr_unix_restored(ctx, to) : NULL;

	if (!b)
		return ctx->error;
	if (a->type != b->type || listens(ctx, from) || listens(ctx, to) || unix_peer(a->sk))
		return kcr_bad_image(ctx, "UNIX sockets that never were connected");
	if (a->type != SOCK_DGRAM)
		return join(ctx, a, b);
	point(a->sk, b->sk);
	return 0;
}

const struct kcr_ops kcr_unix_peer_ops = {
	.kind		= KCR_KIND_UNIX_PEER,
	.version	= 1,
	.name		= "unix_peer",
	.check		= unix_peer_check,
	.restore	= unix_peer_restore,
};
