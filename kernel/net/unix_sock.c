// SPDX-License-Identifier: GPL-2.0
/*
 * UNIX sockets that nobody has a descriptor of.
 *
 * One that waits to be accepted has no file; it belongs to the listening
 * socket. It is made with one, joined and filled, and put into the queue there
 * at commit, as connect(2) does it.
 *
 * One that was closed goes on as the peer of another (whose writes fail, and
 * which still can ask for the name of its peer) or as the sender of messages.
 * It is made, and closed in the link pass.
 */
#include <linux/file.h>
#include <linux/slab.h>

#include "unix.h"

/* Saving: @obj is what unix_tree.c has found out about it. */

static int unix_sock_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct sock *sk = obj, *listener = unix_sk(sk)->listener;
	struct kcr_img_unix img = { };
	u32 at = 0;

	if (listener && !sock_flag(sk, SOCK_DEAD) && listener->sk_socket)
		at = kcr_saved_id(ctx, listener->sk_socket->file);
	img.listener = cpu_to_le32(at);
	img.state = cpu_to_le32(at ? KCR_UNIX_PENDING : KCR_UNIX_GONE);
	return kcr_unix_write(ctx, KCR_KIND_UNIX_SOCK, id, sk, &img);
}

static int unix_sock_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	return kcr_unix_check(ctx, rec);
}

static struct socket *listener_of(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	u32 id = le32_to_cpu(kcr_rec_as(rec, struct kcr_img_unix)->listener);
	const struct kcr_rec *listening = kcr_rec_find(ctx, id, KCR_KIND_UNIX);
	const struct kcr_img_unix *img, *own = kcr_rec_as(rec, struct kcr_img_unix);

	img = listening ? kcr_rec_as(listening, struct kcr_img_unix) : NULL;
	if (!img || !(img->state & cpu_to_le32(KCR_UNIX_LISTENING)) || img->type != own->type) {
		kcr_bad_image(ctx, "a UNIX socket that waits at none that listens");
		return NULL;
	}
	return kcr_unix_restored(ctx, id);
}

static int unix_sock_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct kcr_unix_bare *bare;
	struct socket *listener = NULL;
	int ret;

	if (img->state & cpu_to_le32(KCR_UNIX_PENDING)) {
		listener = listener_of(ctx, rec);
		if (!listener)
			return ctx->error;
	}
	bare = kzalloc(sizeof(*bare), GFP_KERNEL_ACCOUNT);
	if (!bare)
		return kcr_nomem(ctx);
	bare->sock = kcr_unix_make(ctx, rec);
	if (!bare->sock) {
		kfree(bare);
		return ctx->error;
	}
	bare->sk = bare->sock->sk;
	sock_hold(bare->sk);
	if (listener) {
		bare->listener = listener->sk;
		sock_hold(bare->listener);
		/* What is in its messages, the listening socket holds. */
		unix_sk(bare->sk)->listener = bare->listener;
	}
	ret = kcr_object_add(ctx, rec, bare);
	return ret ?: kcr_unix_bind(ctx, rec, bare->sock);
}

static int unix_sock_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct kcr_unix_bare *bare = kcr_object_get(ctx, rec->id, KCR_KIND_UNIX_SOCK);

	if (img->state & cpu_to_le32(KCR_UNIX_PENDING)) {
		if (!unix_peer(bare->sk))
			return kcr_bad_image(ctx, "a UNIX socket that waits without a peer");
		kcr_unix_settle(rec, bare->sk);
		return 0;
	}
	sock_release(bare->sock);
	bare->sock = NULL;
	return 0;
}

/* From here on it belongs to the listening socket. */
static void part_from_socket(struct kcr_unix_bare *bare)
{
	struct sock *sk = bare->sk;

	write_lock_bh(&sk->sk_callback_lock);
	RCU_INIT_POINTER(sk->sk_wq, &unix_sk(sk)->peer_wq);
	sk_set_socket(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	bare->sock->sk = NULL;
	sock_release(bare->sock);
	bare->sock = NULL;
}

static int unix_sock_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct kcr_unix_bare *bare = kcr_object_get(ctx, rec->id, KCR_KIND_UNIX_SOCK);
	struct socket *listener;
	struct sk_buff *skb;
	int ret;

	if (!(img->state & cpu_to_le32(KCR_UNIX_PENDING)))
		return 0;
	listener = listener_of(ctx, rec);
	if (!listener)
		return ctx->error;
	ret = kcr_unix_cred_set(ctx, rec, bare->sk);
	if (ret)
		return ret;
	skb = sock_wmalloc(bare->sk, 1, 1, GFP_KERNEL);
	if (!skb)
		return kcr_nomem(ctx);
	part_from_socket(bare);
	skb_queue_tail(&listener->sk->sk_receive_queue, skb);
	READ_ONCE(listener->sk->sk_data_ready)(listener->sk);
	return 0;
}

static void unix_sock_put(void *obj)
{
	struct kcr_unix_bare *bare = obj;

	if (bare->sock)
		sock_release(bare->sock);
	sock_put(bare->sk);
	if (bare->listener)
		sock_put(bare->listener);
	kfree(bare);
}

const struct kcr_ops kcr_unix_sock_ops = {
	.kind		= KCR_KIND_UNIX_SOCK,
	.version	= 1,
	.name		= "unix_sock",
	.save		= unix_sock_save,
	.check		= unix_sock_check,
	.restore	= unix_sock_restore,
	.link		= unix_sock_link,
	.commit		= unix_sock_commit,
	.put		= unix_sock_put,
};
