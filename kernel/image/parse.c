// SPDX-License-Identifier: GPL-2.0
/*
 * The structure of an image: its head, the envelope of each record, and the
 * records that hold pages, the index and the end.
 *
 * What the payload of any other kind means is looked at by that kind's own
 * file. Here it is only made sure that the payload is as long as it may be.
 */
#include "parse.h"
#include "../../uapi/image/blocked.h"
#include "../../uapi/image/cgroup.h"
#include "../../uapi/image/chr.h"
#include "../../uapi/image/content.h"
#include "../../uapi/image/cred.h"
#include "../../uapi/image/ctty.h"
#include "../../uapi/image/dnotify.h"
#include "../../uapi/image/epoll.h"
#include "../../uapi/image/eventfd.h"
#include "../../uapi/image/external.h"
#include "../../uapi/image/fdtable.h"
#include "../../uapi/image/filter.h"
#include "../../uapi/image/fifo.h"
#include "../../uapi/image/fown.h"
#include "../../uapi/image/fs.h"
#include "../../uapi/image/given.h"
#include "../../uapi/image/host.h"
#include "../../uapi/image/hugetlb.h"
#include "../../uapi/image/inotify.h"
#include "../../uapi/image/itimer.h"
#include "../../uapi/image/locks.h"
#include "../../uapi/image/memfd.h"
#include "../../uapi/image/mempolicy.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/pidfd.h"
#include "../../uapi/image/pipe.h"
#include "../../uapi/image/pipe_end.h"
#include "../../uapi/image/posix_timer.h"
#include "../../uapi/image/prctl.h"
#include "../../uapi/image/ptrace.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/procfs.h"
#include "../../uapi/image/procmem.h"
#include "../../uapi/image/pty.h"
#include "../../uapi/image/reg.h"
#include "../../uapi/image/rlimits.h"
#include "../../uapi/image/sched.h"
#include "../../uapi/image/seccomp.h"
#include "../../uapi/image/shmem.h"
#include "../../uapi/image/sighand.h"
#include "../../uapi/image/signalfd.h"
#include "../../uapi/image/sigshared.h"
#include "../../uapi/image/sigthread.h"
#include "../../uapi/image/sem_undo.h"
#include "../../uapi/image/sysv_msg.h"
#include "../../uapi/image/mqueue.h"
#include "../../uapi/image/sysv_sem.h"
#include "../../uapi/image/sysv_shm.h"
#include "../../uapi/image/thread.h"
#include "../../uapi/image/time.h"
#include "../../uapi/image/timerfd.h"
#include "../../uapi/image/usage.h"
#include "../../uapi/image/unix.h"
#include "../../uapi/image/unix_dial.h"
#include "../../uapi/image/unix_msg.h"
#include "../../uapi/image/unix_peer.h"
#include "../../uapi/image/tty_end.h"
#include "../../uapi/image/vdso.h"
#include "../../uapi/image/vma.h"
#include "../../uapi/image/x86_cpu.h"
#include "../../uapi/image/x86_debug.h"
#include "../../uapi/image/x86_ldt.h"
#include "../../uapi/image/x86_regs.h"
#include "../../uapi/image/x86_thread.h"

_Static_assert(sizeof(struct kcr_image_head) == 64, "image head");
_Static_assert(sizeof(struct kcr_rec_head) == 40, "record head");
_Static_assert(sizeof(struct kcr_img_pages) == 24, "run of pages");
_Static_assert(sizeof(struct kcr_img_index_run) == 24, "run in the index");
_Static_assert(sizeof(struct kcr_img_end) == 48, "end");

/**
 * struct kcr_parse_bounds - how long one kind's payload may be
 * @min: fewest bytes
 * @max: most bytes, 0 for KCR_REC_MAX
 */
struct kcr_parse_bounds {
	__u32	min;
	__u32	max;
};

#define EXACTLY(type)		{ sizeof(type), sizeof(type) }
#define AT_LEAST(type)		{ sizeof(type), 0 }
#define BETWEEN(min, max)	{ min, max }

#define PAGES_MAX							\
	(sizeof(struct kcr_img_pages) + KCR_PARSE_PAGE_SIZE - 1 +	\
	 (KCR_PAGES_MAX << KCR_PARSE_PAGE_SHIFT))

