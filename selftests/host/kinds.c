// SPDX-License-Identifier: GPL-2.0
/*
 * A small image that holds a record of every kind: the host, memory, what is
 * shared by its id, and all of it.
 */
#include <stdlib.h>

#include "../../uapi/image/host.h"
#include "../../uapi/image/hugetlb.h"
#include "../../uapi/image/memfd.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/mqueue.h"
#include "../../uapi/image/shmem.h"
#include "../../uapi/image/sem_undo.h"
#include "../../uapi/image/sysv_msg.h"
#include "../../uapi/image/sysv_sem.h"
#include "../../uapi/image/sysv_shm.h"
#include "../../uapi/image/vdso.h"
#include "../../uapi/image/vma.h"
#include "kinds.h"

static void put_host(struct build *b)
{
	struct kcr_img_host host = {
		.realtime_ns = cpu_to_le64(1750000000123456789ull),
		.monotonic_ns = cpu_to_le64(3600000000000ull),
		.boottime_ns = cpu_to_le64(3700000000000ull),
		.xfeatures = cpu_to_le64(0x207),
		.xsave_size = cpu_to_le32(2696),
		.uid = cpu_to_le32(1000),
		.gid = cpu_to_le32(1000),
		.node = "somewhere",
		.release = "6.1.0-test",
		.version = "#1 SMP",
		.machine = "x86_64",
		.kcr = "0.1.0",
		.cpu = "A processor \"of\" \x1b[31msorts",
	};

	PUT(b, KCR_KIND_HOST, 0, 0, &host);
}

static void put_semaphores(struct build *b)
{
	struct kcr_img_sysv_sem set = {
		.perm.id = cpu_to_le32(7), .count = cpu_to_le32(1),
	};
	struct kcr_img_sem sem = { cpu_to_le32(3), cpu_to_le32(4711) };
	struct kcr_img_sem_undo undo = { cpu_to_le32(ID_SEMS), cpu_to_le32(1) };
	struct kcr_img_sem_adj adj = { 0, cpu_to_le32(-2) };

	PUT_TAIL(b, KCR_KIND_SYSV_SEM, ID_SEMS, 0, &set, &sem, sizeof(sem));
	PUT_TAIL(b, KCR_KIND_SEM_UNDO, 0, 0, &undo, &adj, sizeof(adj));
}

static void put_queues(struct build *b)
{
	struct kcr_img_sysv_msg queue = {
		.perm.id = cpu_to_le32(3), .qbytes = cpu_to_le64(16384),
		.count = cpu_to_le32(1), .lspid = cpu_to_le32(4711),
	};
	struct {
		struct kcr_img_message head;
		char text[8];
	} msg = { { .type = cpu_to_le64(5), .len = cpu_to_le32(6) }, "walrus" };
	struct kcr_img_mqueue mqueue = {
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_NONBLOCK),
		.mode = cpu_to_le32(0640), .max_messages = cpu_to_le32(10),
		.max_size = cpu_to_le32(8192), .name_len = cpu_to_le32(6),
		.notify = cpu_to_le32(KCR_MQUEUE_NOTIFY_SIGNAL),
		.signo = cpu_to_le32(10), .notify_pid = cpu_to_le32(4711),
	};

	PUT_TAIL(b, KCR_KIND_SYSV_MSG, ID_MESSAGES, 0, &queue, &msg, sizeof(msg));
	PUT_TAIL(b, KCR_KIND_MQUEUE, ID_MQUEUE, 0, &mqueue, "queue\0\0", 8);
}

