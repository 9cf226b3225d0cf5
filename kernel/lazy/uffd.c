// SPDX-License-Identifier: GPL-2.0
/*
 * userfaultfd, used from inside the kernel.
 *
 * It only talks to user memory. So the server has an address space of its own, with
 * a page for what is said and others for the pages of the image, and a table of
 * descriptors of its own: nothing of this can be reached from user mode. The
 * memory to be watched is adopted for the moment in which a userfaultfd is made.
 */
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <uapi/linux/userfaultfd.h>

#include "compat/userfaultfd.h"
#include "kcr.h"
#include "ksym.h"
#include "lazy/internal.h"

/* What else happens to the memory must be known before a page is put there. */
#define FEATURES	(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP |		\
			 UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP)

#define BENCH_SIZE	((1ul + LAZY_BATCH) << PAGE_SHIFT)

static void __user *message(const struct lazy_bench *b)
{
	return (void __user *)b->addr;
}

static unsigned long buffer(const struct lazy_bench *b)
{
	return b->addr + PAGE_SIZE;
}

/* What mm_alloc() leaves to exec(). */
static struct mm_struct *mm_make(void)
{
	struct mm_struct *mm = kcr_call(mm_alloc)();

	if (!mm)
		return NULL;
	mm->task_size = TASK_SIZE;
	kcr_call(arch_pick_mmap_layout)(mm, &current->signal->rlim[RLIMIT_STACK]);
	return mm;
}

/**
 * lazy_bench_begin() - memory to talk in
 * @b: the bench; current is a kernel thread, and adopts it
 */
int lazy_bench_begin(struct lazy_bench *b)
{
	int n;

	b->mm = mm_make();
	if (!b->mm)
		return -ENOMEM;
	kthread_use_mm(b->mm);
	b->addr = vm_mmap(NULL, 0, BENCH_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(b->addr))
		return (long)b->addr;
	n = pin_user_pages_fast(buffer(b), LAZY_BATCH, FOLL_WRITE | FOLL_LONGTERM, b->pages);
	b->pinned = max(n, 0);
	if (n < 0)
		return n;
	return b->pinned == LAZY_BATCH ? 0 : -ENOMEM;
}

/* lazy_bench_end() - whatever of it there is goes */
void lazy_bench_end(struct lazy_bench *b)
{
	if (!b->mm)
		return;
	unpin_user_pages(b->pages, b->pinned);
	kthread_unuse_mm(b->mm);
	mmput(b->mm);
	b->mm = NULL;
}

static long call(struct lazy_bench *b, struct lazy_uffd *u, unsigned int cmd, void *arg,
		 size_t len)
{
	long ret;

	if (copy_to_user(message(b), arg, len))
		return -EFAULT;
	ret = u->file->f_op->unlocked_ioctl(u->file, cmd, b->addr);
	return copy_from_user(arg, message(b), len) ? -EFAULT : ret;
}

static int fd_close(int fd)
{
	return kcr_syscall(close_range, fd, fd, 0);
}

/* lazy_uffd_adopt() - @fd is a userfaultfd, in our own table */
int lazy_uffd_adopt(struct lazy_uffd *u, int fd)
{
	u->fd = fd;
	u->file = fget(fd);
	return u->file ? 0 : -EBADF;
}

static int uffd_make(struct lazy_bench *b, struct lazy_uffd *u, struct mm_struct *mm)
{
	int fd;

	kthread_unuse_mm(b->mm);
	kthread_use_mm(mm);
	fd = kcr_syscall(userfaultfd, O_CLOEXEC | O_NONBLOCK);
	kthread_unuse_mm(mm);
	kthread_use_mm(b->mm);
	return fd < 0 ? fd : lazy_uffd_adopt(u, fd);
}

/**
 * lazy_uffd_open() - make a userfaultfd for some memory
 * @b: current's
 * @u: gets it; to be closed if this fails, too
 * @mm: the memory, with users
 */
int lazy_uffd_open(struct lazy_bench *b, struct lazy_uffd *u, struct mm_struct *mm)
{
	struct uffdio_api api = { .api = UFFD_API, .features = FEATURES };
	int ret = uffd_make(b, u, mm);

	if (ret)
		return ret;
	if (kcr_uffd_mm(u->file) != mm)
		return -EOPNOTSUPP;	/* its structure is another one here */
	return call(b, u, UFFDIO_API, &api, sizeof(api));
}