static const struct kcr_parse_bounds kcr_parse_bounds[KCR_KIND_MAX] = {
	[KCR_KIND_HOST]		= EXACTLY(struct kcr_img_host),
	[KCR_KIND_CONTENT]	= AT_LEAST(struct kcr_img_content),
	[KCR_KIND_REG]		= AT_LEAST(struct kcr_img_reg),
	[KCR_KIND_CHR]		= AT_LEAST(struct kcr_img_chr),
	[KCR_KIND_PROCFS]	= AT_LEAST(struct kcr_img_procfs),
	[KCR_KIND_PROCMEM]	= EXACTLY(struct kcr_img_procmem),
	[KCR_KIND_EXTERNAL]	= AT_LEAST(struct kcr_img_external),
	[KCR_KIND_GIVEN]	= AT_LEAST(struct kcr_img_given),
	[KCR_KIND_PIPE]		= AT_LEAST(struct kcr_img_pipe),
	[KCR_KIND_PIPE_END]	= EXACTLY(struct kcr_img_pipe_end),
	[KCR_KIND_FIFO]		= AT_LEAST(struct kcr_img_fifo),
	[KCR_KIND_INOTIFY]	= AT_LEAST(struct kcr_img_inotify),
	[KCR_KIND_PIDFD]	= EXACTLY(struct kcr_img_pidfd),
	[KCR_KIND_EVENTFD]	= EXACTLY(struct kcr_img_eventfd),
	[KCR_KIND_EPOLL]	= AT_LEAST(struct kcr_img_epoll),
	[KCR_KIND_TIMERFD]	= EXACTLY(struct kcr_img_timerfd),
	[KCR_KIND_SIGNALFD]	= EXACTLY(struct kcr_img_signalfd),
	[KCR_KIND_SHMEM]	= BETWEEN(sizeof(struct kcr_img_shmem),
					  sizeof(struct kcr_img_shmem) +
					  KCR_MEMPOLICY_RANGES_MAX *
					  sizeof(struct kcr_img_mempolicy_range)),
	[KCR_KIND_HUGETLB]	= EXACTLY(struct kcr_img_hugetlb),
	[KCR_KIND_PTY]		= AT_LEAST(struct kcr_img_pty),
	[KCR_KIND_TTY_END]	= EXACTLY(struct kcr_img_tty_end),
	[KCR_KIND_CTTY]		= EXACTLY(struct kcr_img_ctty),
	[KCR_KIND_MEMFD]	= EXACTLY(struct kcr_img_memfd),
	[KCR_KIND_UNIX]		= AT_LEAST(struct kcr_img_unix),
	[KCR_KIND_UNIX_SOCK]	= AT_LEAST(struct kcr_img_unix),
	[KCR_KIND_UNIX_PEER]	= EXACTLY(struct kcr_img_unix_peer),
	[KCR_KIND_UNIX_DIAL]	= BETWEEN(sizeof(struct kcr_img_unix_dial),
					  sizeof(struct kcr_img_unix_dial) + KCR_UNIX_NAME_MAX),
	[KCR_KIND_UNIX_MSG]	= AT_LEAST(struct kcr_img_unix_msg),
	[KCR_KIND_SYSV_SHM]	= EXACTLY(struct kcr_img_sysv_shm),
	[KCR_KIND_SYSV_SEM]	= AT_LEAST(struct kcr_img_sysv_sem),
	[KCR_KIND_SYSV_MSG]	= AT_LEAST(struct kcr_img_sysv_msg),
	[KCR_KIND_MQUEUE]	= AT_LEAST(struct kcr_img_mqueue),
	[KCR_KIND_SEM_UNDO]	= AT_LEAST(struct kcr_img_sem_undo),
	[KCR_KIND_FDTABLE]	= AT_LEAST(struct kcr_img_fdtable),
	[KCR_KIND_FS]		= BETWEEN(KCR_FS_LEN_1, 0),
	[KCR_KIND_LOCKS]	= AT_LEAST(struct kcr_img_locks),
	[KCR_KIND_FOWN]		= AT_LEAST(struct kcr_img_fown),
	[KCR_KIND_DNOTIFY]	= AT_LEAST(struct kcr_img_dnotify),
	[KCR_KIND_MM]		= BETWEEN(KCR_MM_LEN_1, sizeof(struct kcr_img_mm)),
	[KCR_KIND_VMA]		= BETWEEN(sizeof(struct kcr_img_vma),
					  sizeof(struct kcr_img_vma) +
					  sizeof(struct kcr_img_mempolicy)),
	[KCR_KIND_MEMPOLICY]	= EXACTLY(struct kcr_img_mempolicy),
	[KCR_KIND_VDSO]		= BETWEEN(sizeof(struct kcr_img_vdso),
					  sizeof(struct kcr_img_vdso) + KCR_VDSO_CODE_MAX),
	[KCR_KIND_ITIMER]	= EXACTLY(struct kcr_img_itimer[KCR_ITIMERS]),
	[KCR_KIND_POSIX_TIMER]	= AT_LEAST(struct kcr_img_posix_timers),
	[KCR_KIND_X86_CPU]	= EXACTLY(struct kcr_img_x86_cpu),
	[KCR_KIND_PROCESS]	= BETWEEN(KCR_PROCESS_LEN_1, sizeof(struct kcr_img_process)),
	[KCR_KIND_THREAD]	= BETWEEN(KCR_THREAD_LEN_1, sizeof(struct kcr_img_thread)),
	[KCR_KIND_RLIMITS]	= BETWEEN(0, KCR_RLIMITS_MAX * sizeof(struct kcr_img_rlimit)),
	[KCR_KIND_CGROUP]	= BETWEEN(sizeof(struct kcr_img_cgroup),
					  sizeof(struct kcr_img_cgroup) + KCR_CGROUP_PATH_MAX),
	[KCR_KIND_SIGHAND]	= EXACTLY(struct kcr_img_sigaction[KCR_SIGNALS]),
	[KCR_KIND_SIGSHARED]	= BETWEEN(0, KCR_SIGPENDING_MAX * sizeof(struct kcr_img_siginfo)),
	[KCR_KIND_TIME]		= EXACTLY(struct kcr_img_time),
	[KCR_KIND_USAGE]	= AT_LEAST(struct kcr_img_usage),
	[KCR_KIND_CRED]		= AT_LEAST(struct kcr_img_cred),
	[KCR_KIND_SIGTHREAD]	= AT_LEAST(struct kcr_img_sigthread),
	[KCR_KIND_SCHED]	= AT_LEAST(struct kcr_img_sched),
	[KCR_KIND_BLOCKED]	= EXACTLY(struct kcr_img_blocked),
	[KCR_KIND_SECCOMP]	= EXACTLY(struct kcr_img_seccomp),
	[KCR_KIND_FILTER]	= BETWEEN(sizeof(struct kcr_img_filter),
					  sizeof(struct kcr_img_filter) +
					  KCR_FILTER_MAX * sizeof(struct kcr_img_insn)),
	[KCR_KIND_PRCTL]	= EXACTLY(struct kcr_img_prctl),
	[KCR_KIND_PTRACE]	= EXACTLY(struct kcr_img_ptrace),
	[KCR_KIND_X86_DEBUG]	= EXACTLY(struct kcr_img_x86_debug),
	[KCR_KIND_X86_LDT]	= BETWEEN(0, KCR_LDT_MAX * sizeof(struct kcr_img_x86_ldt)),
	[KCR_KIND_X86_THREAD]	= AT_LEAST(struct kcr_img_x86_thread),
	[KCR_KIND_X86_REGS]	= EXACTLY(struct kcr_img_x86_regs),
	[KCR_KIND_X86_XSTATE]	= BETWEEN(KCR_X86_XSTATE_MIN, KCR_X86_XSTATE_MAX),
	[KCR_KIND_PAGES]	= BETWEEN(sizeof(struct kcr_img_pages), PAGES_MAX),
	[KCR_KIND_INDEX]	= AT_LEAST(struct kcr_img_index_run),
	[KCR_KIND_PAD]		= BETWEEN(0, KCR_PARSE_PAGE_SIZE),
	[KCR_KIND_END]		= EXACTLY(struct kcr_img_end),
};

