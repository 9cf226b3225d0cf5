// SPDX-License-Identifier: GPL-2.0
/*
 * Leases (F_SETLEASE), for fown.c.
 *
 * struct file_lease, field by field (in 6.1 it is a struct file_lock):
 *   fl_type, fl_file, fl_owner	saved with the open file
 *   fl_pid			who took it, as /proc/locks shows
 *   fl_fasync			the descriptor that signals tell of
 *   fl_flags			of those, that somebody waits for it to be given up
 *				(FL_UNLOCK_PENDING), or to be one on reading
 *				(FL_DOWNGRADE_PENDING)
 *   fl_break_time,		until when the holder may take its time, no longer
 *   fl_downgrade_time		than this machine grants; then the kernel does it
 *   fl_lmops			the kernel's, of all leases of programs
 *   fl_blocked_requests and so on	who waits, sleeps in open() and asks again
 *
 * Opening the file for reading would break a lease on writing, so a checkpoint reads
 * it through the program's own open file, or, if that is only open for writing,
 * through the page cache, as the kernel itself does around a write. Where a file
 * system can't do that (a network's, an overlay) the lease is refused.
 *
 * A new lease on reading is not to be had while another is to be given up, so all
 * are taken before any is being broken again.
 */
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include "compat/file.h"
#include "compat/filelock.h"
#include "ksym.h"
#include "internal.h"
#include <uapi/image/fown.h>

static kcr_lock_t *lease_find(struct file_lock_context *flc, const struct file *file)
{
	kcr_lock_t *lock;

	lockdep_assert_held(&flc->flc_lock);
	list_for_each_entry(lock, &flc->flc_lease, kcr_lock_list)
		if (kcr_lock_file(lock) == file)
			return lock;
	return NULL;
}

/* kcr_fasync_fd() - descriptor that an open file was put into such a list by, or -1 */
int kcr_fasync_fd(const struct fasync_struct *list, const struct file *file)
{
	for (; list; list = list->fa_next)
		if (list->fa_file == file)
			return list->fa_fd;
	return -1;
}

/* Milliseconds that are left; 0: it has no end. */
static u32 left_of(unsigned long then)
{
	long left = then - jiffies;

	if (!then)
		return 0;
	return left <= 0 ? 1 : clamp_t(u64, jiffies64_to_msecs(left), 1, INT_MAX);
}

static void describe(kcr_lock_t *lock, const struct file *file, struct kcr_lease *lease)
{
	lease->flags = kcr_lock_type(lock) == F_RDLCK ? KCR_FOWN_LEASE_READ :
							KCR_FOWN_LEASE_WRITE;
	lease->fd = kcr_fasync_fd(kcr_lease_of(lock)->fl_fasync, file);
	if (kcr_lock_flags(lock) & FL_DOWNGRADE_PENDING) {
		lease->flags |= KCR_FOWN_DOWNGRADE;
		lease->downgrade = left_of(kcr_lease_of(lock)->fl_downgrade_time);
	}
	if (kcr_lock_flags(lock) & FL_UNLOCK_PENDING) {
		lease->flags |= KCR_FOWN_UNLOCK;
		lease->unlock = left_of(kcr_lease_of(lock)->fl_break_time);
	}
}

/* kcr_lease_find() - has fcntl(F_SETLEASE) been called on the open file? */
bool kcr_lease_find(struct file *file, struct kcr_lease *lease)
{
	struct file_lock_context *flc = locks_inode_context(file_inode(file));
	kcr_lock_t *lock;

	*lease = (struct kcr_lease) { };
	if (!flc)
		return false;
	spin_lock(&flc->flc_lock);
	lock = lease_find(flc, file);
	if (lock)
		describe(lock, file, lease);
	spin_unlock(&flc->flc_lock);
	return lock;
}

/* kcr_has_write_lease() - would opening the file for reading break a lease? */
bool kcr_has_write_lease(const struct path *path)
{
	struct file_lock_context *flc = locks_inode_context(d_inode(path->dentry));
	kcr_lock_t *lock;
	bool found = false;

	if (!flc)
		return false;
	spin_lock(&flc->flc_lock);
	list_for_each_entry(lock, &flc->flc_lease, kcr_lock_list)
		found |= kcr_lock_type(lock) == F_WRLCK;
	spin_unlock(&flc->flc_lock);
	return found;
}

