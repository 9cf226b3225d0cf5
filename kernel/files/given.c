// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe or a socket that the user wants restart to give (--external
 * KEY=inherit:FD): a descriptor of restart's takes its place.
 *
 * Only one that any child of restart's would get, too: open, and not
 * close-on-exec. So an image asks for nothing but what restart was given to
 * pass on. They are taken before the first process empties its table.
 *
 * Bytes that were in such a pipe and not read by the program are in the image,
 * and are put in front of what is in the pipe that is given. Messages in a socket
 * can't be: with such it is refused.
 */
#include <linux/file.h>
#include <linux/net.h>
#include <net/sock.h>

#include "choice.h"
#include "internal.h"
#include "pipe.h"
#include <uapi/image/given.h>

bool kcr_given_match(struct kcr_ctx *ctx, struct file *file)
{
	return kcr_choice_of(ctx, file) == KCR_CHOICE_INHERIT;
}

static const char *key_name(u32 type)
{
	return type == KCR_GIVEN_PIPE ? "pipe" : "socket";
}

static int given_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	struct file *file = obj;
	struct pipe_inode_info *pipe = kcr_pipe_of(file);
	struct socket *sock = pipe ? NULL : sock_from_file(file);
	u32 type = pipe ? KCR_GIVEN_PIPE : KCR_GIVEN_SOCKET, flags;
	u64 ino = file_inode(file)->i_ino;
	struct kcr_img_given img = {
		.type = cpu_to_le32(type),
		.ino = cpu_to_le64(ino),
		.fd = cpu_to_le32(kcr_choice_find(ctx, type, ino)->fd),
	};
	int ret = kcr_file_flags_save(ctx, file, &flags);

	if (ret)
		return ret;
	if (sock && sock->sk && !skb_queue_empty(&sock->sk->sk_receive_queue))
		return kcr_refuse(ctx, "socket:[%llu]: what waits in it to be received or accepted can't be given to another socket",
				  ino);
	img.flags = cpu_to_le32(flags);
	return kcr_pipe_save_unread(ctx, file, &(struct kcr_unread) {
		.kind = KCR_KIND_GIVEN,
		.id = id,
		.img = &img,
		.len = sizeof(img),
		.unread = &img.unread,
	});
}

/* Of the caller's own, one that it would pass on to a program. */
static struct file *find_given(struct kcr_ctx *ctx, const struct kcr_img_given *img, u32 *fd)
{
	const struct kcr_choice *c = kcr_choice_find(ctx, le32_to_cpu(img->type),
						     le64_to_cpu(img->ino));
	unsigned int nr = c ? c->fd : le32_to_cpu(img->fd);
	struct file *file;
	bool cloexec;

	*fd = nr;
	file = kcr_task_next_fd(current, &nr, &cloexec);
	if (file && (nr != *fd || cloexec || kcr_file_is_ours(ctx, file))) {
		fput(file);
		file = NULL;
	}
	return file;
}

static int not_given(struct kcr_ctx *ctx, const struct kcr_img_given *img, u32 fd,
		     const char *why)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -EBADF, "%s:[%llu]: descriptor %u %s (--inherit)",
			key_name(le32_to_cpu(img->type)), le64_to_cpu(img->ino), fd, why);
}

static int check_file(struct kcr_ctx *ctx, const struct kcr_img_given *img, struct file *file,
		      u32 fd)
{
	u32 flags = le32_to_cpu(img->flags);

	if (!file)
		return not_given(ctx, img, fd, "of restart's is not open, or is close-on-exec");
	if ((flags & KCR_FILE_READ && !(file->f_mode & FMODE_READ)) ||
	    (flags & KCR_FILE_WRITE && !(file->f_mode & FMODE_WRITE)))
		return not_given(ctx, img, fd, "can't be read or written as that could");
	if (le32_to_cpu(img->type) == KCR_GIVEN_SOCKET && !sock_from_file(file))
		return not_given(ctx, img, fd, "is no socket");
	if (img->unread && !kcr_pipe_of(file))
		return not_given(ctx, img, fd, "is no pipe, which could take the input that was not read yet");
	return 0;
}

static int given_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_given *img = kcr_rec_as(rec, struct kcr_img_given);
	struct file *file;
	int ret;
	u32 fd;

	if (rec->len < sizeof(*img) || rec->len - sizeof(*img) != le32_to_cpu(img->unread) ||
	    !img->type || le32_to_cpu(img->type) > KCR_GIVEN_SOCKET ||
	    le32_to_cpu(img->fd) > INT_MAX ||
	    (img->unread && le32_to_cpu(img->type) != KCR_GIVEN_PIPE))
		return kcr_bad_image(ctx, "a file to be given that makes no sense");
	ret = kcr_file_flags_check(ctx, le32_to_cpu(img->flags), "given file");
	if (ret)
		return ret;
	file = find_given(ctx, img, &fd);
	ret = check_file(ctx, img, file, fd);
	if (file)
		fput(file);
	return ret;
}

/**
 * kcr_given_take() - before the table of the first process is emptied
 * @ctx: the operation, in the leader
 */
int kcr_given_take(struct kcr_ctx *ctx)
{
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_rec *rec;
	int ret = 0;

	list_for_each_entry(rec, &ctx->recs, node) {
		struct file *file;
		u32 fd;

		if (rec->kind != KCR_KIND_GIVEN)
			continue;
		file = find_given(ctx, kcr_rec_as(rec, struct kcr_img_given), &fd);
		if (!file)
			continue;
		ret = xa_insert(&files->given, rec->id, file, GFP_KERNEL_ACCOUNT);
		if (ret) {
			fput(file);
			return ret == -EBUSY ? kcr_bad_image(ctx, "id %u is used twice", rec->id) :
					       kcr_nomem(ctx);
		}
	}
	return 0;
}

/* kcr_given_drop() - those that were not used */
void kcr_given_drop(struct kcr_files *files)
{
	struct file *file;
	unsigned long id;

	xa_for_each(&files->given, id, file)
		fput(file);
	xa_destroy(&files->given);
}

static int given_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_given *img = kcr_rec_as(rec, struct kcr_img_given);
	struct file *file = xa_erase(&kcr_files(ctx)->given, rec->id);
	int ret = check_file(ctx, img, file, le32_to_cpu(img->fd));

	if (ret) {
		if (file)
			fput(file);
		return ret;
	}
	return kcr_object_add(ctx, rec, kcr_file_with_flags(file, le32_to_cpu(img->flags)));
}

static int given_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_given *img = kcr_rec_as(rec, struct kcr_img_given);
	struct file *file = kcr_object_get(ctx, rec->id, KCR_KIND_GIVEN);

	if (!img->unread || !file)
		return 0;
	return kcr_pipe_push(ctx, kcr_pipe_of(file), img + 1, le32_to_cpu(img->unread));
}

const struct kcr_ops kcr_given_ops = {
	.kind		= KCR_KIND_GIVEN,
	.version	= 1,
	.name		= "given",
	.save		= given_save,
	.check		= given_check,
	.restore	= given_restore,
	.commit		= given_commit,
	.put		= kcr_file_put,
};
