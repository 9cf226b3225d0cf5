// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that are in UNIX sockets and were not received.
 *
 * They are sent again, each by itself and by the socket that it came from, so
 * that boundaries, addresses and what is charged to a sender come back; what
 * has been read of one is left out. A message to a datagram socket may come from
 * any other: it gets that peer for the moment. Who really sent it is set in the
 * message; ids of processes at commit, as most of them do not exist before.
 *
 * Files in a message are those of other records, given to the sending function
 * under descriptors of the first process, which has none of its own yet.
 *
 * struct unix_skb_parms, struct sk_buff:
 *   pid, uid, gid, fp		here
 *   consumed, data		what is left to read; urgent data that were read
 *				leave a mark (SIOCATMARK)
 *   secid			the restarter's
 *   tstamp			when it was sent
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/scm.h>

#include "unix.h"
#include <uapi/image/unix_msg.h>

/* Longer messages of a stream are sent in parts by the kernel. */
#define KCR_UNIX_PART	SZ_32K

static_assert(KCR_UNIX_FILES_MAX == SCM_MAX_FD);

/* Saving */

static int save_file(struct kcr_ctx *ctx, struct file *file, __le32 *to)
{
	const struct kcr_open *o = kcr_table_find(ctx, file);
	size_t mark = kcr_where(ctx, "in flight");
	u32 id = 0;
	int ret;

	if (kcr_epoll_match(ctx, file) && (!o || !o->slots))
		ret = kcr_refuse(ctx, "epoll: that no process has a descriptor of: not supported yet");
	else
		ret = kcr_file_save(ctx, file, &id) ?:
		      kcr_content_need(ctx, file, id, 0, MAX_LFS_FILESIZE);
	kcr_where_end(ctx, mark);
	*to = cpu_to_le32(id);
	return ret;
}

static int save_files(struct kcr_ctx *ctx, const struct scm_fp_list *fp, __le32 *to)
{
	int i, ret = 0;

	for (i = 0; fp && i < fp->count && !ret; i++)
		ret = save_file(ctx, fp->fp[i], &to[i]);
	return ret;
}

/* Bytes of a message may be in several pages. */
static int put_bytes(struct kcr_ctx *ctx, struct sk_buff *skb, u32 at, u32 len, void *buf)
{
	int ret = 0;

	while (len && !ret) {
		u32 n = min_t(u32, len, KCR_UNIX_PART);

		ret = skb_copy_bits(skb, at, buf, n);
		if (ret)
			return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
					"UNIX socket: a message can't be read");
		ret = kcr_rec_put(ctx, buf, n);
		at += n;
		len -= n;
	}
	return ret;
}

static void fill_creds(struct kcr_ctx *ctx, const struct unix_skb_parms *cb,
		       struct kcr_img_unix_msg *img)
{
	if (!cb->pid)
		return;
	img->flags |= cpu_to_le32(KCR_UNIX_MSG_CREDS);
	img->pid = cpu_to_le32(pid_nr_ns(cb->pid, ctx->pid_ns));
	img->uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, cb->uid));
	img->gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, cb->gid));
}

/* Of a stream, a part; files come with the first. */
static int save_part(struct kcr_ctx *ctx, struct sk_buff *skb, struct kcr_img_unix_msg *img,
		     const __le32 *files, u32 at, u32 len, void *buf)
{
	int ret;

	img->len = cpu_to_le32(len);
	ret = kcr_rec_begin(ctx, KCR_KIND_UNIX_MSG, 1, kcr_new_id(ctx), 0) ?:
	      kcr_rec_put(ctx, img, sizeof(*img)) ?:
	      kcr_rec_put(ctx, files, le32_to_cpu(img->files) * sizeof(*files)) ?:
	      put_bytes(ctx, skb, at, len, buf) ?: kcr_rec_end(ctx);
	img->files = 0;
	return ret;
}

static int save_message(struct kcr_ctx *ctx, struct sock *sk, struct sk_buff *skb,
			struct kcr_img_unix_msg *img, __le32 *files, void *buf)
{
	const struct unix_skb_parms *cb = &UNIXCB(skb);
	bool stream = sk->sk_type == SOCK_STREAM;
	u32 at = stream ? cb->consumed : 0, left = skb->len - at, n;
	int ret = save_files(ctx, cb->fp, files);

	if (!ret && left > KCR_REC_MAX / 2 && !stream)
		ret = kcr_refuse(ctx, "UNIX socket: a message of %u bytes: not supported yet", left);
	fill_creds(ctx, cb, img);
	if (skb == kcr_unix_oob(sk))
		img->flags |= cpu_to_le32(KCR_UNIX_MSG_OOB);
	if (stream && !left)
		img->flags |= cpu_to_le32(KCR_UNIX_MSG_MARK);
	img->files = cpu_to_le32(cb->fp ? cb->fp->count : 0);
	img->stamp_ns = cpu_to_le64(ktime_to_ns(skb->tstamp));
	do {
		n = stream ? min_t(u32, left, KCR_UNIX_PART) : left;
		ret = ret ?: save_part(ctx, skb, img, files, at, n, buf);
		at += n;
		left -= n;
	} while (left && !ret);
	return ret;
}

