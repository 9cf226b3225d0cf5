// SPDX-License-Identifier: GPL-2.0
/*
 * What is in a file.
 *
 * The bytes themselves are in the image when the file has no name any more,
 * when it lives in memory and would be gone after a power failure, or when the
 * caller wants it so (KCR_CKPT_WITH_FILES). They are taken at the cut. For any
 * other file the image holds a hash (relied.c).
 *
 * At restart a file without a name is made again without a name: in the same
 * folder, or in memory where that can't be. One with a name is made if it is
 * missing, and taken away again if the restart fails; one that is there and
 * holds something else gets its bytes back at commit, if the program could
 * write to it. Extended attributes are not kept. Files of a hugetlbfs that somebody
 * has mounted are huge.c's, what is large and on a tmpfs memory.c's. How all that comes
 * into the image: content_save.c.
 */
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/file.h"
#include "internal.h"
#include "ksym.h"
#include "mm/mm.h"
#include <uapi/image/content.h>

/* Checking what an image says */

static struct kcr_wanted *wanted_find(struct kcr_ctx *ctx, u32 id)
{
	struct kcr_files *files = kcr_files(ctx);

	return files ? xa_load(&files->wanted, id) : NULL;
}

static const struct kcr_img_content *img_of(const struct kcr_wanted *w)
{
	return kcr_rec_as(w->rec, struct kcr_img_content);
}

static bool is_unlinked(const struct kcr_wanted *w)
{
	return img_of(w)->flags & cpu_to_le32(KCR_CONTENT_UNLINKED);
}

/* kcr_wanted_is_dir() - is it a directory that had been removed? */
bool kcr_wanted_is_dir(const struct kcr_wanted *w)
{
	return img_of(w)->type == cpu_to_le32(KCR_CONTENT_DIRECTORY);
}

/* kcr_wanted_dir() - where such a directory has been made, with a reference */
int kcr_wanted_dir(struct kcr_ctx *ctx, u32 id, struct path *path)
{
	struct kcr_wanted *w = wanted_find(ctx, id);

	if (!w || !kcr_wanted_is_dir(w) || !w->file)
		return kcr_bad_image(ctx, "%u is no directory", id);
	*path = w->file->f_path;
	path_get(path);
	return 0;
}

/* kcr_wanted_name() - the path in its record */
const char *kcr_wanted_name(const struct kcr_wanted *w)
{
	return (const char *)(img_of(w) + 1);
}

static int check_file(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_content *img = kcr_rec_as(rec, struct kcr_img_content);
	u32 len = rec->len - sizeof(*img);
	struct kcr_files *files = kcr_files(ctx);
	struct kcr_wanted *w;
	int ret;

	if (!files)
		return -ENOMEM;
	if (!rec->id || le32_to_cpu(img->mode) & ~07777 ||
	    le64_to_cpu(img->size) > MAX_LFS_FILESIZE)
		return kcr_bad_image(ctx, "contents of a file that can't be");
	if (!kcr_path_check(ctx, img + 1, len, len, "content"))
		return ctx->error;
	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return kcr_nomem(ctx);
	w->rec = rec;
	ret = xa_insert(&files->wanted, rec->id, w, GFP_KERNEL_ACCOUNT);
	if (!ret)
		return 0;
	kfree(w);
	return ret == -EBUSY ? kcr_bad_image(ctx, "id %u is used twice", rec->id) :
			       kcr_nomem(ctx);
}

/* Of one that is there nothing is in the image. */
static int check_dir(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_content *img = kcr_rec_as(rec, struct kcr_img_content);

	if (img->flags != cpu_to_le32(KCR_CONTENT_UNLINKED) || img->size)
		return kcr_bad_image(ctx, "contents of a directory that can't be");
	return check_file(ctx, rec);
}

static int add_data(struct kcr_ctx *ctx, struct kcr_wanted *w, const struct kcr_rec *rec)
{
	const struct kcr_rec **data;
	unsigned int max;

	if (w->nr_data == w->max_data) {
		max = w->max_data ? 2 * w->max_data : 4;
		data = kvmalloc_array(max, sizeof(*data), GFP_KERNEL_ACCOUNT);
		if (!data)
			return kcr_nomem(ctx);
		memcpy(data, w->data, w->nr_data * sizeof(*data));
		kvfree(w->data);
		w->data = data;
		w->max_data = max;
	}
	w->data[w->nr_data++] = rec;
	return 0;
}

