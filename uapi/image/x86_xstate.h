/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The payload of KCR_KIND_X86_XSTATE is described with the registers. */
#include "x86_regs.h"
