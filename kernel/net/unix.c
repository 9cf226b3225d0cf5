// SPDX-License-Identifier: GPL-2.0
/*
 * Open UNIX sockets.
 *
 * A record of a socket tells nothing of others: those of connections and of
 * messages stand behind all of them (unix_tree.c), as sockets refer to each
 * other in circles. Sockets are made, joined and filled where all other files
 * are; in the link pass they get their addresses, options and errors, which
 * would stand in the way of filling them. Nobody outside can notice them
 * before the commit, when a path gets its name and connections are let in;
 * only abstract addresses are taken before, so that they are known to be free.
 *
 * struct sock and struct unix_sock, field by field:
 *   sk_type, sk_state, sk_shutdown, sk_err	here
 *   sk_family, sk_prot, sk_net		checked; another network namespace is refused
 *   sk_receive_queue, sk_wmem_alloc, scm_stat, oob_skb	unix_msg.c
 *   peer, listener			unix_peer.c, unix_sock.c; unix_dial.c
 *   addr, path, sk_hash, sk_bind_node	unix_bind.c
 *   sk_peer_pid, sk_peer_cred		unix_cred.c
 *   sk_flags, buffers, sk_peek_off ...	unix_opt.c
 *   sk_rcvtimeo, sk_sndtimeo, sk_lingertime	here
 *   sk_max_ack_backlog		of a listening socket: as listen(2) takes it here;
 *				of another: this machine's (net.unix.max_dgram_qlen)
 *   sk_filter, sk_user_data (sockmap), sk_bound_dev_if	refused
 *   sk_error_queue			refused unless empty
 *   sk_uid, sk_cgrp_data, sk_memcg, sk_security	the restarter's
 *   sk_socket's mode			here: bind() gives it to the file
 *   path of an accepted socket		not kept: only SIOCUNIXFILE, for the
 *				administrator of networks, tells it
 *   vertex, peer_wake, sk_wq		follow from the others
 *   sk_stamp			only tells when a message was last received (SIOCGSTAMP)
 *   iolock, bindlock, lock		nothing to keep
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "files/choice.h"
#include "ksym.h"
#include "unix.h"

static_assert(KCR_UNIX_STREAM == SOCK_STREAM && KCR_UNIX_DATAGRAM == SOCK_DGRAM &&
	      KCR_UNIX_SEQPACKET == SOCK_SEQPACKET);
static_assert(KCR_UNIX_SHUT_READ == RCV_SHUTDOWN && KCR_UNIX_SHUT_WRITE == SEND_SHUTDOWN);

#define KCR_UNIX_STATES	(KCR_UNIX_BOUND | KCR_UNIX_LISTENING | KCR_UNIX_CONNECTED |	\
			 KCR_UNIX_PEERCRED | KCR_UNIX_LINGER | KCR_UNIX_GONE |		\
			 KCR_UNIX_PENDING | KCR_UNIX_DIALS)

bool kcr_unix_match(struct kcr_ctx *ctx, struct file *file)
{
	struct socket *sock = sock_from_file(file);

	return sock && sock->sk && sock->sk->sk_family == AF_UNIX;
}

/* Saving */

static int refuse(struct kcr_ctx *ctx, struct sock *sk)
{
	const char *type = kcr_unix_type_name(sk->sk_type);

	if (rcu_access_pointer(sk->sk_filter) || sock_flag(sk, SOCK_FILTER_LOCKED))
		return kcr_refuse(ctx, "UNIX %s socket: filter: not supported yet", type);
	if (READ_ONCE(sk->sk_user_data))
		return kcr_refuse(ctx, "UNIX %s socket: in a BPF map: not supported yet", type);
	if (sk->sk_bound_dev_if)
		return kcr_refuse(ctx, "UNIX %s socket: bound to a device: not supported yet", type);
	if (!skb_queue_empty(&sk->sk_error_queue))
		return kcr_refuse(ctx, "UNIX %s socket: queued errors: not supported yet", type);
	if (!net_eq(sock_net(sk), current->nsproxy->net_ns))
		return kcr_refuse(ctx, "UNIX %s socket: of another network namespace: not supported yet",
				  type);
	return 0;
}

static __le64 timeout_save(long timeout)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return cpu_to_le64(KCR_UNIX_FOREVER);
	return cpu_to_le64(jiffies64_to_nsecs(timeout));
}