#define KCR_VERSION_OF(nr)						\
	((nr) == KCR_KIND_PROCESS ? 5 : (nr) == KCR_KIND_VDSO ||	\
	 (nr) == KCR_KIND_THREAD || (nr) == KCR_KIND_LOCKS ||		\
	 (nr) == KCR_KIND_FS || (nr) == KCR_KIND_BLOCKED ||			\
	 (nr) == KCR_KIND_FOWN ||					\
	 (nr) == KCR_KIND_MM || (nr) == KCR_KIND_VMA ||			\
	 (nr) == KCR_KIND_SHMEM || (nr) == KCR_KIND_PAGES ||			\
	 (nr) == KCR_KIND_INDEX ? 2 : 1)

/* The newest layout of each kind that is known here, 0 for no such kind. */
static const __u16 kcr_parse_version[KCR_KIND_MAX] = {
#define KCR_PARSE_VERSION(nr, NAME, stem, text) \
	[nr] = KCR_VERSION_OF(nr),
	KCR_KINDS(KCR_PARSE_VERSION)
#undef KCR_PARSE_VERSION
};

static int bad(int error, const char *sentence, const char **why)
{
	*why = sentence;
	return error;
}

/**
 * kcr_image_head_crc() - checksum that an image's head should have
 * @head: the head; its own @crc counts as zero
 */