static void put_shared_memory(struct build *b)
{
	struct kcr_img_shmem shmem = {
		.size = cpu_to_le64(8192), .mode = cpu_to_le32(0600),
		.seals = cpu_to_le32(KCR_SEAL_SHRINK), .name = "memfd:pool",
	};
	struct kcr_img_memfd memfd = {
		.shmem = cpu_to_le32(ID_SHMEM),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};

	struct kcr_img_sysv_shm segment = {
		.type = cpu_to_le32(KCR_SHM_SEGMENT),
		.perm.id = cpu_to_le32(32768), .perm.mode = cpu_to_le32(0600),
		.size = cpu_to_le64(8192), .cpid = cpu_to_le32(4711),
	};
	struct kcr_img_sysv_shm attached = {
		.type = cpu_to_le32(KCR_SHM_ATTACHED),
		.segment = cpu_to_le32(ID_SEGMENT),
	};

	struct kcr_img_hugetlb hugetlb = {
		.size = cpu_to_le64(4 << 20), .page_shift = cpu_to_le32(21),
		.mode = cpu_to_le32(0777), .name = "anon_hugepage",
	};

	PUT(b, KCR_KIND_SHMEM, ID_SHMEM, 0, &shmem);
	PUT(b, KCR_KIND_HUGETLB, ID_HUGETLB, 0, &hugetlb);
	PUT(b, KCR_KIND_MEMFD, ID_MEMFD, 0, &memfd);
	PUT(b, KCR_KIND_SYSV_SHM, ID_SEGMENT, 0, &segment);
	PUT(b, KCR_KIND_SYSV_SHM, ID_ATTACHED, 0, &attached);
}

static void put_vma(struct build *b, uint64_t start, uint64_t len,
		    uint32_t file, uint32_t flags)
{
	struct kcr_img_vma vma = {
		.start = cpu_to_le64(start),
		.end = cpu_to_le64(start + len),
		.mm = cpu_to_le32(ID_MM),
		.file = cpu_to_le32(file),
		.flags = cpu_to_le32(flags),
	};

	PUT(b, KCR_KIND_VMA, 0, 0, &vma);
}

static void put_vdso(struct build *b)
{
	struct {
		struct kcr_img_vdso vdso;
		uint8_t code[0x1000];
	} rec = {
		.vdso = {
			.vvar = cpu_to_le64(STACK + 0x100000),
			.vvar_len = cpu_to_le64(0x4000),
			.vdso = cpu_to_le64(STACK + 0x104000),
			.vdso_len = cpu_to_le64(sizeof(rec.code)),
			.arch = cpu_to_le32(KCR_ARCH_X86_64),
		},
	};

	build_rec_flags(b, KCR_KIND_VDSO, 2, KCR_REC_CRITICAL, &rec, sizeof(rec));
}

static void put_memory(struct build *b)
{
	struct kcr_img_mm mm = {
		.start_brk = cpu_to_le64(HEAP), .brk = cpu_to_le64(HEAP + 0xc000),
		.exe = cpu_to_le32(ID_EXE), .dumpable = cpu_to_le32(1),
		.auxv_count = cpu_to_le32(2), .auxv = { cpu_to_le64(6) },
	};

	PUT(b, KCR_KIND_MM, ID_MM, 0, &mm);
	put_vma(b, 0x400000, 0x10000, ID_EXE, KCR_VMA_READ | KCR_VMA_EXEC);
	put_vma(b, HEAP, 0xc000, 0, KCR_VMA_READ | KCR_VMA_WRITE);
	put_vma(b, HEAP + 0x100000, 0x2000, ID_MEMFD,
		KCR_VMA_READ | KCR_VMA_SHARED);
	put_vma(b, STACK, 0x21000, 0,
		KCR_VMA_READ | KCR_VMA_WRITE | KCR_VMA_GROWSDOWN);
	put_vdso(b);
}

static void put_pages(struct build *b)
{
	static uint8_t pages[3 * BUILD_PAGE];
	size_t i;

	for (i = 0; i < sizeof(pages); i++)
		pages[i] = i * 7 + i / 251;
	build_pages(b, ID_MM, HEAP, 2, pages);
	build_zeros(b, ID_MM, HEAP + 0x2000, 7);
	build_pages(b, ID_MM, HEAP + 0x9000, 3, pages);
	build_pages(b, ID_SHMEM, 0x1000, 1, pages);
}

void build_sample(struct build *b)
{
	build_begin(b);
	put_host(b);
	kinds_put_content(b);
	kinds_put_files(b);
	put_semaphores(b);
	put_queues(b);
	put_shared_memory(b);
	kinds_put_sockets(b);
	kinds_put_terminal(b);
	kinds_put_tables(b);
	put_memory(b);
	kinds_put_process(b);
	kinds_put_threads(b);
	build_rec_flags(b, 4000, 1, 0, "of tomorrow", 11);
	build_rec_flags(b, KCR_KIND_PAD, 1, 0, "", 0);
	put_pages(b);
	if (getenv("FAKE_RUNS"))
		build_runs(b, ID_MM, 0x40000000, atoi(getenv("FAKE_RUNS")));
	build_end(b);
}