static void fill_state(struct sock *sk, struct kcr_img_unix *img)
{
	u32 state = le32_to_cpu(img->state);

	if (kcr_unix_is_bound(sk))
		state |= KCR_UNIX_BOUND;
	if (sk->sk_state == TCP_LISTEN)
		state |= KCR_UNIX_LISTENING;
	if (sk->sk_state == TCP_ESTABLISHED)
		state |= KCR_UNIX_CONNECTED;
	if (sock_flag(sk, SOCK_LINGER))
		state |= KCR_UNIX_LINGER;
	img->state = cpu_to_le32(state);
	img->type = cpu_to_le32(sk->sk_type);
	img->shutdown = cpu_to_le32(sk->sk_shutdown & SHUTDOWN_MASK);
	img->error = cpu_to_le32(sk->sk_err);
	img->backlog = cpu_to_le32(sk->sk_max_ack_backlog);
	img->linger = cpu_to_le32(sk->sk_lingertime / HZ);
	img->receive_ns = timeout_save(READ_ONCE(sk->sk_rcvtimeo));
	img->send_ns = timeout_save(READ_ONCE(sk->sk_sndtimeo));
}

static int put_groups(struct kcr_ctx *ctx, const struct group_info *groups)
{
	int i, ret = 0;

	for (i = 0; i < groups->ngroups && !ret; i++) {
		__le32 gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, groups->gid[i]));

		ret = kcr_rec_put(ctx, &gid, sizeof(gid));
	}
	return ret;
}

static void fill_cred(struct kcr_ctx *ctx, struct kcr_img_unix *img, const struct cred *cred,
		      struct pid *pid)
{
	img->state |= cpu_to_le32(KCR_UNIX_PEERCRED);
	img->peer_pid = cpu_to_le32(pid_nr_ns(pid, ctx->pid_ns));
	img->peer_uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, cred->euid));
	img->peer_gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, cred->egid));
	img->peer_groups = cpu_to_le32(cred->group_info->ngroups);
}

static int put_all(struct kcr_ctx *ctx, const struct kcr_img_unix *img,
		   const struct kcr_img_unix_option *options, const struct cred *cred,
		   const struct unix_address *addr, const char *path)
{
	int ret = kcr_rec_put(ctx, img, sizeof(*img)) ?:
		  kcr_rec_put(ctx, options, le32_to_cpu(img->options) * sizeof(*options));

	if (!ret && cred)
		ret = put_groups(ctx, cred->group_info);
	if (!ret && addr)
		ret = kcr_rec_put(ctx, addr->name->sun_path, le32_to_cpu(img->name_len));
	if (!ret && path)
		ret = kcr_rec_put(ctx, path, le32_to_cpu(img->path_len));
	return ret;
}

/**
 * kcr_unix_write() - the record of a socket
 * @ctx: the operation
 * @kind: KCR_KIND_UNIX or KCR_KIND_UNIX_SOCK
 * @id: of the record
 * @sk: the socket
 * @img: flags, mode, listener and parts of state are set, all else is zero
 */
int kcr_unix_write(struct kcr_ctx *ctx, enum kcr_kind kind, u32 id, struct sock *sk,
		   struct kcr_img_unix *img)
{
	/* Pairs with bind(). */
	const struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);
	struct kcr_img_unix_option options[KCR_UNIX_OPTIONS_MAX];
	const struct cred *cred = NULL;
	struct pid *pid = NULL;
	char *path = NULL;
	int ret;

	if (kind == KCR_KIND_UNIX)
		img->options = cpu_to_le32(kcr_unix_options_save(sk, options));
	if (!(img->state & cpu_to_le32(KCR_UNIX_GONE))) {
		fill_state(sk, img);
		ret = kcr_unix_path_save(ctx, sk, img, &path);
		if (ret)
			return ret;
		if (!(img->state & cpu_to_le32(KCR_UNIX_DIALS)))
			cred = kcr_unix_cred_get(sk, &pid);
	}
	img->type = cpu_to_le32(sk->sk_type);
	if (cred)
		fill_cred(ctx, img, cred, pid);
	if (addr)
		img->name_len = cpu_to_le32(addr->len - offsetof(struct sockaddr_un, sun_path));
	ret = kcr_rec_begin(ctx, kind, 1, id, 0) ?:
	      put_all(ctx, img, options, cred, addr, path) ?: kcr_rec_end(ctx);
	if (cred)
		put_cred(cred);
	put_pid(pid);
	kfree(path);
	return ret;
}

static int unix_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct sock *sk = sock_from_file(file)->sk;
	struct kcr_img_unix img = {
		.mode = cpu_to_le32(file_inode(file)->i_mode & 07777),
	};
	u32 flags;
	int ret = kcr_file_flags_save(ctx, file, &flags) ?: refuse(ctx, sk);

	if (kcr_unix_dials(ctx, file))
		img.state = cpu_to_le32(KCR_UNIX_DIALS);
	if (!ret && !kcr_choice_of(ctx, file) && kcr_file_shared(ctx, file))
		ret = kcr_refuse(ctx, "UNIX %s socket: shared with a process outside: say what becomes of socket:[%lu] (--external)",
				 kcr_unix_type_name(sk->sk_type), file_inode(file)->i_ino);
	if (ret)
		return ret;
	img.flags = cpu_to_le32(flags);
	return kcr_unix_write(ctx, KCR_KIND_UNIX, id, sk, &img);
}

