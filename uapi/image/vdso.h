/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_VDSO_H
#define _UAPI_KCR_IMAGE_VDSO_H

#include <linux/types.h>

/**
 * struct kcr_img_vdso - KCR_KIND_VDSO: code and data that the kernel lends
 * @vvar: address of its data, which the kernel fills
 * @vvar_len: bytes of that; @vdso begins where they end
 * @vdso: address of its code
 * @vdso_len: bytes of that
 * @hash: of the code: XXH64(code, 0), XXH64(code, KCR_HASH_SEED)
 * @arch: KCR_ARCH_*
 * @reserved: zero
 *
 * Since version 2 of the record the code follows, @vdso_len bytes of it: what a
 * kernel needs whose own code is another one. Without it (version 1) such a
 * kernel refuses.
 */
struct kcr_img_vdso {
	__le64	vvar;
	__le64	vvar_len;
	__le64	vdso;
	__le64	vdso_len;
	__u8	hash[16];
	__le32	arch;
	__le32	reserved;
};

#define KCR_VDSO_CODE_MAX	(64u << 12)

#endif /* _UAPI_KCR_IMAGE_VDSO_H */
