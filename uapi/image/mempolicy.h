/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_MEMPOLICY_H
#define _UAPI_KCR_IMAGE_MEMPOLICY_H

#include <linux/types.h>

/* Modes, numbered as set_mempolicy(2) has them. */
#define KCR_MEMPOLICY_PREFERRED		1u
#define KCR_MEMPOLICY_BIND		2u
#define KCR_MEMPOLICY_INTERLEAVE	3u
#define KCR_MEMPOLICY_LOCAL		4u
#define KCR_MEMPOLICY_PREFERRED_MANY	5u
#define KCR_MEMPOLICY_WEIGHTED		6u	/* weighted interleave */

#define KCR_MEMPOLICY_STATIC		(1u << 0) /* whatever the cpuset has */
#define KCR_MEMPOLICY_RELATIVE		(1u << 1) /* counted in the cpuset */
#define KCR_MEMPOLICY_BALANCING		(1u << 2) /* pages may move to who uses them */
#define KCR_MEMPOLICY_FLAGS		7u

#define KCR_MEMPOLICY_NODES		1024
#define KCR_MEMPOLICY_NO_HOME		0xffffffffu

/**
 * struct kcr_img_mempolicy - KCR_KIND_MEMPOLICY: a thread's NUMA policy
 * @mode: KCR_MEMPOLICY_*, the number
 * @flags: KCR_MEMPOLICY_*, bits
 * @home_node: as set_mempolicy_home_node(2) has it, or KCR_MEMPOLICY_NO_HOME
 * @reserved: zero
 * @nodes: bit n: node n, as the program named it
 *
 * Stands in the records of mappings and of shared memory as well.
 */
struct kcr_img_mempolicy {
	__le32	mode;
	__le32	flags;
	__le32	home_node;
	__le32	reserved;
	__le64	nodes[KCR_MEMPOLICY_NODES / 64];
};

/**
 * struct kcr_img_mempolicy_range - the policy of a part of shared memory
 * @start: first page
 * @end: page after the last one
 * @policy: its policy
 */
struct kcr_img_mempolicy_range {
	__le64	start;
	__le64	end;
	struct kcr_img_mempolicy policy;
};

#define KCR_MEMPOLICY_RANGES_MAX	4096u	/* of one object */

#endif /* _UAPI_KCR_IMAGE_MEMPOLICY_H */
