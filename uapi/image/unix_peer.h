/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_UNIX_PEER_H
#define _UAPI_KCR_IMAGE_UNIX_PEER_H

#include <linux/types.h>

/**
 * struct kcr_img_unix_peer - KCR_KIND_UNIX_PEER: a connection
 * @from: id of a KCR_KIND_UNIX or KCR_KIND_UNIX_SOCK
 * @to: id of another (of datagram sockets: or the same), to which it sends
 *
 * Of stream and seqpacket sockets one record joins both, and stands before
 * their messages; of datagram sockets it is one direction, and stands after.
 */
struct kcr_img_unix_peer {
	__le32	from;
	__le32	to;
};

#endif /* _UAPI_KCR_IMAGE_UNIX_PEER_H */
