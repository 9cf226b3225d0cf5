/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KCR_COMPAT_SHRINKER_H
#define _KCR_COMPAT_SHRINKER_H

#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/version.h>

/*
 * 6.7 (c42d50aefd17): the kernel allocates shrinkers; before, they were
 * embedded. Goes with 6.1.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline struct shrinker *kcr_shrinker_alloc(unsigned int flags)
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (s)
		s->flags = flags;
	return s;
}

static inline int kcr_shrinker_register(struct shrinker *s, const char *name)
{
	return register_shrinker(s, "%s", name);
}

static inline void kcr_shrinker_free(struct shrinker *s)
{
	unregister_shrinker(s);
	kfree(s);
}
#else
static inline struct shrinker *kcr_shrinker_alloc(unsigned int flags)
{
	return shrinker_alloc(flags, "kcr");
}

static inline int kcr_shrinker_register(struct shrinker *s, const char *name)
{
	shrinker_register(s);
	return 0;
}

static inline void kcr_shrinker_free(struct shrinker *s)
{
	shrinker_free(s);
}
#endif

#ifdef CONFIG_MEMCG
#define kcr_shrinker_id(s)	((s)->id)
#else
#define kcr_shrinker_id(s)	(-1)
#endif

#endif /* _KCR_COMPAT_SHRINKER_H */