__u32 kcr_image_head_crc(const struct kcr_image_head *head)
{
	struct kcr_image_head copy = *head;

	copy.crc = 0;
	return kcr_crc32(0, &copy, sizeof(copy));
}

/**
 * kcr_rec_head_crc() - checksum that a record's head should have
 * @rec: the head; its own @head_crc counts as zero
 */
__u32 kcr_rec_head_crc(const struct kcr_rec_head *rec)
{
	struct kcr_rec_head copy = *rec;

	copy.head_crc = 0;
	return kcr_crc32(0, &copy, sizeof(copy));
}

/**
 * kcr_pages_crc() - checksum of the payload of a run of pages, going on
 * @rec: head of the record; of its @version
 * @crc: of what stands before
 * @pages: the next pages
 * @len: bytes of them, a multiple of the page size but for what is damaged
 *
 * Since version 2 the hash of each page stands for its bytes.
 */
__u32 kcr_pages_crc(const struct kcr_rec_head *rec, __u32 crc, const void *pages,
		    size_t len)
{
	const __u8 *p = pages;
	__le64 hash;

	if (le16_to_cpu(rec->version) < 2)
		return kcr_crc32(crc, p, len);
	for (; len >= KCR_PARSE_PAGE_SIZE; len -= KCR_PARSE_PAGE_SIZE) {
		hash = cpu_to_le64(kcr_xxh64(p, KCR_PARSE_PAGE_SIZE));
		crc = kcr_crc32(crc, &hash, sizeof(hash));
		p += KCR_PARSE_PAGE_SIZE;
	}
	return kcr_crc32(crc, p, len);
}

/**
 * kcr_payload_crc() - checksum that a record's payload should have
 * @rec: the head; it may be damaged but for its length
 * @payload: all of it
 */
__u32 kcr_payload_crc(const struct kcr_rec_head *rec, const void *payload)
{
	const struct kcr_img_pages *run = payload;
	size_t len = le64_to_cpu(rec->len), first = len;

	if (le32_to_cpu(rec->kind) != KCR_KIND_PAGES || len < sizeof(*run))
		return kcr_crc32(0, payload, len);
	if (le32_to_cpu(run->pad) < len - sizeof(*run))
		first = sizeof(*run) + le32_to_cpu(run->pad);
	return kcr_pages_crc(rec, kcr_crc32(0, payload, first),
			     (const __u8 *)payload + first, len - first);
}

static bool all_zero(const __u8 *p, size_t n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	return !n;
}

/**
 * kcr_parse_head() - is this the beginning of an image known here?
 * @head: the first bytes
 * @why: set to the reason when it is not
 */
int kcr_parse_head(const struct kcr_image_head *head, const char **why)
{
	if (memcmp(head->magic, KCR_IMAGE_MAGIC, KCR_IMAGE_MAGIC_LEN))
		return bad(-ENOEXEC, "not a kcr image", why);
	if (le16_to_cpu(head->version) != KCR_IMAGE_VERSION)
		return bad(-EPROTONOSUPPORT, "image has another version of the format", why);
	if (le32_to_cpu(head->crc) != kcr_image_head_crc(head))
		return bad(-EBADMSG, "image's head is damaged", why);
	if (le16_to_cpu(head->arch) != KCR_ARCH_X86_64)
		return bad(-EPROTONOSUPPORT, "image is of an architecture not known here", why);
	if (le16_to_cpu(head->page_shift) != KCR_PARSE_PAGE_SHIFT)
		return bad(-EPROTONOSUPPORT, "image has pages of a size not known here", why);
	if (le32_to_cpu(head->flags) & ~KCR_IMAGE_INCREMENT)
		return bad(-EPROTONOSUPPORT, "image has a flag not known here", why);
	if (head->reserved0 || !all_zero(head->reserved, sizeof(head->reserved)))
		return bad(-EPROTONOSUPPORT, "image's head holds something not known here", why);
	return 0;
}

