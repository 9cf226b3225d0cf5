// SPDX-License-Identifier: GPL-2.0
/*
 * An open file of any kind: which handler it gets, and what all of them have
 * in common.
 *
 * struct file, field by field:
 *   f_path, f_inode, f_mapping	the kind's handler
 *   f_op, private_data		the kind's handler
 *   f_count			who else holds it: kcr_file_shared(), by kinds that
 *				have state which two processes would share. An
 *				open regular file that a shell holds too comes
 *				back as an open file of its own
 *   f_flags, f_mode		KCR_FILE_*; modes follow from flags and kind
 *   f_pos			by kinds that have a position
 *   f_owner, FASYNC		fown.c
 *   f_cred			becomes the restarter's: no open right is given
 *   f_security			given by the LSM when it is opened again
 *   f_ra			read-ahead, posix_fadvise(): only speed
 *   f_ep			saved with the epoll set
 *   f_wb_err			an error that was not reported yet: refused
 *   f_sb_err			only seen by syncfs(), which then reports it on
 *				the restored file if it happens again
 *   f_version, f_pipe		f_pipe begins anew with the pipe; directories
 *				find their place again from f_pos
 *   f_lock, f_pos_lock, f_llist, f_iocb_flags	no state of their own
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/seq_file.h>

#include "compat/file.h"
#include "choice.h"
#include "internal.h"
#include "ipc/ipc.h"

static bool memfd_match(struct kcr_ctx *ctx, struct file *file)
{
	const struct super_block *sb = file_inode(file)->i_sb;

	return S_ISREG(file_inode(file)->i_mode) && sb->s_flags & SB_KERNMOUNT &&
	       (sb->s_magic == TMPFS_MAGIC || sb->s_magic == HUGETLBFS_MAGIC);
}

/* The first kind that recognizes a file has it. */
static const struct {
	enum kcr_kind kind;
	bool (*match)(struct kcr_ctx *ctx, struct file *file);
} file_kinds[] = {
	{ KCR_KIND_GIVEN,	kcr_given_match },
	{ KCR_KIND_REG,		kcr_opath_match },
	{ KCR_KIND_SYSV_SHM,	kcr_attached_match },
	{ KCR_KIND_MEMFD,	memfd_match },
	{ KCR_KIND_MQUEUE,	kcr_mqueue_match },
	{ KCR_KIND_REG,		kcr_reg_match },
	{ KCR_KIND_CHR,		kcr_chr_match },
	{ KCR_KIND_PROCFS,	kcr_procfs_match },
	{ KCR_KIND_PROCMEM,	kcr_procmem_match },
	{ KCR_KIND_EVENTFD,	kcr_eventfd_match },
	{ KCR_KIND_EPOLL,	kcr_epoll_match },
	{ KCR_KIND_TIMERFD,	kcr_timerfd_match },
	{ KCR_KIND_SIGNALFD,	kcr_signalfd_match },
	{ KCR_KIND_INOTIFY,	kcr_inotify_match },
	{ KCR_KIND_PIDFD,	kcr_pidfd_match },
	{ KCR_KIND_UNIX,	kcr_unix_match },
	{ KCR_KIND_TTY_END,	kcr_tty_end_match },
	{ KCR_KIND_EXTERNAL,	kcr_external_match },
	{ KCR_KIND_PIPE_END,	kcr_pipe_end_match },
	{ KCR_KIND_FIFO,	kcr_fifo_match },
};

static int common_refuse(struct kcr_ctx *ctx, struct file *file, enum kcr_kind kind)
{
	int ret = kcr_fown_refuse(ctx, file, kind);

	if (!ret && filemap_check_wb_err(file->f_mapping, file->f_wb_err))
		ret = kcr_refuse(ctx, "a write error that has not been reported yet");
	return ret;
}

/**
 * kcr_file_save() - save an open file of any kind
 * @ctx: the operation; everything is parked
 * @file: the file
 * @id: set to its record's id
 */