/* Restoring */

/* kcr_unix_parts() - where the parts of a checked record are */
void kcr_unix_parts(const struct kcr_rec *rec, struct kcr_unix_parts *parts)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);

	parts->options = (const void *)(img + 1);
	parts->groups = (const void *)(parts->options + le32_to_cpu(img->options));
	parts->name = (const void *)(parts->groups + le32_to_cpu(img->peer_groups));
	parts->path = parts->name + le32_to_cpu(img->name_len);
}

static bool lengths_fit(const struct kcr_rec *rec, const struct kcr_img_unix *img)
{
	u32 options = le32_to_cpu(img->options), groups = le32_to_cpu(img->peer_groups);
	u32 name = le32_to_cpu(img->name_len), path = le32_to_cpu(img->path_len);

	return options <= KCR_UNIX_OPTIONS_MAX && groups <= NGROUPS_MAX &&
	       name <= KCR_UNIX_NAME_MAX && path <= KCR_PATH_MAX &&
	       rec->len == sizeof(*img) + options * sizeof(struct kcr_img_unix_option) +
			   groups * sizeof(__le32) + name + path;
}

/* A path ends with its only NUL; an abstract name begins with one. */
static bool name_is_good(const struct kcr_img_unix *img, const char *name)
{
	u32 len = le32_to_cpu(img->name_len), state = le32_to_cpu(img->state);

	if (!len)
		return !img->path_len && !(state & (KCR_UNIX_BOUND | KCR_UNIX_LISTENING));
	if (!name[0])
		return !img->path_len && len < KCR_UNIX_NAME_MAX;
	return strnlen(name, len) == len - 1;
}

static bool state_is_good(const struct kcr_rec *rec, const struct kcr_img_unix *img)
{
	u32 type = le32_to_cpu(img->type), state = le32_to_cpu(img->state);
	bool open = rec->kind == KCR_KIND_UNIX;

	if (type != KCR_UNIX_STREAM && type != KCR_UNIX_DATAGRAM && type != KCR_UNIX_SEQPACKET)
		return false;
	if (state & ~KCR_UNIX_STATES || le32_to_cpu(img->shutdown) > SHUTDOWN_MASK ||
	    le32_to_cpu(img->error) > MAX_ERRNO || le32_to_cpu(img->mode) & ~07777 ||
	    le32_to_cpu(img->path_mode) & ~07777)
		return false;
	if (state & KCR_UNIX_LISTENING && (type == KCR_UNIX_DATAGRAM || !open ||
					   state & KCR_UNIX_CONNECTED))
		return false;
	if (open)
		return !(state & (KCR_UNIX_GONE | KCR_UNIX_PENDING)) && !img->listener;
	return !!(state & KCR_UNIX_GONE) != !!(state & KCR_UNIX_PENDING) &&
	       !(state & (KCR_UNIX_BOUND | KCR_UNIX_DIALS)) && !img->options && !img->flags && !img->path_len;
}

/* kcr_unix_check() - check() of both kinds */
int kcr_unix_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct kcr_unix_parts parts;
	int ret = 0;

	if (rec->len < sizeof(*img) || !lengths_fit(rec, img))
		return kcr_bad_image(ctx, "a UNIX socket record of a wrong length");
	kcr_unix_parts(rec, &parts);
	if (!state_is_good(rec, img) || !name_is_good(img, parts.name))
		return kcr_bad_image(ctx, "a UNIX socket record that makes no sense");
	if (img->path_len && !kcr_path_check(ctx, parts.path, le32_to_cpu(img->path_len),
					     le32_to_cpu(img->path_len), "UNIX socket"))
		return ctx->error;
	if (img->state & cpu_to_le32(KCR_UNIX_PEERCRED))
		ret = kcr_unix_cred_check(ctx, le32_to_cpu(img->peer_pid),
					  le32_to_cpu(img->peer_uid), le32_to_cpu(img->peer_gid),
					  parts.groups, le32_to_cpu(img->peer_groups));
	return ret;
}

static int unix_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	int ret = kcr_unix_check(ctx, rec);

	return ret ?: kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "UNIX socket");
}

/* kcr_unix_make() - a new socket; NULL after kcr_fail() */
struct socket *kcr_unix_make(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct socket *sock;
	int ret = sock_create(AF_UNIX, le32_to_cpu(img->type), 0, &sock);

	if (!ret)
		return sock;
	kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret, "UNIX socket: can't be made (errno %d)", -ret);
	return NULL;
}

