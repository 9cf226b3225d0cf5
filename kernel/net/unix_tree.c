// SPDX-License-Identifier: GPL-2.0
/*
 * All UNIX sockets of the tree, and in which order they are saved.
 *
 * A socket belongs to the tree if a process has a descriptor of it, if it is in
 * a message to a socket of the tree, or if it waits to be accepted by one. They
 * are found first, with all files that are in such messages: these then count
 * as files of the tree. Then come the records of the sockets, of which
 * none refers to another one; connections of streams; messages, with the files
 * in them; connections of datagram sockets.
 *
 * Receivers are parked, so nobody takes anything from a queue. A sender from outside
 * may add to one: only as many messages are looked at as there were at first.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <net/scm.h>

#include "files/choice.h"
#include "unix.h"
#include <uapi/image/unix_peer.h>

#define MEMBER_BITS	8

/**
 * struct member - a socket of the tree
 * @hash: in all.nodes
 * @list: in all.list
 * @sk: it
 * @file: it, NULL: waits to be accepted
 * @process: who can get at it
 * @fd: through this descriptor
 * @nr: messages, or sockets that wait
 * @id: of its record
 */
struct member {
	struct hlist_node hash;
	struct list_head list;
	struct sock *sk;
	struct file *file;
	struct kcr_process *process;
	unsigned int fd;
	unsigned int nr;
	u32 id;
};

struct all {
	struct kcr_ctx *ctx;
	DECLARE_HASHTABLE(nodes, MEMBER_BITS);
	struct list_head list;
};

static struct member *node_find(struct all *all, const struct sock *sk)
{
	struct member *node;

	hash_for_each_possible(all->nodes, node, hash, (uintptr_t)sk)
		if (node->sk == sk)
			return node;
	return NULL;
}

static unsigned int messages_of(struct sock *sk)
{
	unsigned int nr;

	spin_lock(&sk->sk_receive_queue.lock);
	nr = sk->sk_receive_queue.qlen;
	spin_unlock(&sk->sk_receive_queue.lock);
	return nr;
}

static int node_add(struct all *all, struct sock *sk, struct file *file,
		    struct kcr_process *process, unsigned int fd)
{
	struct member *node;

	if (node_find(all, sk))
		return 0;
	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return kcr_nomem(all->ctx);
	node->sk = sk;
	node->file = file;
	node->process = process;
	node->fd = fd;
	node->nr = messages_of(sk);
	hash_add(all->nodes, &node->hash, (uintptr_t)sk);
	list_add_tail(&node->list, &all->list);
	return 0;
}

/* Finding them */

static int add_file(struct all *all, struct file *file, struct kcr_process *process,
		    unsigned int fd)
{
	u32 choice;

	if (!kcr_unix_match(all->ctx, file))
		return 0;
	choice = kcr_choice_of(all->ctx, file);
	if (choice == KCR_CHOICE_CLOSE || choice == KCR_CHOICE_INHERIT)
		return 0;
	return node_add(all, sock_from_file(file)->sk, file, process, fd);
}

static int find_in_message(struct all *all, struct member *node, struct sk_buff *skb)
{
	const struct scm_fp_list *fp = UNIXCB(skb).fp;
	int i, ret = 0;

	for (i = 0; fp && i < fp->count && !ret; i++) {
		struct kcr_fd fd = {
			.process = node->process, .file = fp->fp[i], .fd = node->fd,
		};

		ret = kcr_table_flight(all->ctx, &fd) ?:
		      add_file(all, fd.file, node->process, node->fd);
	}
	return ret;
}

static int find_in_queue(struct all *all, struct member *node)
{
	bool listens = node->sk->sk_state == TCP_LISTEN;
	struct sk_buff *skb = skb_peek(&node->sk->sk_receive_queue);
	unsigned int i;
	int ret = 0;

	for (i = 0; i < node->nr && !ret; i++) {
		if (i)
			skb = READ_ONCE(skb->next);
		ret = listens ? node_add(all, skb->sk, NULL, node->process, node->fd) :
				find_in_message(all, node, skb);
		cond_resched();
	}
	return ret;
}

static int find_all(struct all *all)
{
	struct kcr_files *files = all->ctx->files_data;
	struct member *node;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < files->nr_fds && !ret; i++)
		ret = add_file(all, files->fds[i].file, files->fds[i].process,
			       files->fds[i].fd);
	list_for_each_entry(node, &all->list, list) {
		ret = ret ?: find_in_queue(all, node);
		if (ret)
			break;
	}
	return ret;
}

/* Saving them */

/* Only its address is used: to see whether it has been saved. */
static struct file *file_of(struct sock *sk)
{
	struct file *file;

	read_lock_bh(&sk->sk_callback_lock);
	file = sk->sk_socket ? sk->sk_socket->file : NULL;
	read_unlock_bh(&sk->sk_callback_lock);
	return file;
}

/**
 * kcr_unix_ref() - the id of a socket that another one refers to
 * @ctx: the operation; all sockets of the tree are saved
 * @sk: the socket: if it is none of the tree's, it counts as closed
 * @id: set to the id
 */
