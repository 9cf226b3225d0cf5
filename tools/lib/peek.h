/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A look into an image before it is restarted.
 */
#ifndef _KCR_PEEK_H
#define _KCR_PEEK_H

#include <stdbool.h>

bool peek_wants_terminal(int fd);

#endif /* _KCR_PEEK_H */