static int save_queue(struct kcr_ctx *ctx, struct sock *sk, u32 to, unsigned int nr,
		      __le32 *files, void *buf)
{
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	unsigned int i;
	int ret = 0;
	u32 from;

	for (i = 0; i < nr && !ret; i++) {
		struct kcr_img_unix_msg img = { .to = cpu_to_le32(to) };

		if (i)
			skb = READ_ONCE(skb->next);
		ret = kcr_unix_ref(ctx, skb->sk, &from);
		img.from = cpu_to_le32(from);
		ret = ret ?: save_message(ctx, sk, skb, &img, files, buf);
		cond_resched();
	}
	return ret;
}

/**
 * kcr_unix_messages_save() - what a socket has to receive
 * @ctx: the operation; all sockets are saved
 * @sk: the socket
 * @to: id of its record
 * @nr: messages that were there at the cut; others may have come from outside
 */
int kcr_unix_messages_save(struct kcr_ctx *ctx, struct sock *sk, u32 to, unsigned int nr)
{
	__le32 *files = kcalloc(SCM_MAX_FD, sizeof(*files), GFP_KERNEL);
	void *buf = kvmalloc(KCR_UNIX_PART, GFP_KERNEL);
	int ret = files && buf ? save_queue(ctx, sk, to, nr, files, buf) : kcr_nomem(ctx);

	kvfree(buf);
	kfree(files);
	return ret;
}

/* Restoring */

static int unix_msg_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix_msg *img = kcr_rec_as(rec, struct kcr_img_unix_msg);
	u32 flags, files, len;

	if (rec->len < sizeof(*img))
		return kcr_bad_image(ctx, "a UNIX message of a wrong length");
	flags = le32_to_cpu(img->flags);
	files = le32_to_cpu(img->files);
	len = le32_to_cpu(img->len);
	if (files > KCR_UNIX_FILES_MAX || len > KCR_REC_MAX ||
	    rec->len != sizeof(*img) + files * sizeof(__le32) + len)
		return kcr_bad_image(ctx, "a UNIX message of a wrong length");
	if (flags & ~(KCR_UNIX_MSG_CREDS | KCR_UNIX_MSG_OOB | KCR_UNIX_MSG_MARK) ||
	    (flags & KCR_UNIX_MSG_OOB && len != 1) ||
	    (flags & KCR_UNIX_MSG_MARK && (len || files || flags & KCR_UNIX_MSG_OOB)) ||
	    le64_to_cpu(img->stamp_ns) > KTIME_MAX)
		return kcr_bad_image(ctx, "a UNIX message that makes no sense");
	if (!(flags & KCR_UNIX_MSG_CREDS))
		return 0;
	return kcr_unix_cred_check(ctx, le32_to_cpu(img->pid), le32_to_cpu(img->uid),
				   le32_to_cpu(img->gid), NULL, 0);
}

static void close_all(const int *fds, u32 nr)
{
	while (nr)
		close_fd(fds[--nr]);
}

static int open_one(struct kcr_ctx *ctx, u32 id)
{
	struct file *file = kcr_file_restored(ctx, id);
	int fd;

	if (!file)
		return ctx->error;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(file);
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd,
				"UNIX socket: no descriptor is left for a file in a message");
	}
	fd_install(fd, file);
	return fd;
}

static int open_all(struct kcr_ctx *ctx, const __le32 *files, u32 nr, int *fds)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		fds[i] = open_one(ctx, le32_to_cpu(files[i]));
		if (fds[i] < 0) {
			close_all(fds, i);
			return ctx->error;
		}
	}
	return 0;
}

/* What anybody may have sent, for a moment; more with the right to it. */
static int send_limit(struct sock *sk)
{
	if (ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return INT_MAX;
	return max_t(int, sk->sk_sndbuf, 2 * READ_ONCE(sysctl_wmem_max));
}

static int send_now(struct socket *from, struct sock *to, struct msghdr *msg, void *data,
		    size_t len)
{
	struct kvec vec = { .iov_base = data, .iov_len = len };
	u32 backlog = to->sk_max_ack_backlog;
	bool datagram = from->type == SOCK_DGRAM;
	int sndbuf = from->sk->sk_sndbuf, ret;

	WRITE_ONCE(from->sk->sk_sndbuf, send_limit(from->sk));
	WRITE_ONCE(to->sk_max_ack_backlog, INT_MAX);
	if (datagram)
		unix_peer(from->sk) = to;
	ret = kernel_sendmsg(from, msg, &vec, 1, len);
	if (datagram)
		unix_peer(from->sk) = NULL;
	WRITE_ONCE(to->sk_max_ack_backlog, backlog);
	WRITE_ONCE(from->sk->sk_sndbuf, sndbuf);
	return ret;
}

static int send_with(struct kcr_ctx *ctx, const struct kcr_img_unix_msg *img,
		     struct socket *from, struct sock *to, struct cmsghdr *control)
{
	const __le32 *files = (const void *)(img + 1);
	u32 nr = le32_to_cpu(img->files), len = le32_to_cpu(img->len);
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	int *fds = (int *)CMSG_DATA(control), ret;
	char mark = 0;
	void *data = img->flags & cpu_to_le32(KCR_UNIX_MSG_MARK) ? &mark : (void *)(files + nr);

	if (data == &mark)
		len = 1;
	if (img->flags & cpu_to_le32(KCR_UNIX_MSG_OOB))
		msg.msg_flags |= MSG_OOB;
	ret = open_all(ctx, files, nr, fds);
	if (ret)
		return ret;
	if (nr) {
		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(nr * sizeof(int));
		msg.msg_control = control;
		msg.msg_controllen = control->cmsg_len;
	}
	ret = send_now(from, to, &msg, data, len);
	close_all(fds, nr);
	if (ret != len)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret < 0 ? ret : -ENOSPC,
				"UNIX socket: a message of %u bytes can't be sent to it (errno %d)",
				len, ret < 0 ? -ret : ENOSPC);
	return 0;
}

