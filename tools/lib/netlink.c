// SPDX-License-Identifier: GPL-2.0
/*
 * The module's generic netlink family, with libmnl.
 *
 * A family has a name for ever and a number until the next reboot: the first
 * question is for the number, the second is ours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "netlink.h"

/* The longest part of a dump that the kernel sends. */
#define TALK_BUFFER	32768

/**
 * struct talk - one question and its answers
 * @socket: where it is asked
 * @seq: of the question
 * @buffer: for questions and answers
 */
struct talk {
	struct mnl_socket *socket;
	unsigned int seq;
	char *buffer;
};

static struct nlmsghdr *question(struct talk *t, uint16_t family, uint8_t command,
				 uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(t->buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++t->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = 1;
	return nlh;
}

/* Returns 0 or a negative errno; the kernel's refusal is one. */
static int ask(struct talk *t, struct nlmsghdr *nlh, mnl_cb_t answer, void *arg)
{
	unsigned int port = mnl_socket_get_portid(t->socket);
	ssize_t n;
	int r;

	if (mnl_socket_sendto(t->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(t->socket, t->buffer, TALK_BUFFER);
		if (n < 0)
			return -errno;
		r = mnl_cb_run(t->buffer, n, t->seq, port, answer, arg);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

static int take_family(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
	    !mnl_attr_validate(attr, MNL_TYPE_U16))
		*(uint16_t *)arg = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int hear_family(const struct nlmsghdr *nlh, void *arg)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_family, arg);
}

static int find_family(struct talk *t, uint16_t *family)
{
	struct nlmsghdr *nlh = question(t, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KCR_GENL_NAME);
	return ask(t, nlh, hear_family, family);
}

static bool is_u64(const struct nlattr *attr)
{
	return !mnl_attr_validate(attr, MNL_TYPE_U64);
}

static bool is_u32(const struct nlattr *attr)
{
	return !mnl_attr_validate(attr, MNL_TYPE_U32);
}

static void take_u64(struct netlink_op *op, const struct nlattr *attr)
{
	uint64_t value = mnl_attr_get_u64(attr);

	switch (mnl_attr_get_type(attr)) {
	case KCR_ATTR_OP:
		op->op = value;
		break;
	case KCR_ATTR_BYTES:
		op->bytes = value;
		break;
	case KCR_ATTR_BYTES_TOTAL:
		op->bytes_total = value;
		break;
	case KCR_ATTR_PAGES:
		op->pages = value;
		break;
	case KCR_ATTR_RATE:
		op->rate = value;
		break;
	case KCR_ATTR_PAUSE_NS:
		op->pause_ns = value;
		break;
	}
}

static void take_u32(struct netlink_op *op, const struct nlattr *attr)
{
	uint32_t value = mnl_attr_get_u32(attr);

	switch (mnl_attr_get_type(attr)) {
	case KCR_ATTR_PHASE:
		op->phase = value;
		break;
	case KCR_ATTR_PID:
		op->pid = value;
		break;
	case KCR_ATTR_CLASS:
		op->class = value;
		break;
	}
}

static int take_attr(const struct nlattr *attr, void *arg)
{
	struct netlink_op *op = arg;
	uint16_t type = mnl_attr_get_type(attr);

	if (type == KCR_ATTR_RESTART)
		op->restart = true;
	else if (type == KCR_ATTR_TEXT)
		op->text = mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) ? NULL :
			   mnl_attr_get_str(attr);
	else if (is_u64(attr))
		take_u64(op, attr);
	else if (is_u32(attr))
		take_u32(op, attr);
	return MNL_CB_OK;
}

/**
 * struct visitor - whom to tell of each operation
 * @visit: is told
 * @arg: its own
 */
struct visitor {
	netlink_visit visit;
	void *arg;
};

static int hear_op(const struct nlmsghdr *nlh, void *arg)
{
	const struct visitor *visitor = arg;
	struct netlink_op op = { 0 };

	if (mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_attr, &op) < 0)
		return MNL_CB_ERROR;
	visitor->visit(&op, visitor->arg);
	return MNL_CB_OK;
}

static int talk_begin(struct talk *t)
{
	t->seq = time(NULL);
	t->buffer = malloc(TALK_BUFFER);
	if (!t->buffer)
		return -ENOMEM;
	t->socket = mnl_socket_open(NETLINK_GENERIC);
	if (!t->socket || mnl_socket_bind(t->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

static void talk_end(struct talk *t)
{
	if (t->socket)
		mnl_socket_close(t->socket);
	free(t->buffer);
}

static int ask_ops(struct talk *t, netlink_visit visit, void *arg)
{
	struct visitor visitor = { visit, arg };
	uint16_t family = 0;
	int r = talk_begin(t);

	if (!r)
		r = find_family(t, &family);
	if (r)
		return r;
	return ask(t, question(t, family, KCR_CMD_OP_GET, NLM_F_DUMP), hear_op, &visitor);
}

/**
 * netlink_ops() - visit the operations under way that we may see
 * @visit: is told of each
 * @arg: for @visit
 * @v: told of a failure
 */
int netlink_ops(netlink_visit visit, void *arg, struct verdict *v)
{
	struct talk t = { 0 };
	int r = ask_ops(&t, visit, arg);

	talk_end(&t);
	if (r == -ENOENT)
		return fail(v, KCR_CLASS_ENVIRONMENT, ENOENT,
			    "the kernel knows no " KCR_GENL_NAME ": is the module loaded? (sudo modprobe kcr)");
	if (r)
		return fail(v, KCR_CLASS_ENVIRONMENT, -r,
			    "can't ask the module: %s", strerror(-r));
	return 0;
}