/**
 * kcr_parse_known() - may the payload of a record be read here?
 * @rec: head of the record
 *
 * A record of an unknown kind, or of a newer layout, is skipped, or refused
 * by kcr_parse_rec() if it is critical.
 */
bool kcr_parse_known(const struct kcr_rec_head *rec)
{
	__u32 kind = le32_to_cpu(rec->kind);
	__u16 version = le16_to_cpu(rec->version);

	return kind < KCR_KIND_MAX && version &&
	       version <= kcr_parse_version[kind];
}

static int parse_len(const struct kcr_rec_head *rec, const char **why)
{
	const struct kcr_parse_bounds *bounds;
	__u64 len = le64_to_cpu(rec->len);

	if (len > KCR_REC_MAX)
		return bad(-EBADMSG, "record is longer than any may be", why);
	if (!kcr_parse_known(rec))
		return 0;
	bounds = &kcr_parse_bounds[le32_to_cpu(rec->kind)];
	if (len < bounds->min)
		return bad(-EBADMSG, "record is too short for its kind", why);
	if (bounds->max && len > bounds->max)
		return bad(-EBADMSG, "record is too long for its kind", why);
	return 0;
}

/**
 * kcr_parse_rec() - is this the head of a record that may be read or skipped?
 * @rec: the head
 * @expected_offset: where in the image it was found
 * @why: set to the reason when it is not
 */
int kcr_parse_rec(const struct kcr_rec_head *rec, __u64 expected_offset,
		  const char **why)
{
	__u16 flags = le16_to_cpu(rec->flags);

	if (le32_to_cpu(rec->head_crc) != kcr_rec_head_crc(rec))
		return bad(-EBADMSG, "record's head is damaged", why);
	if (le64_to_cpu(rec->offset) != expected_offset)
		return bad(-EBADMSG, "record is not where it says it is", why);
	if (expected_offset % KCR_REC_ALIGN)
		return bad(-EBADMSG, "record is not aligned", why);
	if (flags & ~(KCR_REC_CRITICAL | KCR_REC_TOOL))
		return bad(-EPROTONOSUPPORT, "record has a flag not known here", why);
	if ((flags & KCR_REC_CRITICAL) && !kcr_parse_known(rec))
		return bad(-EPROTONOSUPPORT, "record that must not be skipped is of a kind not known here", why);
	return parse_len(rec, why);
}

/**
 * kcr_parse_payload() - did the payload come through unharmed?
 * @rec: head of the record
 * @crc: checksum of the payload that was read, as kcr_payload_crc() has it
 * @why: set to the reason when it did not
 */
int kcr_parse_payload(const struct kcr_rec_head *rec, __u32 crc,
		      const char **why)
{
	if (le32_to_cpu(rec->crc) != crc)
		return bad(-EBADMSG, "record is damaged", why);
	return 0;
}

static bool run_fits(__u64 addr, __u32 count)
{
	__u64 bytes = (__u64)count << KCR_PARSE_PAGE_SHIFT;

	return count && count <= KCR_PAGES_MAX &&
	       !(addr % KCR_PARSE_PAGE_SIZE) && addr <= ~bytes;
}

static __u64 no_bytes_len(__u32 flags)
{
	return flags & KCR_PAGES_EARLIER ? sizeof(struct kcr_img_pages_earlier) :
					   sizeof(struct kcr_img_pages);
}

/**
 * kcr_parse_pages() - geometry of a run of pages
 * @pages: beginning of the payload
 * @rec_offset: where in the image the record's head is
 * @len: bytes of payload, as the record's head has it
 * @why: set to the reason when it is not good
 */
