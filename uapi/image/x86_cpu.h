/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_X86_CPU_H
#define _UAPI_KCR_IMAGE_X86_CPU_H

#include <linux/types.h>

/* enum kcr_x86_cpu_word - registers of CPUID; the numbers are for ever */
enum kcr_x86_cpu_word {
	KCR_CPUID_1_ECX		= 0,
	KCR_CPUID_7_EBX		= 1,
	KCR_CPUID_7_ECX		= 2,
	KCR_CPUID_7_EDX		= 3,
	KCR_CPUID_7_1_EAX	= 4,
	KCR_CPUID_7_1_EDX	= 5,
	KCR_CPUID_D_1_EAX	= 6,
	KCR_CPUID_80000001_ECX	= 7,
	KCR_CPUID_80000001_EDX	= 8,
};

#define KCR_X86_CPU_WORDS	16

/*
 * Instructions that not every x86-64 processor has: x(word, bit, name), names
 * as /proc/cpuinfo has them. What only says that an
 * instruction is fast (erms, fsrm) is not here: a program goes on without.
 */
#define KCR_X86_FEATURES(x)						\
	x(1_ECX, 0, "pni") x(1_ECX, 1, "pclmulqdq")			\
	x(1_ECX, 9, "ssse3") x(1_ECX, 12, "fma")			\
	x(1_ECX, 13, "cx16") x(1_ECX, 19, "sse4_1")			\
	x(1_ECX, 20, "sse4_2") x(1_ECX, 22, "movbe")			\
	x(1_ECX, 23, "popcnt") x(1_ECX, 25, "aes")			\
	x(1_ECX, 26, "xsave") x(1_ECX, 28, "avx")			\
	x(1_ECX, 29, "f16c") x(1_ECX, 30, "rdrand")			\
	x(7_EBX, 0, "fsgsbase") x(7_EBX, 3, "bmi1")			\
	x(7_EBX, 4, "hle") x(7_EBX, 5, "avx2")				\
	x(7_EBX, 8, "bmi2") x(7_EBX, 11, "rtm")				\
	x(7_EBX, 16, "avx512f") x(7_EBX, 17, "avx512dq")		\
	x(7_EBX, 18, "rdseed") x(7_EBX, 19, "adx")			\
	x(7_EBX, 21, "avx512ifma") x(7_EBX, 23, "clflushopt")		\
	x(7_EBX, 24, "clwb") x(7_EBX, 26, "avx512pf")			\
	x(7_EBX, 27, "avx512er") x(7_EBX, 28, "avx512cd")		\
	x(7_EBX, 29, "sha_ni") x(7_EBX, 30, "avx512bw")			\
	x(7_EBX, 31, "avx512vl")					\
	x(7_ECX, 0, "prefetchwt1") x(7_ECX, 1, "avx512vbmi")		\
	x(7_ECX, 5, "waitpkg") x(7_ECX, 6, "avx512_vbmi2")		\
	x(7_ECX, 8, "gfni") x(7_ECX, 9, "vaes")				\
	x(7_ECX, 10, "vpclmulqdq") x(7_ECX, 11, "avx512_vnni")		\
	x(7_ECX, 12, "avx512_bitalg") x(7_ECX, 14, "avx512_vpopcntdq")	\
	x(7_ECX, 22, "rdpid") x(7_ECX, 25, "cldemote")			\
	x(7_ECX, 27, "movdiri") x(7_ECX, 28, "movdir64b")		\
	x(7_ECX, 29, "enqcmd")						\
	x(7_EDX, 2, "avx512_4vnniw") x(7_EDX, 3, "avx512_4fmaps")	\
	x(7_EDX, 5, "uintr") x(7_EDX, 8, "avx512_vp2intersect")		\
	x(7_EDX, 14, "serialize") x(7_EDX, 16, "tsxldtrk")		\
	x(7_EDX, 22, "amx_bf16") x(7_EDX, 23, "avx512_fp16")		\
	x(7_EDX, 24, "amx_tile") x(7_EDX, 25, "amx_int8")		\
	x(7_1_EAX, 0, "sha512") x(7_1_EAX, 1, "sm3")			\
	x(7_1_EAX, 2, "sm4") x(7_1_EAX, 3, "raoint")			\
	x(7_1_EAX, 4, "avx_vnni") x(7_1_EAX, 5, "avx512_bf16")		\
	x(7_1_EAX, 7, "cmpccxadd") x(7_1_EAX, 21, "amx_fp16")		\
	x(7_1_EAX, 23, "avx_ifma")					\
	x(7_1_EDX, 4, "avx_vnni_int8") x(7_1_EDX, 5, "avx_ne_convert")	\
	x(7_1_EDX, 8, "amx_complex") x(7_1_EDX, 10, "avx_vnni_int16")	\
	x(7_1_EDX, 14, "prefetchi") x(7_1_EDX, 19, "avx10")		\
	x(D_1_EAX, 0, "xsaveopt") x(D_1_EAX, 1, "xsavec")		\
	x(D_1_EAX, 2, "xgetbv1")					\
	x(80000001_ECX, 0, "lahf_lm") x(80000001_ECX, 5, "abm")		\
	x(80000001_ECX, 6, "sse4a") x(80000001_ECX, 7, "misalignsse")	\
	x(80000001_ECX, 8, "3dnowprefetch") x(80000001_ECX, 11, "xop")	\
	x(80000001_ECX, 15, "lwp") x(80000001_ECX, 16, "fma4")		\
	x(80000001_ECX, 21, "tbm") x(80000001_ECX, 29, "mwaitx")	\
	x(80000001_EDX, 22, "mmxext") x(80000001_EDX, 27, "rdtscp")	\
	x(80000001_EDX, 30, "3dnowext") x(80000001_EDX, 31, "3dnow")

/**
 * struct kcr_img_x86_cpu - KCR_KIND_X86_CPU: instructions that the program
 *	could find on its processor, and may have chosen to use
 * @word: enum kcr_x86_cpu_word: as CPUID tells, but only what is in
 *	KCR_X86_FEATURES; the rest is zero
 */
struct kcr_img_x86_cpu {
	__le32	word[KCR_X86_CPU_WORDS];
};

#endif /* _UAPI_KCR_IMAGE_X86_CPU_H */