int kcr_file_save(struct kcr_ctx *ctx, struct file *file, u32 *id)
{
	unsigned int i;
	int ret;

	*id = kcr_saved_id(ctx, file);
	if (*id)
		return 0;
	if (kcr_choice_of(ctx, file) == KCR_CHOICE_CLOSE)
		return kcr_refuse(ctx, "is to be closed (--external), but not only descriptors lead to it");
	for (i = 0; i < ARRAY_SIZE(file_kinds); i++)
		if (file_kinds[i].match(ctx, file))
			break;
	if (i == ARRAY_SIZE(file_kinds))
		return kcr_file_refuse(ctx, file);
	ret = common_refuse(ctx, file, file_kinds[i].kind);
	return ret ?: kcr_save_object(ctx, file_kinds[i].kind, file, id);
}

/* kcr_file_restored() - the open file of a record, with a reference, or NULL */
struct file *kcr_file_restored(struct kcr_ctx *ctx, u32 id)
{
	enum kcr_kind kind;
	struct file *file = kcr_object_any(ctx, id, &kind);
	unsigned int i;

	if (!file) {
		file = kcr_procfs_restored(ctx, id);
		kind = KCR_KIND_PROCFS;
	}
	for (i = 0; file && i < ARRAY_SIZE(file_kinds); i++)
		if (file_kinds[i].kind == kind)
			return get_file(file);
	kcr_bad_image(ctx, "no open file has id %u", id);
	return NULL;
}

/* kcr_file_put() - put() of all kinds of open files */
void kcr_file_put(void *file)
{
	fput(file);
}

/* Open flags */

static const struct {
	int flag;
	u32 image;
} file_flags[] = {
	{ O_APPEND,	KCR_FILE_APPEND },
	{ O_NONBLOCK,	KCR_FILE_NONBLOCK },
	{ __O_SYNC,	KCR_FILE_SYNC },
	{ O_DSYNC,	KCR_FILE_DSYNC },
	{ O_DIRECT,	KCR_FILE_DIRECT },
	{ O_LARGEFILE,	KCR_FILE_LARGEFILE },
	{ O_DIRECTORY,	KCR_FILE_DIRECTORY },
	{ O_NOFOLLOW,	KCR_FILE_NOFOLLOW },
	{ O_NOATIME,	KCR_FILE_NOATIME },
	{ O_CLOEXEC,	KCR_FILE_CLOEXEC },
	{ __O_TMPFILE,	KCR_FILE_TMPFILE },
	{ O_PATH,	KCR_FILE_PATH },
};

/*
 * Set when a program is executed; the mode that it leads to is not needed. The
 * last is fown.c's.
 */
#define FILE_FLAGS_IGNORED	((int)__FMODE_EXEC | (int)__FMODE_NONOTIFY | FASYNC)

/* kcr_file_flags_any() - how a file is open, as KCR_FILE_*; also for no access */
int kcr_file_flags_any(struct kcr_ctx *ctx, struct file *file, u32 *flags)
{
	int left = file->f_flags & ~(O_ACCMODE | FILE_FLAGS_IGNORED);
	unsigned int i;

	*flags = (file->f_mode & FMODE_READ ? KCR_FILE_READ : 0) |
		 (file->f_mode & FMODE_WRITE ? KCR_FILE_WRITE : 0);
	for (i = 0; i < ARRAY_SIZE(file_flags); i++) {
		if (left & file_flags[i].flag)
			*flags |= file_flags[i].image;
		left &= ~file_flags[i].flag;
	}
	if (left)
		return kcr_refuse(ctx, "opened with flags 0x%x: not supported yet", left);
	if (!(*flags & (KCR_FILE_READ | KCR_FILE_WRITE | KCR_FILE_PATH)))
		*flags |= KCR_FILE_NEITHER;
	return 0;
}

/* kcr_file_flags_save() - how a file is open that is read or written, as KCR_FILE_* */
int kcr_file_flags_save(struct kcr_ctx *ctx, struct file *file, u32 *flags)
{
	int ret = kcr_file_flags_any(ctx, file, flags);

	if (!ret && !(*flags & (KCR_FILE_READ | KCR_FILE_WRITE)))
		return kcr_refuse(ctx, "opened neither for reading nor for writing: not supported yet");
	return ret;
}

/**
 * kcr_file_named_save() - how a file is open, and what it is called
 * @ctx: the operation, in the controller
 * @file: the file
 * @flags: of the record, set
 * @name: set to what the caller frees with kfree(), or NULL if it was refused
 */