/* kcr_lease_refuse() - a lease that keeps us from reading the file */
int kcr_lease_refuse(struct kcr_ctx *ctx, struct file *file)
{
	struct kcr_lease lease;

	if (kcr_lease_find(file, &lease) && lease.flags & KCR_FOWN_LEASE_WRITE &&
	    !(file->f_mode & FMODE_READ) && !kcr_can_read_cached(file))
		return kcr_refuse(ctx, "a lease on writing of what is not open for reading: not supported on %s",
				  file_inode(file)->i_sb->s_type->name);
	return 0;
}

/* Reading what is only open for writing */

/* kcr_can_read_cached() - can its pages be had, without opening it once more? */
bool kcr_can_read_cached(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && !IS_DAX(inode) && inode == file->f_mapping->host &&
	       (shmem_mapping(file->f_mapping) || file->f_mapping->a_ops->read_folio);
}

static struct page *cached_page(struct file *file, pgoff_t index)
{
	struct address_space *mapping = file->f_mapping;

	return shmem_mapping(mapping) ? shmem_read_mapping_page(mapping, index) :
					read_mapping_page(mapping, index, file);
}

/**
 * kcr_read_cached() - read a file through the page cache
 * @file: whatever it is open for; kcr_can_read_cached()
 * @buf: where to
 * @len: bytes
 * @pos: from where
 *
 * Return: bytes, fewer than @len only at the end; or a negative errno.
 */
ssize_t kcr_read_cached(struct file *file, void *buf, size_t len, loff_t pos)
{
	loff_t size = i_size_read(file_inode(file));
	size_t done, n;

	if (!kcr_can_read_cached(file))
		return -EBADF;
	len = pos < size ? min_t(u64, len, size - pos) : 0;
	for (done = 0; done < len; done += n, pos += n) {
		struct page *page = cached_page(file, pos >> PAGE_SHIFT);

		if (IS_ERR(page))
			return PTR_ERR(page);
		n = min_t(size_t, len - done, PAGE_SIZE - offset_in_page(pos));
		memcpy_from_page(buf + done, page, offset_in_page(pos), n);
		put_page(page);
		cond_resched();
	}
	return done;
}

/* Restore */

/**
 * kcr_lease_take() - take a lease, which nobody breaks yet
 * @ctx: the operation, in the restarter
 * @leader: whose it is
 * @file: the open file
 * @img: what the image says of it, with a lease
 */
int kcr_lease_take(struct kcr_ctx *ctx, struct task_struct *leader, struct file *file,
		   const struct kcr_img_fown_file *img)
{
	bool read = img->flags & cpu_to_le32(KCR_FOWN_LEASE_READ);
	struct file_lock_context *flc;
	kcr_lock_t *lock;
	long ret;

	ret = kcr_call(fcntl_setlease)(le32_to_cpu(img->lease_fd), file,
				       read ? F_RDLCK : F_WRLCK);
	flc = locks_inode_context(file_inode(file));
	if (ret || !flc)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret ?: -EINVAL,
				"fd %u: the lease that it had can't be taken (errno %ld)",
				le32_to_cpu(img->fd), -ret);
	spin_lock(&flc->flc_lock);
	lock = lease_find(flc, file);
	if (lock)
		kcr_lock_pid(lock) = leader->tgid;
	spin_unlock(&flc->flc_lock);
	return 0;
}

/* Not later than if it was asked for now; 0: never, which only this machine can grant. */
static unsigned long until(u32 ms)
{
	int most = kcr_var(lease_break_time);
	unsigned long left = msecs_to_jiffies(min_t(u32, ms, INT_MAX));

	if (most > 0 && (!ms || left > most * (unsigned long)HZ))
		left = most * (unsigned long)HZ;
	return ms || most > 0 ? (jiffies + left) ?: 1 : 0;
}

/* kcr_lease_break() - who has a lease is to give it up, as far as it was */
void kcr_lease_break(struct file *file, const struct kcr_img_fown_file *img)
{
	struct file_lock_context *flc = locks_inode_context(file_inode(file));
	u32 flags = le32_to_cpu(img->flags);
	kcr_lock_t *lock;

	if (!flc || !(flags & KCR_FOWN_BREAKING))
		return;
	spin_lock(&flc->flc_lock);
	lock = lease_find(flc, file);
	if (lock && flags & KCR_FOWN_DOWNGRADE) {
		kcr_lock_flags(lock) |= FL_DOWNGRADE_PENDING;
		kcr_lease_of(lock)->fl_downgrade_time = until(le32_to_cpu(img->downgrade_ms));
	}
	if (lock && flags & KCR_FOWN_UNLOCK) {
		kcr_lock_flags(lock) |= FL_UNLOCK_PENDING;
		kcr_lease_of(lock)->fl_break_time = until(le32_to_cpu(img->unlock_ms));
	}
	spin_unlock(&flc->flc_lock);
}