static u64 data_end(const struct kcr_wanted *w)
{
	const struct kcr_img_content *img;

	if (!w->nr_data)
		return 0;
	img = kcr_rec_as(w->data[w->nr_data - 1], struct kcr_img_content);
	return le64_to_cpu(img->from) + le64_to_cpu(img->len);
}

static int check_data(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_content *img = kcr_rec_as(rec, struct kcr_img_content);
	struct kcr_wanted *w = wanted_find(ctx, le32_to_cpu(img->file));
	u64 from = le64_to_cpu(img->from), len = le64_to_cpu(img->len), size;

	if (!w || w->settled || rec->id || kcr_wanted_is_huge(w) || kcr_wanted_is_memory(w))
		return kcr_bad_image(ctx, "contents that belong to no file");
	size = le64_to_cpu(img_of(w)->size);
	if (!len || len != rec->len - sizeof(*img) || from > size || len > size - from ||
	    from < data_end(w))
		return kcr_bad_image(ctx, "%s: contents out of place", kcr_wanted_name(w));
	return add_data(ctx, w, rec);
}

static int check_hash(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_content *img = kcr_rec_as(rec, struct kcr_img_content);
	struct kcr_files *files = kcr_files(ctx);
	u64 from = le64_to_cpu(img->from), len = le64_to_cpu(img->len);
	u64 size = le64_to_cpu(img->size);
	struct kcr_opened *o;

	if (!files)
		return -ENOMEM;
	o = xa_load(&files->opened, le32_to_cpu(img->file));
	if (!o || !o->file || o->wanted || rec->id || rec->len != sizeof(*img) ||
	    size > MAX_LFS_FILESIZE || from > size || len > size - from)
		return kcr_bad_image(ctx, "a hash that belongs to no file");
	return kcr_opened_compare(ctx, o, rec);
}

static int content_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_content *img = kcr_rec_as(rec, struct kcr_img_content);

	if (rec->len < sizeof(*img) || le32_to_cpu(img->flags) & ~KCR_CONTENT_FLAGS)
		return kcr_bad_image(ctx, "a content record that makes no sense");
	switch (le32_to_cpu(img->type)) {
	case KCR_CONTENT_FILE:
		return check_file(ctx, rec);
	case KCR_CONTENT_DATA:
		return check_data(ctx, rec);
	case KCR_CONTENT_HASH:
		return check_hash(ctx, rec);
	case KCR_CONTENT_DIRECTORY:
		return check_dir(ctx, rec);
	case KCR_CONTENT_HUGE:
		return kcr_huge_check(ctx, img) ?: check_file(ctx, rec);
	case KCR_CONTENT_MEMORY:
		return kcr_memory_check(ctx, img) ?: check_file(ctx, rec);
	default:
		return kcr_bad_image(ctx, "a content record of type %u", le32_to_cpu(img->type));
	}
}

/* Is the file there, and does it hold what it should? */

/* Bytes of the file as the image has them, zeros where it has none. */
static int wanted_bytes(const struct kcr_wanted *w, u64 pos, void *buf, size_t len,
			unsigned int *next)
{
	ssize_t n;

	if (w->memory) {
		n = kcr_read_full(w->memory, buf, len, pos);
		return n == len ? 0 : min_t(ssize_t, n, 0) ?: -EIO;
	}
	memset(buf, 0, len);
	for (; *next < w->nr_data; ++*next) {
		const struct kcr_img_content *img =
			kcr_rec_as(w->data[*next], struct kcr_img_content);
		u64 from = le64_to_cpu(img->from), to = from + le64_to_cpu(img->len);
		u64 begin = max(from, pos), end = min(to, pos + len);

		if (begin < end)
			memcpy(buf + (begin - pos), (const u8 *)(img + 1) + (begin - from),
			       end - begin);
		if (to > pos + len)
			break;
	}
	return 0;
}

