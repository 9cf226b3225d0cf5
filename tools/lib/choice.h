/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What becomes of what a program shares with others: --external and --inherit.
 */
#ifndef _KCR_CHOICE_H
#define _KCR_CHOICE_H

#include "tool.h"

/**
 * struct choices - those that the user has made
 * @list: they
 * @nr: how many
 */
struct choices {
	struct kcr_choice *list;
	__u32 nr;
};

int choice_external(struct choices *c, const char *arg);
int choice_inherit(struct choices *c, const char *arg);

#endif /* _KCR_CHOICE_H */
