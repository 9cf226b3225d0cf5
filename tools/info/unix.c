// SPDX-License-Identifier: GPL-2.0
/* UNIX sockets. */
#include "../../uapi/image/unix.h"
#include "../../uapi/image/unix_dial.h"
#include "../../uapi/image/unix_msg.h"
#include "../../uapi/image/unix_peer.h"
#include "info.h"
#include "summary.h"

static const struct info_name types[] = {
	{ KCR_UNIX_STREAM,	"stream" },
	{ KCR_UNIX_DATAGRAM,	"datagram" },
	{ KCR_UNIX_SEQPACKET,	"seqpacket" },
	{ }
};

static const struct info_name states[] = {
	{ KCR_UNIX_BOUND,	"bound" },
	{ KCR_UNIX_LISTENING,	"listening" },
	{ KCR_UNIX_CONNECTED,	"connected" },
	{ KCR_UNIX_PEERCRED,	"peercred" },
	{ KCR_UNIX_LINGER,	"linger" },
	{ KCR_UNIX_GONE,	"gone" },
	{ KCR_UNIX_PENDING,	"pending" },
	{ KCR_UNIX_DIALS,	"dials" },
	{ }
};

static const struct info_name halves[] = {
	{ KCR_UNIX_SHUT_READ,	"read" },
	{ KCR_UNIX_SHUT_WRITE,	"write" },
	{ }
};

static const struct info_name message_flags[] = {
	{ KCR_UNIX_MSG_CREDS,	"creds" },
	{ KCR_UNIX_MSG_OOB,	"oob" },
	{ KCR_UNIX_MSG_MARK,	"mark" },
	{ }
};

/* Where the address begins; the counts may be anything. */
static size_t name_at(const struct kcr_img_unix *sock)
{
	return sizeof(*sock) +
	       (size_t)le32_to_cpu(sock->options) * sizeof(struct kcr_img_unix_option) +
	       (size_t)le32_to_cpu(sock->peer_groups) * sizeof(__le32);
}

static const char *name_of(const struct image_rec *rec, size_t *len)
{
	const struct kcr_img_unix *sock = rec->data;

	*len = le32_to_cpu(sock->name_len);
	return *len ? info_tail(rec, name_at(sock), *len) : NULL;
}

static void print_address(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_unix *sock = rec->data;
	size_t len;
	const char *name = name_of(rec, &len);

	if (name && !name[0])
		emit_text(e, "abstract", name + 1, len - 1);
	else if (name)
		emit_text(e, "address", name, len);
	if (sock->path_len)
		info_path(e, "path", rec, name_at(sock) + len, le32_to_cpu(sock->path_len));
}

static void print_options(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_unix *sock = rec->data;
	const struct kcr_img_unix_option *option = (const void *)(sock + 1);
	size_t i, n = info_items(rec, sizeof(*sock), sizeof(*option),
				 le32_to_cpu(sock->options));

	emit_begin_list(e, "options");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &option[i], option);
		EMITS32(e, &option[i], value);
		emit_end(e);
	}
	emit_end(e);
}

static void sock_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_unix *sock = rec->data;

	info_enum(e, "type", le32_to_cpu(sock->type), types);
	info_flags(e, "flags", le32_to_cpu(sock->flags), info_file_flags);
	info_flags(e, "state", le32_to_cpu(sock->state), states);
	info_flags(e, "shutdown", le32_to_cpu(sock->shutdown), halves);
	EMIT32(e, sock, error);
	EMIT32(e, sock, backlog);
	EMITX32(e, sock, mode);
	EMIT32(e, sock, listener);
	EMIT32(e, sock, linger);
	EMITX32(e, sock, path_mode);
	EMIT32(e, sock, path_uid);
	EMIT32(e, sock, path_gid);
	EMIT64(e, sock, receive_ns);
	EMIT64(e, sock, send_ns);
	EMIT32(e, sock, peer_pid);
	EMIT32(e, sock, peer_uid);
	EMIT32(e, sock, peer_gid);
	EMIT32(e, sock, peer_groups);
	print_options(e, rec);
	print_address(e, rec);
}

static void sock_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_unix *sock = rec->data;
	const char *type = info_enum_name(le32_to_cpu(sock->type), types);
	size_t len;
	const char *name = name_of(rec, &len);
	char text[160];
	int n = snprintf(text, sizeof(text), "UNIX %s socket%s%s%.*s", type ? type : "?",
			 name ? " " : "", name && !name[0] ? "@" : "",
			 name ? (int)(len - 1) : 0, name ? name + !name[0] : "");

	summary_add_object(s, rec, le32_to_cpu(sock->flags), 0, text,
			   n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}

const struct info_ops info_unix = {
	.size	= sizeof(struct kcr_img_unix),
	.print	= sock_print,
	.note	= sock_note,
};

const struct info_ops info_unix_sock = {
	.size	= sizeof(struct kcr_img_unix),
	.print	= sock_print,
};

static void peer_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_unix_peer *peer = rec->data;

	EMIT32(e, peer, from);
	EMIT32(e, peer, to);
}

const struct info_ops info_unix_peer = {
	.size	= sizeof(struct kcr_img_unix_peer),
	.print	= peer_print,
};

static void msg_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_unix_msg *msg = rec->data;
	const __le32 *files = (const void *)(msg + 1);
	size_t i, n = info_items(rec, sizeof(*msg), sizeof(*files), le32_to_cpu(msg->files));

	EMIT32(e, msg, to);
	EMIT32(e, msg, from);
	info_flags(e, "flags", le32_to_cpu(msg->flags), message_flags);
	EMIT32(e, msg, pid);
	EMIT32(e, msg, uid);
	EMIT32(e, msg, gid);
	EMIT32(e, msg, len);
	EMIT64(e, msg, stamp_ns);
	emit_begin_list(e, "files");
	for (i = 0; i < n; i++)
		emit_u64(e, NULL, le32_to_cpu(files[i]));
	emit_end(e);
}

const struct info_ops info_unix_msg = {
	.size	= sizeof(struct kcr_img_unix_msg),
	.print	= msg_print,
};

static void dial_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_unix_dial *dial = rec->data;
	size_t len = le32_to_cpu(dial->name_len);
	const char *name = len ? info_tail(rec, sizeof(*dial), len) : NULL;

	EMIT32(e, dial, from);
	if (name && !name[0])
		emit_text(e, "abstract", name + 1, len - 1);
	else if (name)
		emit_text(e, "address", name, len);
}

const struct info_ops info_unix_dial = {
	.size	= sizeof(struct kcr_img_unix_dial),
	.print	= dial_print,
};
