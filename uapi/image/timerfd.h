/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_TIMERFD_H
#define _UAPI_KCR_IMAGE_TIMERFD_H

#include <linux/types.h>

#include "file.h"

#define KCR_TIMERFD_ARMED	(1u << 0) /* @until_ns holds */
#define KCR_TIMERFD_CANCELS	(1u << 1) /* when CLOCK_REALTIME is set */
#define KCR_TIMERFD_CANCELED	(1u << 2) /* that has happened, and was not read */

/**
 * struct kcr_img_timerfd - KCR_KIND_TIMERFD
 * @clock: as timerfd_create(2) has it
 * @flags: KCR_FILE_*
 * @settime: flags of timerfd_settime(2), as fdinfo shows them
 * @state: KCR_TIMERFD_*
 * @base: clock that @until_ns is a point of: CLOCK_REALTIME of the world,
 *	CLOCK_MONOTONIC or CLOCK_BOOTTIME of the program
 * @reserved: zero
 * @ticks: expirations that were not read
 * @until_ns: the first one after those
 * @interval_ns: from one to the next; 0: once
 */
struct kcr_img_timerfd {
	__le32	clock;
	__le32	flags;
	__le32	settime;
	__le32	state;
	__le32	base;
	__le32	reserved;
	__le64	ticks;
	__le64	until_ns;
	__le64	interval_ns;
};

#endif /* _UAPI_KCR_IMAGE_TIMERFD_H */