static int same_bytes(struct kcr_ctx *ctx, struct kcr_wanted *w, struct file *file, bool *same)
{
	u64 pos, size = le64_to_cpu(img_of(w)->size);
	size_t half = KCR_IO_SIZE / 2;
	u8 *buf = kcr_files_buf(ctx);
	unsigned int next = 0;
	ssize_t n;
	int ret;

	*same = false;
	if (!buf)
		return -ENOMEM;
	if (i_size_read(file_inode(file)) != size)
		return 0;
	for (pos = 0; pos < size; pos += n) {
		ret = kcr_files_stopped(ctx);
		if (ret)
			return ret;
		n = kcr_read_full(file, buf, min_t(u64, half, size - pos), pos);
		if (n < 0)
			return kcr_path_fail(ctx, n, kcr_wanted_name(w), "can't be read");
		if (!n)
			return 0;
		ret = wanted_bytes(w, pos, buf + half, n, &next);
		if (ret)
			return kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be compared");
		if (memcmp(buf, buf + half, n))
			return 0;
		cond_resched();
	}
	*same = true;
	return 0;
}

/* kcr_wanted_compare() - one that is there: does it hold what it did, or get it back? */
int kcr_wanted_compare(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	const char *name = kcr_wanted_name(w);
	struct file *file = kcr_path_open(&w->path, O_RDONLY | O_LARGEFILE | O_NONBLOCK);
	int ret;

	if (IS_ERR(file))
		return kcr_path_fail(ctx, PTR_ERR(file), name, "can't be read");
	ret = same_bytes(ctx, w, file, &w->same);
	fput(file);
	if (ret || w->same)
		return ret;
	if (!(img_of(w)->flags & cpu_to_le32(KCR_CONTENT_WRITE_BACK)))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ESTALE,
				"%s: its contents have changed since the checkpoint", name);
	return 0;
}

static int settle(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	bool writes = img_of(w)->flags & cpu_to_le32(KCR_CONTENT_WRITE_BACK);
	struct path path;
	int ret;

	if (is_unlinked(w))
		return kcr_wanted_is_huge(w) ? kcr_huge_missing(ctx, w) : 0;
	ret = kern_path(kcr_wanted_name(w), writes ? LOOKUP_NO_SYMLINKS : 0, &path);
	if (ret == -ENOENT)
		return kcr_wanted_is_huge(w) ? kcr_huge_missing(ctx, w) : 0;
	if (ret)
		return kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be looked up");
	w->path = path;
	w->there = true;
	if (!d_is_reg(path.dentry))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EINVAL,
				"%s: is no longer a regular file", kcr_wanted_name(w));
	if (kcr_wanted_is_memory(w))	/* when its pages are there */
		return 0;
	return kcr_wanted_is_huge(w) ? kcr_huge_compare(ctx, w) : kcr_wanted_compare(ctx, w);
}

/**
 * kcr_wanted_settle() - see what is where the file should be
 * @ctx: the operation, in the restarter; all its data has been checked
 * @id: of its KCR_CONTENT_FILE record
 * @wanted: set to it
 */
int kcr_wanted_settle(struct kcr_ctx *ctx, u32 id, struct kcr_wanted **wanted)
{
	struct kcr_wanted *w = wanted_find(ctx, id);

	if (!w)
		return kcr_bad_image(ctx, "no contents have id %u", id);
	*wanted = w;
	if (w->settled)
		return 0;
	w->settled = true;
	return settle(ctx, w);
}

/* Making it */

/**
 * kcr_wanted_fill() - give a file the bytes that the image has for it
 * @ctx: the operation
 * @w: the bytes
 * @file: open for writing, without O_APPEND
 */
int kcr_wanted_fill(struct kcr_ctx *ctx, struct kcr_wanted *w, struct file *file)
{
	unsigned int i;
	ssize_t n;
	int ret = vfs_truncate(&file->f_path, 0) ?:
		  vfs_truncate(&file->f_path, le64_to_cpu(img_of(w)->size));

	if (ret)
		return kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be given its size");
	if (w->memory)
		return kcr_memory_fill(ctx, w, file);
	for (i = 0; i < w->nr_data; i++) {
		const struct kcr_img_content *img =
			kcr_rec_as(w->data[i], struct kcr_img_content);
		size_t len = le64_to_cpu(img->len);
		loff_t pos = le64_to_cpu(img->from);

		n = kernel_write(file, img + 1, len, &pos);
		if (n != len)
			return kcr_path_fail(ctx, n < 0 ? n : -ENOSPC, kcr_wanted_name(w),
					     "can't be written");
		cond_resched();
	}
	return 0;
}

