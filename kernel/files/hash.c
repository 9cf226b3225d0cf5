// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and hashing files in steps, and seeing whether one was touched.
 */
#include <linux/fs.h>
#include <linux/iversion.h>
#include <linux/sched/signal.h>
#include <linux/stat.h>

#include "compat/file.h"
#include "internal.h"

/**
 * kcr_read_full() - read until the end of the buffer or of the file
 * @file: open for reading, or its pages can be had (lease.c); its position stays
 * @buf: where to
 * @len: bytes
 * @pos: from where
 *
 * Return: bytes, fewer than @len only at the end; or a negative errno.
 */
ssize_t kcr_read_full(struct file *file, void *buf, size_t len, loff_t pos)
{
	size_t done = 0;
	ssize_t ret;

	if (!(file->f_mode & FMODE_READ))
		return kcr_read_cached(file, buf, len, pos);
	while (done < len) {
		ret = kernel_read(file, buf + done, len - done, &pos);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		done += ret;
	}
	return done;
}

/* kcr_hash_begin() - hash from byte @from on */
void kcr_hash_begin(struct kcr_hash *hash, u64 from)
{
	xxh64_reset(&hash->state[0], 0);
	xxh64_reset(&hash->state[1], KCR_HASH_SEED);
	hash->done = from;
}

/* kcr_files_stopped() - between two steps of what may take long: with a sentence */
int kcr_files_stopped(struct kcr_ctx *ctx)
{
	if (kcr_cancelled(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -ECANCELED, "cancelled");
	if (signal_pending(current) && kcr_interrupted(ctx))
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EINTR, "interrupted");
	return 0;
}

/**
 * kcr_hash_to() - go on hashing
 * @ctx: the operation
 * @file: open for reading
 * @hash: goes on from hash->done
 * @to: byte to stop before
 *
 * Return: 0, -ENODATA when the file ends before @to, or another errno.
 */
int kcr_hash_to(struct kcr_ctx *ctx, struct file *file, struct kcr_hash *hash, u64 to)
{
	void *buf = kcr_files_buf(ctx);
	ssize_t n;
	int ret;

	if (!buf)
		return -ENOMEM;
	while (hash->done < to) {
		ret = kcr_files_stopped(ctx);
		if (ret)
			return ret;
		n = kcr_read_full(file, buf, min_t(u64, KCR_IO_SIZE, to - hash->done),
				  hash->done);
		if (n <= 0)
			return n ?: -ENODATA;
		xxh64_update(&hash->state[0], buf, n);
		xxh64_update(&hash->state[1], buf, n);
		hash->done += n;
		ctx->file_bytes += n;
		cond_resched();
	}
	return 0;
}

/* kcr_hash_end() - the 16 bytes of what has been hashed so far */
void kcr_hash_end(const struct kcr_hash *hash, u8 *digest)
{
	__le64 h[2] = {
		cpu_to_le64(xxh64_digest(&hash->state[0])),
		cpu_to_le64(xxh64_digest(&hash->state[1])),
	};

	BUILD_BUG_ON(sizeof(h) != KCR_HASH_LEN);
	memcpy(digest, h, sizeof(h));
}

static int hash_range(struct kcr_ctx *ctx, struct file *file, u64 from, u64 to, u8 *digest)
{
	struct kcr_hash hash;
	int ret;

	kcr_hash_begin(&hash, from);
	ret = kcr_hash_to(ctx, file, &hash, to);
	if (!ret)
		kcr_hash_end(&hash, digest);
	return ret;
}

/**
 * kcr_hash_range() - the hash of a part of a file, read if it is not known
 * @ctx: the operation
 * @file: open for reading
 * @from: first byte
 * @to: byte after the last one
 * @digest: set to it
 *
 * Return: as kcr_hash_to().
 */
int kcr_hash_range(struct kcr_ctx *ctx, struct file *file, u64 from, u64 to, u8 *digest)
{
	struct kcr_stat stat;
	int ret;

	if (kcr_stat(kcr_file_path(file), &stat))
		return hash_range(ctx, file, from, to, digest);
	if (kcr_known_find(file, &stat, from, to, digest))
		return 0;
	ret = hash_range(ctx, file, from, to, digest);
	if (!ret)
		kcr_known_add(file, &stat, from, to, digest);
	return ret;
}

/* kcr_stat() - what tells whether a file has been touched */
int kcr_stat(const struct path *path, struct kcr_stat *stat)
{
	struct inode *inode = d_inode(path->dentry);
	struct kstat k;
	int ret = vfs_getattr(path, &k, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);

	if (ret)
		return ret;
	*stat = (struct kcr_stat) {
		.size = k.size,
		.mtime = k.mtime,
		.ctime = k.ctime,
		.uid = k.uid,
		.gid = k.gid,
		.mode = k.mode,
		.version = IS_I_VERSION(inode) ? inode_query_iversion(inode) : 0,
	};
	return 0;
}

/* kcr_stat_same() - has the file not been touched in between? */
bool kcr_stat_same(const struct kcr_stat *a, const struct kcr_stat *b)
{
	return a->size == b->size && a->version == b->version &&
	       timespec64_equal(&a->mtime, &b->mtime) &&
	       timespec64_equal(&a->ctime, &b->ctime);
}