int kcr_file_named_save(struct kcr_ctx *ctx, struct file *file, __le32 *flags, char **name)
{
	u32 value;
	int ret = kcr_file_flags_save(ctx, file, &value) ?:
		  kcr_path_save(ctx, &file->f_path, name);

	*flags = cpu_to_le32(value);
	return ret;
}

/* kcr_file_flags_check() - are these flags of a record known? */
int kcr_file_flags_check(struct kcr_ctx *ctx, u32 flags, const char *what)
{
	if (flags & ~KCR_FILE_FLAGS || flags & (KCR_FILE_NEITHER | KCR_FILE_PATH) ||
	    !(flags & (KCR_FILE_READ | KCR_FILE_WRITE)))
		return kcr_bad_image(ctx, "a %s record with open flags 0x%x", what, flags);
	return 0;
}

/* kcr_file_flags_check_any() - likewise, where no access is fine, too */
int kcr_file_flags_check_any(struct kcr_ctx *ctx, u32 flags, const char *what)
{
	u32 none = flags & (KCR_FILE_NEITHER | KCR_FILE_PATH);

	if (!none)
		return kcr_file_flags_check(ctx, flags, what);
	if (flags & ~KCR_FILE_FLAGS || flags & (KCR_FILE_READ | KCR_FILE_WRITE) ||
	    none == (KCR_FILE_NEITHER | KCR_FILE_PATH))
		return kcr_bad_image(ctx, "a %s record with open flags 0x%x", what, flags);
	return 0;
}

static int all_flags(u32 flags)
{
	int res = O_RDONLY;
	unsigned int i;

	if (flags & KCR_FILE_WRITE)
		res = flags & KCR_FILE_READ ? O_RDWR : O_WRONLY;
	if (flags & KCR_FILE_NEITHER)
		res = O_ACCMODE;
	for (i = 0; i < ARRAY_SIZE(file_flags); i++)
		if (flags & file_flags[i].image)
			res |= file_flags[i].flag;
	return res;
}

/* kcr_file_flags() - KCR_FILE_* as open(2) has them; never one that creates */
int kcr_file_flags(u32 flags)
{
	/* __O_TMPFILE comes with O_DIRECTORY, though it opens none. */
	if (flags & KCR_FILE_TMPFILE)
		flags &= ~(KCR_FILE_TMPFILE | KCR_FILE_DIRECTORY);
	return all_flags(flags);
}

/* kcr_file_flags_set() - give a file that is not used yet the flags it had */
void kcr_file_flags_set(struct file *file, u32 flags)
{
	int set = all_flags(flags) & ~O_ACCMODE;

	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & O_ACCMODE) | set;
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
}

/**
 * kcr_file_made() - a record has become what a system call has made
 * @ctx: the operation, in a leader
 * @rec: the record
 * @fd: what the call returned: a descriptor, which is taken back, or an error
 * @flags: KCR_FILE_*, for the open file
 * @what: its kind, for the sentence
 */
int kcr_file_made(struct kcr_ctx *ctx, const struct kcr_rec *rec, long fd, u32 flags,
		  const char *what)
{
	struct file *file = fd < 0 ? NULL : fget(fd);

	if (fd >= 0)
		close_fd(fd);
	if (!file)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, fd < 0 ? fd : -EBADF,
				"%s: can't be made (errno %ld)", what, fd < 0 ? -fd : EBADF);
	kcr_file_flags_set(file, flags);
	return kcr_object_add(ctx, rec, file);
}

/**
 * kcr_fdinfo() - what /proc/PID/fdinfo says about the kind of a file
 * @ctx: the operation
 * @file: the file; its kind has a show_fdinfo()
 *
 * Return: lines of text to be freed with kvfree(), or NULL after kcr_nomem().
 */
char *kcr_fdinfo(struct kcr_ctx *ctx, struct file *file)
{
	struct seq_file m = { .size = PAGE_SIZE };

	for (; m.size <= SZ_64M; m.size *= 4) {
		m.count = 0;
		m.buf = kvmalloc(m.size, GFP_KERNEL);
		if (!m.buf)
			break;
		file->f_op->show_fdinfo(&m, file);
		if (!seq_has_overflowed(&m)) {
			m.buf[m.count] = '\0';
			return m.buf;
		}
		kvfree(m.buf);
	}
	kcr_nomem(ctx);
	return NULL;
}