static int uffd_woken(wait_queue_entry_t *wait, unsigned int mode, int flags, void *key)
{
	struct lazy_uffd *u = container_of(wait, struct lazy_uffd, wait);

	WRITE_ONCE(*u->kicked, true);
	wake_up(u->wake);
	return 0;
}

static void uffd_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct lazy_uffd *u = container_of(table, struct lazy_uffd, poll);

	u->head = head;
	init_waitqueue_func_entry(&u->wait, uffd_woken);
	add_wait_queue(head, &u->wait);
}

/* lazy_uffd_watch() - set @kicked, and wake @wake, when there is something to read */
void lazy_uffd_watch(struct lazy_uffd *u, wait_queue_head_t *wake, bool *kicked)
{
	u->wake = wake;
	u->kicked = kicked;
	init_poll_funcptr(&u->poll, uffd_queue);
	if (vfs_poll(u->file, &u->poll))
		uffd_woken(&u->wait, 0, 0, NULL);
}

/* lazy_uffd_close() - nothing is watched any more, and whoever waits goes on */
void lazy_uffd_close(struct lazy_uffd *u)
{
	if (!u->file)
		return;
	if (u->head)
		remove_wait_queue(u->head, &u->wait);
	fd_close(u->fd);
	__fput_sync(u->file);
	u->file = NULL;
	u->head = NULL;
}

int lazy_uffd_register(struct lazy_bench *b, struct lazy_uffd *u, unsigned long start,
		       unsigned long len)
{
	struct uffdio_register reg = {
		.range = { .start = start, .len = len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return call(b, u, UFFDIO_REGISTER, &reg, sizeof(reg));
}

/**
 * lazy_uffd_read() - what has happened
 * @b: current's
 * @u: the userfaultfd
 * @msg: one message; whoever waits that it is read goes on
 *
 * Return: 0, or -EAGAIN if nothing has.
 */
int lazy_uffd_read(struct lazy_bench *b, struct lazy_uffd *u, struct uffd_msg *msg)
{
	long ret = kcr_syscall(read, u->fd, b->addr, sizeof(*msg));

	if (ret != sizeof(*msg))
		return ret < 0 ? ret : -EIO;
	return copy_from_user(msg, message(b), sizeof(*msg)) ? -EFAULT : 0;
}

/* Pages that were put there, or why none was. */
static long put(long ret, s64 bytes)
{
	if (bytes > 0)
		return bytes >> PAGE_SHIFT;
	return bytes ?: ret ?: -EIO;
}

/**
 * lazy_uffd_copy() - put the first pages of the bench in place
 * @b: current's
 * @u: watches the memory
 * @addr: where they go
 * @count: how many
 *
 * Return: how many were; -EEXIST: there is one; -ENOENT: no such memory is watched;
 * -EAGAIN: there is something to read, or will be; -ESRCH: the memory is gone.
 */
long lazy_uffd_copy(struct lazy_bench *b, struct lazy_uffd *u, unsigned long addr,
		    unsigned int count)
{
	struct uffdio_copy copy = {
		.dst = addr,
		.src = buffer(b),
		.len = (u64)count << PAGE_SHIFT,
	};
	long ret = call(b, u, UFFDIO_COPY, &copy, sizeof(copy));

	return put(ret, copy.copy);
}

/* lazy_uffd_zero() - the same with a page of zeros */
long lazy_uffd_zero(struct lazy_bench *b, struct lazy_uffd *u, unsigned long addr)
{
	struct uffdio_zeropage zero = { .range = { .start = addr, .len = PAGE_SIZE } };
	long ret = call(b, u, UFFDIO_ZEROPAGE, &zero, sizeof(zero));

	return put(ret, zero.zeropage);
}

static void wake(struct lazy_bench *b, struct lazy_uffd *u, unsigned long start,
		 unsigned long len)
{
	struct uffdio_range range = { .start = start, .len = len };

	call(b, u, UFFDIO_WAKE, &range, sizeof(range));
}

/* lazy_uffd_wake() - whoever waits for that page tries again */
void lazy_uffd_wake(struct lazy_bench *b, struct lazy_uffd *u, unsigned long addr)
{
	wake(b, u, addr, PAGE_SIZE);
}

/* lazy_uffd_wake_all() - whoever waits for any page does */
void lazy_uffd_wake_all(struct lazy_bench *b, struct lazy_uffd *u)
{
	wake(b, u, 0, TASK_SIZE);
}
