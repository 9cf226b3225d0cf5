/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_UNIX_SOCK_H
#define _UAPI_KCR_IMAGE_UNIX_SOCK_H

/*
 * KCR_KIND_UNIX_SOCK, a socket that nobody has a descriptor of, is a struct
 * kcr_img_unix: one that is pending at a listening socket, in the order in
 * which they will be accepted; or one that was closed, and that is still the
 * peer of a socket or the sender of a message.
 */
#include "unix.h"

#endif /* _UAPI_KCR_IMAGE_UNIX_SOCK_H */
