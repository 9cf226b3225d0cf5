/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An operation of the module, as a tool sees it.
 */
#ifndef _KCR_OP_H
#define _KCR_OP_H

#include "tool.h"

/**
 * struct op - one checkpoint or restart
 * @fd: its descriptor; closing it aborts the operation
 * @status: as op_look() has found it
 * @text: its sentence, or the blockers one to a line; NULL for none
 */
struct op {
	int fd;
	struct kcr_status status;
	char *text;
};

int op_device(struct verdict *v);
int op_checkpoint(struct op *op, const struct kcr_checkpoint *request,
		  struct verdict *v);
int op_restart(struct op *op, const struct kcr_restart *request,
	       struct verdict *v);
int op_run(struct op *op, int image, struct verdict *v);
int op_run_chain(struct op *op, int image, const int *parents, unsigned int nr,
		 struct verdict *v);
int op_finish(struct op *op, enum kcr_action action, struct verdict *v);
int op_look(struct op *op);
void op_close(struct op *op);

#endif /* _KCR_OP_H */