static int unix_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct socket *sock = kcr_unix_make(ctx, rec);
	struct file *file;

	if (!sock)
		return ctx->error;
	file = sock_alloc_file(sock, 0, NULL);	/* on error it releases @sock */
	if (IS_ERR(file))
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, PTR_ERR(file),
				"UNIX socket: can't be opened (errno %ld)", -PTR_ERR(file));
	kcr_file_flags_set(file, le32_to_cpu(img->flags));
	file_inode(file)->i_mode = S_IFSOCK | le32_to_cpu(img->mode);
	return kcr_object_add(ctx, rec, file);
}

/* kcr_unix_restored() - the socket of an id, or NULL after kcr_bad_image() */
struct socket *kcr_unix_restored(struct kcr_ctx *ctx, u32 id)
{
	struct file *file = kcr_object_get(ctx, id, KCR_KIND_UNIX);
	struct kcr_unix_bare *bare = kcr_object_get(ctx, id, KCR_KIND_UNIX_SOCK);

	if (file)
		return sock_from_file(file);
	if (bare && bare->sock)
		return bare->sock;
	kcr_bad_image(ctx, "no UNIX socket has id %u", id);
	return NULL;
}

/* kcr_unix_settle() - what stands in the way of joining and filling it */
void kcr_unix_settle(const struct kcr_rec *rec, struct sock *sk)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	u32 shutdown = le32_to_cpu(img->shutdown), error = le32_to_cpu(img->error);

	unix_state_lock(sk);
	WRITE_ONCE(sk->sk_shutdown, shutdown);
	WRITE_ONCE(sk->sk_err, error);
	if (sk->sk_type == SOCK_DGRAM)
		WRITE_ONCE(sk->sk_state, img->state & cpu_to_le32(KCR_UNIX_CONNECTED) ?
					 TCP_ESTABLISHED : TCP_CLOSE);
	unix_state_unlock(sk);
	if (shutdown)
		sk->sk_state_change(sk);
	if (error)
		sk_error_report(sk);
}

static long timeout_of(__le64 img)
{
	u64 ns = le64_to_cpu(img);

	if (ns == KCR_UNIX_FOREVER)
		return MAX_SCHEDULE_TIMEOUT;
	return min_t(u64, nsecs_to_jiffies(ns), MAX_SCHEDULE_TIMEOUT - 1);
}

static int set_times(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct socket *sock)
{
	struct linger linger = {
		.l_onoff = !!(img->state & cpu_to_le32(KCR_UNIX_LINGER)),
		.l_linger = le32_to_cpu(img->linger),
	};
	struct sock *sk = sock->sk;
	int ret = 0;

	WRITE_ONCE(sk->sk_rcvtimeo, timeout_of(img->receive_ns));
	WRITE_ONCE(sk->sk_sndtimeo, timeout_of(img->send_ns));
	/* The time stays what it was when it is switched off. */
	if (linger.l_linger) {
		bool on = linger.l_onoff;

		linger.l_onoff = 1;
		ret = sock_setsockopt(sock, SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR(&linger),
				      sizeof(linger));
		linger.l_onoff = on;
	}
	ret = ret ?: sock_setsockopt(sock, SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR(&linger),
				     sizeof(linger));
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"UNIX socket: SO_LINGER can't be set (errno %d)", -ret);
	return 0;
}

static int unix_link(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct socket *sock = kcr_unix_restored(ctx, rec->id);
	int ret;

	if (!sock)
		return ctx->error;
	ret = kcr_unix_bind(ctx, rec, sock) ?: kcr_unix_options_set(ctx, rec, sock) ?:
	      set_times(ctx, img, sock);
	if (!ret)
		kcr_unix_settle(rec, sock->sk);
	return ret;
}

/* As listen(2) clamps it. */
static int let_in(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct socket *sock)
{
	u32 most = READ_ONCE(sock_net(sock->sk)->core.sysctl_somaxconn);
	int ret = kernel_listen(sock, min(le32_to_cpu(img->backlog), most));

	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"UNIX socket: can't listen (errno %d)", -ret);
	return 0;
}

static int unix_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct socket *sock = kcr_unix_restored(ctx, rec->id);
	int ret;

	if (!sock)
		return ctx->error;
	ret = kcr_unix_bind_commit(ctx, rec, sock);
	if (!ret && img->state & cpu_to_le32(KCR_UNIX_LISTENING))
		ret = let_in(ctx, img, sock);
	return ret ?: kcr_unix_cred_set(ctx, rec, sock->sk);
}

static void unix_put(void *obj)
{
	struct file *file = obj;

	kcr_unix_unmake(sock_from_file(file));
	fput(file);
}

const struct kcr_ops kcr_unix_ops = {
	.kind		= KCR_KIND_UNIX,
	.version	= 1,
	.name		= "unix",
	.save		= unix_save,
	.save_image	= kcr_unix_save_all,
	.check		= unix_check,
	.restore	= unix_restore,
	.link		= unix_link,
	.commit		= unix_commit,
	.put		= unix_put,
};
