/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_ITIMER_H
#define _UAPI_KCR_IMAGE_ITIMER_H

#include <linux/types.h>

#define KCR_ITIMERS	3	/* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */

/**
 * struct kcr_img_itimer - one of the KCR_ITIMERS of KCR_KIND_ITIMER
 * @value_ns: from the cut until it expires, in its own time; 0: it is disarmed
 * @interval_ns: from then to the next time, and so on; 0: once
 *
 * An expiry that has been signalled is in KCR_KIND_SIGSHARED, and not here.
 * There is no record when all is zero.
 */
struct kcr_img_itimer {
	__le64	value_ns;
	__le64	interval_ns;
};

#endif /* _UAPI_KCR_IMAGE_ITIMER_H */
