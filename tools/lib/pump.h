/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pipe out of which the module reads a compressed image as a plain one.
 */
#ifndef _KCR_PUMP_H
#define _KCR_PUMP_H

#include "op.h"

int pump_run(struct op *op, int fd, struct verdict *v);

#endif /* _KCR_PUMP_H */