/* Without a name: where it was, or in memory. */
static struct file *make_unlinked(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	umode_t mode = le32_to_cpu(img_of(w)->mode) & 0777;
	char *dir = kstrdup(kcr_wanted_name(w), GFP_KERNEL), *slash;
	int excl = img_of(w)->flags & cpu_to_le32(KCR_CONTENT_LINKABLE) ? 0 : O_EXCL;
	struct file *file;

	if (kcr_wanted_is_huge(w)) {
		kfree(dir);
		return kcr_huge_make_unlinked(ctx, w);
	}
	if (!dir)
		return ERR_PTR(-ENOMEM);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	file = filp_open(dir, O_TMPFILE | O_RDWR | O_LARGEFILE | excl, mode | 0600);
	kfree(dir);
	if (!IS_ERR(file) || !excl)
		return file;
	return shmem_file_setup(kbasename(kcr_wanted_name(w)), le64_to_cpu(img_of(w)->size), 0);
}

static struct file *make_dir(struct kcr_ctx *ctx, struct kcr_wanted *w)
{
	const struct kcr_gone_dir gone = {
		.name = kcr_wanted_name(w),
		.mode = le32_to_cpu(img_of(w)->mode),
		.uid = le32_to_cpu(img_of(w)->uid),
		.gid = le32_to_cpu(img_of(w)->gid),
	};

	return kcr_gone_dir_make(ctx, &gone);
}

static struct file *make_named(struct kcr_wanted *w)
{
	umode_t umask = current->fs->umask;
	struct file *file;

	current->fs->umask = 0;		/* ours alone: no other thread yet */
	file = filp_open(kcr_wanted_name(w), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_LARGEFILE,
			 le32_to_cpu(img_of(w)->mode));
	current->fs->umask = umask;
	if (IS_ERR(file))
		return file;
	w->made = true;
	w->path = file->f_path;
	path_get(&w->path);
	return file;
}

static int content_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_wanted *w = rec->id ? wanted_find(ctx, rec->id) : NULL;
	int ret;

	if (!w || !w->settled)	/* a hash, or data */
		return 0;
	if (w->there)		/* at commit */
		return kcr_wanted_is_memory(w) ? kcr_memory_begin(ctx, w) : 0;
	if (kcr_wanted_is_dir(w))
		w->file = make_dir(ctx, w);
	else
		w->file = is_unlinked(w) ? make_unlinked(ctx, w) : make_named(w);
	if (IS_ERR(w->file)) {
		ret = PTR_ERR(w->file);
		w->file = NULL;
		return kcr_path_fail(ctx, ret, kcr_wanted_name(w), "can't be made");
	}
	if (kcr_wanted_is_dir(w))
		return 0;
	ret = w->made ? kcr_path_give(ctx, &w->path, kcr_wanted_name(w),
				      le32_to_cpu(img_of(w)->uid),
				      le32_to_cpu(img_of(w)->gid)) : 0;
	if (ret)
		return ret;
	if (kcr_wanted_is_memory(w))
		return kcr_memory_begin(ctx, w);
	return kcr_wanted_is_huge(w) ? kcr_huge_size(ctx, w) : kcr_wanted_fill(ctx, w, w->file);
}

static int content_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	struct kcr_wanted *w = rec->id ? wanted_find(ctx, rec->id) : NULL;

	return kcr_files_commit(ctx) ?:
	       (w && kcr_wanted_is_huge(w) ? kcr_huge_commit(ctx, w) : 0);
}

/* kcr_wanted_drop() - forget all of them */
void kcr_wanted_drop(struct kcr_files *files)
{
	struct kcr_wanted *w;
	unsigned long id;

	xa_for_each(&files->wanted, id, w) {
		if (w->made && !files->kept)
			kcr_path_unmake(&w->path);
		if (w->file)
			fput(w->file);
		if (w->memory)
			fput(w->memory);
		path_put(&w->path);
		kvfree(w->data);
		kfree(w);
	}
	xa_destroy(&files->wanted);
}

const struct kcr_ops kcr_content_ops = {
	.kind		= KCR_KIND_CONTENT,
	.version	= 1,
	.name		= "content",
	.save		= kcr_content_save,
	.check		= content_check,
	.restore	= content_restore,
	.commit		= content_commit,
};
