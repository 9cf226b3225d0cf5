// SPDX-License-Identifier: GPL-2.0
/*
 * Look-up of what ksym.h lists.
 *
 * kallsyms_lookup_name() is not exported either; a kprobe on it tells where it
 * is. Calls go through static_call, which patches them to direct jumps: that
 * works with retpolines and with IBT, where a call through a pointer would be
 * an indirect branch. An unresolved static call returns garbage without a
 * word, so that nothing is called before all have been found.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#include "kcr.h"
#include "ksym.h"

#define KCR_KSYM_DEFINE(name, why) DEFINE_STATIC_CALL_NULL(kcr_sc_##name, name);
KCR_KSYM_FUNCS(KCR_KSYM_DEFINE)
#undef KCR_KSYM_DEFINE

#define KCR_KSYM_DEFINE(name, why) \
	DEFINE_STATIC_CALL_NULL(kcr_sc___x64_sys_##name, __x64_sys_##name);
KCR_KSYM_SYSCALLS(KCR_KSYM_DEFINE)
#undef KCR_KSYM_DEFINE

#define KCR_KSYM_DEFINE(name, type, why) typeof(type) *kcr_var_##name;
KCR_KSYM_VARS(KCR_KSYM_DEFINE)
#undef KCR_KSYM_DEFINE

static unsigned long (*lookup_name)(const char *name);

static int lookup_init(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	int ret = register_kprobe(&kp);

	if (ret) {
		pr_err("kernel lets no kprobe find kallsyms_lookup_name (%d)\n", ret);
		return ret;
	}
	lookup_name = (void *)kp.addr;
	unregister_kprobe(&kp);
	return 0;
}

static void *ksym_find(const char *name, const char *why)
{
	void *addr = (void *)lookup_name(name);

	if (!addr)
		pr_err("kernel has no %s, needed to %s\n", name, why);
	return addr;
}

/* All are tried, so that the log names each one that is missing. */
int kcr_ksym_init(void)
{
	int missing = 0;
	void *addr;
	int ret = lookup_init();

	if (ret)
		return ret;

#define KCR_KSYM_FIND(name, why)					\
	addr = ksym_find(#name, why);					\
	if (addr)							\
		static_call_update(kcr_sc_##name, (typeof(&name))addr);	\
	else								\
		missing++;
	KCR_KSYM_FUNCS(KCR_KSYM_FIND)
#undef KCR_KSYM_FIND

#define KCR_KSYM_FIND(name, why)					\
	addr = ksym_find("__x64_sys_" #name, why);			\
	if (addr)							\
		static_call_update(kcr_sc___x64_sys_##name,		\
				   (typeof(&__x64_sys_##name))addr);	\
	else								\
		missing++;
	KCR_KSYM_SYSCALLS(KCR_KSYM_FIND)
#undef KCR_KSYM_FIND

#define KCR_KSYM_FIND(name, type, why)					\
	kcr_var_##name = ksym_find(#name, why);				\
	if (!kcr_var_##name)						\
		missing++;
	KCR_KSYM_VARS(KCR_KSYM_FIND)
#undef KCR_KSYM_FIND

	return missing ? -ENOENT : 0;
}
