/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_TIME_H
#define _UAPI_KCR_IMAGE_TIME_H

#include <linux/types.h>

/**
 * struct kcr_img_time - KCR_KIND_TIME: where the program's clocks go on from
 * @monotonic_ns: CLOCK_MONOTONIC at the cut, as the program saw it
 * @boottime_ns: CLOCK_BOOTTIME at the cut, as the program saw it
 *
 * Points in time elsewhere in the image are on these clocks. CLOCK_REALTIME
 * and CLOCK_TAI are the world's, and not in the image.
 */
struct kcr_img_time {
	__le64	monotonic_ns;
	__le64	boottime_ns;
};

#endif /* _UAPI_KCR_IMAGE_TIME_H */
