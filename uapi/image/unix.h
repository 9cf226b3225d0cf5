/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_KCR_IMAGE_UNIX_H
#define _UAPI_KCR_IMAGE_UNIX_H

#include <linux/types.h>

#include "file.h"

#define KCR_UNIX_STREAM		1u
#define KCR_UNIX_DATAGRAM	2u
#define KCR_UNIX_SEQPACKET	5u

#define KCR_UNIX_BOUND		(1u << 0) /* the address is its own, and leads to it */
#define KCR_UNIX_LISTENING	(1u << 1)
#define KCR_UNIX_CONNECTED	(1u << 2) /* is, or has been; or a datagram socket is to it */
#define KCR_UNIX_PEERCRED	(1u << 3) /* peer_* hold */
#define KCR_UNIX_LINGER		(1u << 4) /* SO_LINGER is on */
#define KCR_UNIX_GONE		(1u << 5) /* closed; others still refer to it */
#define KCR_UNIX_PENDING	(1u << 6) /* not accepted yet, waits at @listener */

#define KCR_UNIX_DIALS		(1u << 7) /* a KCR_KIND_UNIX_DIAL connects it anew */

#define KCR_UNIX_SHUT_READ	(1u << 0)
#define KCR_UNIX_SHUT_WRITE	(1u << 1)

#define KCR_UNIX_NAME_MAX	109u	/* bytes of an address, with a path's NUL */
#define KCR_UNIX_OPTIONS_MAX	64u
#define KCR_UNIX_FOREVER	(~0ull)	/* no time-out */

/**
 * struct kcr_img_unix_option - an option of a socket
 * @option: SO_*, as asm-generic/socket.h numbers them
 * @value: as getsockopt(2) gives it
 */
struct kcr_img_unix_option {
	__le32	option;
	__le32	value;
};

/**
 * struct kcr_img_unix - KCR_KIND_UNIX, an open socket, and KCR_KIND_UNIX_SOCK
 * @type: KCR_UNIX_STREAM, _DATAGRAM or _SEQPACKET
 * @flags: KCR_FILE_*; 0 for a KCR_KIND_UNIX_SOCK
 * @state: other KCR_UNIX_*
 * @shutdown: KCR_UNIX_SHUT_*
 * @error: pending error (SO_ERROR)
 * @backlog: of listen(2)
 * @mode: permissions of the socket itself (fchmod)
 * @listener: id of the KCR_KIND_UNIX at which it is pending, or 0
 * @linger: seconds
 * @path_mode: permissions of the file that it is bound to
 * @path_uid: that file's owner
 * @path_gid: that file's group
 * @receive_ns: SO_RCVTIMEO, or KCR_UNIX_FOREVER
 * @send_ns: SO_SNDTIMEO, likewise
 * @peer_pid: SO_PEERCRED; 0: of another pid namespace
 * @peer_uid: likewise
 * @peer_gid: likewise
 * @peer_groups: SO_PEERGROUPS, how many
 * @options: how many
 * @name_len: bytes of the address, as in sun_path; 0: none
 * @path_len: bytes of the path, with its NUL; 0: it is bound to no path, or
 *	to one that has been deleted
 * @reserved: zero
 *
 * @options struct kcr_img_unix_option follow, then @peer_groups __le32, the
 * address and the path.
 */
struct kcr_img_unix {
	__le32	type;
	__le32	flags;
	__le32	state;
	__le32	shutdown;
	__le32	error;
	__le32	backlog;
	__le32	mode;
	__le32	listener;
	__le32	linger;
	__le32	path_mode;
	__le32	path_uid;
	__le32	path_gid;
	__le64	receive_ns;
	__le64	send_ns;
	__le32	peer_pid;
	__le32	peer_uid;
	__le32	peer_gid;
	__le32	peer_groups;
	__le32	options;
	__le32	name_len;
	__le32	path_len;
	__le32	reserved;
};

#endif /* _UAPI_KCR_IMAGE_UNIX_H */