int kcr_unix_ref(struct kcr_ctx *ctx, struct sock *sk, u32 *id)
{
	struct file *file = file_of(sk);

	*id = file ? kcr_saved_id(ctx, file) : 0;
	if (*id)
		return 0;
	return kcr_save_object(ctx, KCR_KIND_UNIX_SOCK, sk, id);
}

static int refuse_peer(struct all *all, struct member *node, struct sock *peer)
{
	const char *type = kcr_unix_type_name(node->sk->sk_type);
	char own[48], other[48];

	kcr_unix_show(node->sk, own, sizeof(own));
	kcr_unix_show(peer, other, sizeof(other));
	if (!node->file)
		return kcr_refuse(all->ctx, "UNIX %s socket (%s), not accepted yet: its peer (%s) is outside of the tree: not supported yet",
				  type, own, other);
	return kcr_refuse(all->ctx, "UNIX %s socket (%s): its peer (%s) is outside of the tree: say what becomes of socket:[%lu] (--external)",
			  type, own, other, file_inode(node->file)->i_ino);
}

static bool is_outside(struct all *all, struct sock *peer)
{
	return !sock_flag(peer, SOCK_DEAD) && !node_find(all, peer);
}

static int peer_is_ours(struct all *all, struct member *node)
{
	u32 choice = node->file ? kcr_choice_of(all->ctx, node->file) : 0;
	struct sock *peer = unix_peer_get(node->sk);
	bool outside = peer && is_outside(all, peer);
	int ret = 0;

	if (choice == KCR_CHOICE_RECONNECT)
		ret = outside ? kcr_unix_dial_refuse(all->ctx, node->file, peer) :
		      kcr_refuse(all->ctx, "socket:[%lu]: has no peer outside, and so can't be connected anew",
				 file_inode(node->file)->i_ino);
	else if (outside && choice != KCR_CHOICE_EOF)
		ret = refuse_peer(all, node, peer);
	if (peer)
		sock_put(peer);
	return ret;
}

static int save_one(struct all *all, struct member *node)
{
	int ret = peer_is_ours(all, node);

	if (ret)
		return ret;
	if (node->file)
		return kcr_file_save(all->ctx, node->file, &node->id);
	return kcr_save_object(all->ctx, KCR_KIND_UNIX_SOCK, node->sk, &node->id);
}

/* One record for both peers, one for each way of datagrams. */
static int save_peer(struct all *all, struct member *node)
{
	struct sock *peer = unix_peer_get(node->sk);
	bool datagram = node->sk->sk_type == SOCK_DGRAM;
	struct kcr_img_unix_peer img = { .from = cpu_to_le32(node->id) };
	int ret = 0;
	u32 to;

	if (!peer)
		return 0;
	if (node->file && kcr_unix_dials(all->ctx, node->file)) {
		ret = kcr_unix_dial_save(all->ctx, node->id, peer);
	} else if (datagram || node->sk < peer || !node_find(all, peer)) {
		ret = kcr_unix_ref(all->ctx, peer, &to);
		img.to = cpu_to_le32(to);
		ret = ret ?: kcr_write_rec(all->ctx, KCR_KIND_UNIX_PEER, 1, 0, 0, &img,
					   sizeof(img));
	}
	sock_put(peer);
	return ret;
}

static int save_stream_peer(struct all *all, struct member *node)
{
	return node->sk->sk_type != SOCK_DGRAM ? save_peer(all, node) : 0;
}

static int save_datagram_peer(struct all *all, struct member *node)
{
	return node->sk->sk_type == SOCK_DGRAM ? save_peer(all, node) : 0;
}

static int save_messages(struct all *all, struct member *node)
{
	if (!node->nr || node->sk->sk_state == TCP_LISTEN)
		return 0;
	return kcr_unix_messages_save(all->ctx, node->sk, node->id, node->nr);
}

static int each(struct all *all, int (*fn)(struct all *all, struct member *node))
{
	struct member *node;
	size_t mark;
	int ret = 0;

	list_for_each_entry(node, &all->list, list) {
		mark = kcr_where_process(all->ctx, node->process);
		kcr_where(all->ctx, "fd %u", node->fd);
		ret = fn(all, node);
		kcr_where_end(all->ctx, mark);
		if (ret)
			break;
		cond_resched();
	}
	return ret;
}

static void free_all(struct all *all)
{
	struct member *node, *next;

	list_for_each_entry_safe(node, next, &all->list, list)
		kfree(node);
	kfree(all);
}

/* kcr_unix_save_all() - before anything that refers to open files */
int kcr_unix_save_all(struct kcr_ctx *ctx)
{
	struct all *all = kzalloc(sizeof(*all), GFP_KERNEL);
	int ret;

	if (!all)
		return kcr_nomem(ctx);
	all->ctx = ctx;
	hash_init(all->nodes);
	INIT_LIST_HEAD(&all->list);
	ret = find_all(all) ?: each(all, save_one) ?: each(all, save_stream_peer) ?:
	      each(all, save_messages) ?: each(all, save_datagram_peer);
	free_all(all);
	return ret;
}
