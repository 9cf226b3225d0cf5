/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_SIGSHARED_H
#define _UAPI_KCR_IMAGE_SIGSHARED_H

#include "siginfo.h"

/*
 * KCR_KIND_SIGSHARED is an array of struct kcr_img_siginfo, at most
 * KCR_SIGPENDING_MAX, in the order in which the signals came. There is no
 * record when none is pending.
 */

#endif /* _UAPI_KCR_IMAGE_SIGSHARED_H */