/* Nobody receives anything yet: the last message is ours. */
static struct sk_buff *sent(struct sock *to, const struct sk_buff *last)
{
	struct sk_buff *skb = skb_peek_tail(&to->sk_receive_queue);

	return skb != last ? skb : NULL;
}

static void tell_sender(const struct kcr_img_unix_msg *img, struct sk_buff *skb)
{
	struct unix_skb_parms *cb = &UNIXCB(skb);
	bool creds = img->flags & cpu_to_le32(KCR_UNIX_MSG_CREDS);

	put_pid(cb->pid);
	cb->pid = NULL;
	cb->uid = creds ? make_kuid(current_user_ns(), le32_to_cpu(img->uid)) : INVALID_UID;
	cb->gid = creds ? make_kgid(current_user_ns(), le32_to_cpu(img->gid)) : INVALID_GID;
	if (img->flags & cpu_to_le32(KCR_UNIX_MSG_MARK))
		cb->consumed = skb->len;
	skb->tstamp = ns_to_ktime(le64_to_cpu(img->stamp_ns));
}

static int send_again(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *from,
		      struct sock *to)
{
	const struct kcr_img_unix_msg *img = kcr_rec_as(rec, struct kcr_img_unix_msg);
	struct sk_buff *last = skb_peek_tail(&to->sk_receive_queue), *skb;
	struct cmsghdr *control = kzalloc(CMSG_SPACE(SCM_MAX_FD * sizeof(int)), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!control)
		return kcr_nomem(ctx);
	ret = send_with(ctx, img, from, to, control);
	kfree(control);
	if (ret)
		return ret;
	skb = sent(to, last);
	if (!skb)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EIO,
				"UNIX socket: a message has not arrived");
	tell_sender(img, skb);
	return kcr_object_add(ctx, rec, skb);
}

/* What a closed socket had received went with it. */
static bool is_gone(struct kcr_ctx *ctx, u32 id)
{
	const struct kcr_rec *rec = kcr_rec_find(ctx, id, KCR_KIND_UNIX_SOCK);

	return rec && kcr_rec_as(rec, struct kcr_img_unix)->state & cpu_to_le32(KCR_UNIX_GONE);
}

static int unix_msg_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix_msg *img = kcr_rec_as(rec, struct kcr_img_unix_msg);
	struct socket *to = kcr_unix_restored(ctx, le32_to_cpu(img->to));
	struct socket *from = to ? kcr_unix_restored(ctx, le32_to_cpu(img->from)) : NULL;

	if (!from)
		return ctx->error;
	if (from->type != to->type || is_gone(ctx, le32_to_cpu(img->to)) ||
	    (to->type == SOCK_DGRAM ? unix_peer(to->sk) || unix_peer(from->sk) :
				      unix_peer(to->sk) != from->sk))
		return kcr_bad_image(ctx, "a UNIX message that its sender can't have sent");
	if (to->type != SOCK_STREAM && img->flags & cpu_to_le32(KCR_UNIX_MSG_OOB |
								KCR_UNIX_MSG_MARK))
		return kcr_bad_image(ctx, "a UNIX message out of band in no stream");
	return send_again(ctx, rec, from, to->sk);
}

/* It is still where it was put: nobody has run since. */
static int unix_msg_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_unix_msg *img = kcr_rec_as(rec, struct kcr_img_unix_msg);
	struct sk_buff *skb = kcr_object_get(ctx, rec->id, KCR_KIND_UNIX_MSG);
	struct pid *pid;
	int ret;

	if (!(img->flags & cpu_to_le32(KCR_UNIX_MSG_CREDS)))
		return 0;
	ret = kcr_unix_pid(ctx, le32_to_cpu(img->pid), &pid);
	if (!ret)
		UNIXCB(skb).pid = pid;
	return ret;
}

const struct kcr_ops kcr_unix_msg_ops = {
	.kind		= KCR_KIND_UNIX_MSG,
	.version	= 1,
	.name		= "unix_msg",
	.check		= unix_msg_check,
	.restore	= unix_msg_restore,
	.commit		= unix_msg_commit,
};