int kcr_parse_pages(const struct kcr_img_pages *pages, __u64 rec_offset,
		    __u64 len, const char **why)
{
	__u32 count = le32_to_cpu(pages->count);
	__u32 flags = le32_to_cpu(pages->flags);
	__u32 pad = le32_to_cpu(pages->pad);
	__u64 first = rec_offset + sizeof(struct kcr_rec_head) + sizeof(*pages);

	if (len < sizeof(*pages))
		return bad(-EBADMSG, "run of pages is too short", why);
	if (flags & ~(KCR_PAGES_HUGE | KCR_PAGES_NO_BYTES))
		return bad(-EPROTONOSUPPORT, "run of pages has a flag not known here", why);
	if (!pages->mm)
		return bad(-EBADMSG, "run of pages belongs to nothing", why);
	if (!run_fits(le64_to_cpu(pages->addr), count))
		return bad(-EBADMSG, "run of pages has an impossible place", why);
	if (flags & KCR_PAGES_NO_BYTES) {
		if (pad || len != no_bytes_len(flags))
			return bad(-EBADMSG, "run of pages without bytes has some", why);
		return 0;
	}
	if (pad >= KCR_PARSE_PAGE_SIZE || (pad && (first + pad) % KCR_PARSE_PAGE_SIZE))
		return bad(-EBADMSG, "run of pages is not aligned", why);
	if (len != sizeof(*pages) + pad + ((__u64)count << KCR_PARSE_PAGE_SHIFT))
		return bad(-EBADMSG, "run of pages has the wrong length", why);
	return 0;
}

/**
 * kcr_parse_index() - does a part of the index follow the one before it?
 * @rec: head of the KCR_KIND_INDEX record
 * @payload: all of it
 * @at: what the end would name if there was no part but those before, 0 for none;
 *	set to what it would with this one
 * @why: set to the reason when it does not
 *
 * Returns the bytes that stand before the first run.
 */
int kcr_parse_index(const struct kcr_rec_head *rec, const void *payload, __u64 *at,
		    const char **why)
{
	const struct kcr_img_index *part = payload;

	if (le16_to_cpu(rec->version) < 2) {
		if (!*at)
			*at = le64_to_cpu(rec->offset);
		return 0;
	}
	if (le64_to_cpu(part->before) != *at)
		return bad(-EBADMSG, "part of the index does not follow the one before it", why);
	*at = le64_to_cpu(rec->offset);
	return sizeof(*part);
}

/**
 * kcr_parse_index_run() - one run in the index of pages
 * @run: the run, with its hashes behind it
 * @left: bytes of payload from @run on
 * @why: set to the reason when it is not good
 *
 * Returns the bytes that the run and its hashes take up.
 */
int kcr_parse_index_run(const struct kcr_img_index_run *run, __u64 left,
			const char **why)
{
	__u32 count;
	__u64 bytes = sizeof(*run);

	if (left < sizeof(*run))
		return bad(-EBADMSG, "index of pages is cut short", why);
	count = le32_to_cpu(run->count);
	if (!run->mm || !run_fits(le64_to_cpu(run->addr), count))
		return bad(-EBADMSG, "index of pages tells of an impossible run", why);
	if (run->offset && !(le64_to_cpu(run->offset) & KCR_INDEX_EARLIER))
		bytes += count * KCR_HASH_LEN;
	if (left < bytes)
		return bad(-EBADMSG, "index of pages is cut short", why);
	return bytes;
}

/**
 * kcr_parse_end() - does the end agree with what was read?
 * @end: payload of the KCR_KIND_END record
 * @sum: what the reader has counted
 * @why: set to the reason when it does not
 */
int kcr_parse_end(const struct kcr_img_end *end,
		  const struct kcr_parse_sum *sum, const char **why)
{
	__u64 total = sum->offset + sizeof(struct kcr_rec_head) + sizeof(*end);

	if (le64_to_cpu(end->total) != total)
		return bad(-EBADMSG, "image has another length than its end tells", why);
	if (le64_to_cpu(end->records) != sum->records)
		return bad(-EBADMSG, "image has other records than its end tells", why);
	if (le64_to_cpu(end->pages) != sum->pages)
		return bad(-EBADMSG, "image has other pages than its end tells", why);
	if (le64_to_cpu(end->index) != sum->index)
		return bad(-EBADMSG, "index of pages is not where the image's end tells", why);
	return 0;
}
