/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_USAGE_H
#define _UAPI_KCR_IMAGE_USAGE_H

#include <linux/types.h>

/*
 * What is counted, of a thread, and of a process for its threads that have
 * ended; times in ns. Numbers are for ever.
 */
enum kcr_usage {
	KCR_USAGE_UTIME		= 0,	/* in user mode, by ticks */
	KCR_USAGE_STIME		= 1,	/* in the kernel, by ticks */
	KCR_USAGE_GTIME		= 2,	/* of those, as a virtual machine */
	KCR_USAGE_RUNTIME	= 3,	/* on a processor, exactly */
	KCR_USAGE_SHOWN_UTIME	= 4,	/* last told, and never less from then on; */
	KCR_USAGE_SHOWN_STIME	= 5,	/* of a process: of all its threads */
	KCR_USAGE_NVCSW		= 6,	/* voluntary context switches */
	KCR_USAGE_NIVCSW	= 7,	/* involuntary ones */
	KCR_USAGE_MINFLT	= 8,	/* page faults without I/O */
	KCR_USAGE_MAJFLT	= 9,	/* with I/O */
	KCR_USAGE_RCHAR		= 10,	/* bytes read */
	KCR_USAGE_WCHAR		= 11,	/* bytes written */
	KCR_USAGE_SYSCR		= 12,	/* calls that read */
	KCR_USAGE_SYSCW		= 13,	/* calls that write */
	KCR_USAGE_READ_BYTES	= 14,	/* from storage */
	KCR_USAGE_WRITE_BYTES	= 15,	/* to storage */
	KCR_USAGE_CANCELLED	= 16,	/* of which never got there */
	KCR_USAGE_COUNT		= 17,
};

/* Of a process: its children that it has waited for, and what is the process's. */
enum kcr_usage_process {
	KCR_USAGE_CUTIME	= 0,
	KCR_USAGE_CSTIME	= 1,
	KCR_USAGE_CGTIME	= 2,
	KCR_USAGE_CNVCSW	= 3,
	KCR_USAGE_CNIVCSW	= 4,
	KCR_USAGE_CMINFLT	= 5,
	KCR_USAGE_CMAJFLT	= 6,
	KCR_USAGE_CINBLOCK	= 7,	/* blocks of 512 bytes */
	KCR_USAGE_COUBLOCK	= 8,
	KCR_USAGE_INBLOCK	= 9,	/* of threads that have ended */
	KCR_USAGE_OUBLOCK	= 10,
	KCR_USAGE_MAXRSS	= 11,	/* bytes; of address spaces that it has left */
	KCR_USAGE_CMAXRSS	= 12,	/* bytes */
	KCR_USAGE_PROCESS_COUNT	= 13,
};

/**
 * struct kcr_img_usage_thread - a thread
 * @tid: its id
 * @reserved: zero
 * @start_monotonic_ns: when it began, on its own clock
 * @start_boottime_ns: likewise
 * @val: by enum kcr_usage
 */
struct kcr_img_usage_thread {
	__le32	tid;
	__le32	reserved;
	__le64	start_monotonic_ns;
	__le64	start_boottime_ns;
	__le64	val[KCR_USAGE_COUNT];
};

/**
 * struct kcr_img_usage - KCR_KIND_USAGE
 * @ended: by enum kcr_usage: threads that have ended
 * @process: by enum kcr_usage_process
 *
 * A struct kcr_img_usage_thread for each thread follows, in the order of their
 * records; of a process that has ended, one for its leader.
 */
struct kcr_img_usage {
	__le64	ended[KCR_USAGE_COUNT];
	__le64	process[KCR_USAGE_PROCESS_COUNT];
};

#endif /* _UAPI_KCR_IMAGE_USAGE_H */
