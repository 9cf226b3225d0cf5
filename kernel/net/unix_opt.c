// SPDX-License-Identifier: GPL-2.0
/*
 * Options of UNIX sockets, as getsockopt(2) tells them and setsockopt(2) takes
 * them: with the restarter's rights, and only those that a new socket here does
 * not have anyway.
 *
 * Some mean nothing to a UNIX socket, but a program may ask for what it has
 * set. Left out: what can't be set (SO_TYPE, SO_COOKIE ...), what unix.c keeps
 * (time-outs, SO_LINGER, SO_PEERCRED, SO_ERROR), and what UNIX sockets refuse.
 */
#include <linux/net.h>
#include <net/sock.h>

#include "ksym.h"
#include "unix.h"

static const struct {
	int option;
	const char *name;
} options[] = {
#define OPTION(name) { name, #name }
	OPTION(SO_SNDBUF), OPTION(SO_RCVBUF), OPTION(SO_BUF_LOCK),
	OPTION(SO_DEBUG), OPTION(SO_REUSEADDR), OPTION(SO_REUSEPORT),
	OPTION(SO_DONTROUTE), OPTION(SO_BROADCAST), OPTION(SO_KEEPALIVE),
	OPTION(SO_OOBINLINE), OPTION(SO_NO_CHECK), OPTION(SO_PRIORITY), OPTION(SO_MARK),
	OPTION(SO_RCVMARK), OPTION(SO_RCVLOWAT), OPTION(SO_PEEK_OFF),
	OPTION(SO_TIMESTAMP_OLD), OPTION(SO_TIMESTAMPNS_OLD),
	OPTION(SO_TIMESTAMP_NEW), OPTION(SO_TIMESTAMPNS_NEW), OPTION(SO_TIMESTAMPING_OLD),
	OPTION(SO_PASSCRED), OPTION(SO_PASSSEC), OPTION(SO_PASSPIDFD),
	OPTION(SO_RXQ_OVFL), OPTION(SO_WIFI_STATUS), OPTION(SO_NOFCS),
	OPTION(SO_SELECT_ERR_QUEUE), OPTION(SO_MAX_PACING_RATE),
	OPTION(SO_INCOMING_CPU), OPTION(SO_TXREHASH),
	OPTION(SO_BUSY_POLL), OPTION(SO_PREFER_BUSY_POLL),
#undef OPTION
};

static_assert(ARRAY_SIZE(options) <= KCR_UNIX_OPTIONS_MAX);

static int get(struct sock *sk, int option, u32 *value)
{
	int len = sizeof(*value);

	return kcr_call(sk_getsockopt)(sk, SOL_SOCKET, option, KERNEL_SOCKPTR(value),
				       KERNEL_SOCKPTR(&len));
}

static int set(struct socket *sock, int option, u32 value)
{
	return sock_setsockopt(sock, SOL_SOCKET, option, KERNEL_SOCKPTR(&value), sizeof(value));
}

/* kcr_unix_options_save() - all that this kernel knows; returns how many */
int kcr_unix_options_save(struct sock *sk, struct kcr_img_unix_option *to)
{
	unsigned int i;
	u32 value;
	int n = 0;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (get(sk, options[i].option, &value))
			continue;
		to[n].option = cpu_to_le32(options[i].option);
		to[n++].value = cpu_to_le32(value);
	}
	return n;
}

static bool is_buffer(int option)
{
	return option == SO_SNDBUF || option == SO_RCVBUF;
}

/* The kernel doubles what it is given, and clamps it unless told otherwise. */
static int set_buffer(struct socket *sock, int option, u32 value)
{
	u32 got = 0;
	int ret = set(sock, option, value / 2) ?: get(sock->sk, option, &got);

	if (!ret && got / 2 < value / 2)
		ret = set(sock, option == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE, value / 2);
	return ret;
}

static const char *name_of(u32 option)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].option == option)
			return options[i].name;
	return NULL;
}

static int set_option(struct kcr_ctx *ctx, struct socket *sock, u32 option, u32 value)
{
	const char *name = name_of(option);
	u32 now;
	int ret;

	if (!name)
		return kcr_fail(ctx, KCR_CLASS_IMAGE, -EPROTONOSUPPORT,
				"UNIX socket: option %u is not known here", option);
	ret = get(sock->sk, option, &now);
	if (!ret && now == value)
		return 0;
	if (ret == -ENOPROTOOPT && !value)
		return 0;
	if (!ret)
		ret = is_buffer(option) ? set_buffer(sock, option, value) :
					  set(sock, option, value);
	if (!ret)
		return 0;
	return kcr_fail(ctx, ret == -EPERM ? KCR_CLASS_PERMISSION : KCR_CLASS_ENVIRONMENT, ret,
			"UNIX socket: %s can't be %d here (errno %d)", name, (int)value, -ret);
}

/* kcr_unix_options_set() - after the socket has been filled */
int kcr_unix_options_set(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct kcr_unix_parts parts;
	int ret = 0;
	u32 i;

	kcr_unix_parts(rec, &parts);
	for (i = 0; i < le32_to_cpu(img->options) && !ret; i++)
		ret = set_option(ctx, sock, le32_to_cpu(parts.options[i].option),
				 le32_to_cpu(parts.options[i].value));
	return ret;
}
