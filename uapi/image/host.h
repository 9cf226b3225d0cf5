/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_HOST_H
#define _UAPI_KCR_IMAGE_HOST_H

#include <linux/types.h>

/**
 * struct kcr_img_host - KCR_KIND_HOST: where and when the image was made
 * @realtime_ns: CLOCK_REALTIME at the cut
 * @monotonic_ns: CLOCK_MONOTONIC at the cut, as the program saw it
 * @boottime_ns: CLOCK_BOOTTIME at the cut, as the program saw it
 * @xfeatures: XCR0, the register sets that the program could have used
 * @xsave_size: bytes of the XSAVE area in standard layout
 * @reserved: zero
 * @uid: who made the image
 * @gid: who made the image
 * @flags: KCR_CKPT_* that the image was made with
 * @pages_estimate: pages of the program that a reader may expect, for progress
 * @node: host name
 * @release: kernel's release
 * @version: kernel's version
 * @machine: kernel's machine
 * @kcr: KCR_VERSION of the module
 * @cpu: model name of the processor
 */
struct kcr_img_host {
	__le64	realtime_ns;
	__le64	monotonic_ns;
	__le64	boottime_ns;
	__le64	xfeatures;
	__le32	xsave_size;
	__le32	reserved;
	__le32	uid;
	__le32	gid;
	__le32	flags;
	__le32	pages_estimate;
	char	node[64];
	char	release[64];
	char	version[128];
	char	machine[32];
	char	kcr[32];
	char	cpu[64];
};

#endif /* _UAPI_KCR_IMAGE_HOST_H */
