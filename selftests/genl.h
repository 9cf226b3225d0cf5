/* SPDX-License-Identifier: GPL-2.0 */
/* Talking with the generic netlink family. */
#ifndef KCR_GENL_H
#define KCR_GENL_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "kcr_harness.h"
#include "../uapi/kcr.h"

struct found {
	__u64 op;		/* looked for */
	bool seen;
	__u32 event, phase, pid, class;
	__u64 pid_ns;
	bool restart;
	char text[4096];
};

static char buffer[32768];

static inline struct mnl_socket *sock(void)
{
	struct mnl_socket *s = mnl_socket_open(NETLINK_GENERIC);

	ASSERT_TRUE(s);
	ASSERT_EQ(0, mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID));
	return s;
}

static inline struct nlmsghdr *message(int family, int command, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = KCR_GENL_VERSION;
	return nlh;
}

/* 0 or an errno. */
static inline int talk(struct mnl_socket *s, struct nlmsghdr *nlh, mnl_cb_t answer, void *arg)
{
	int r;

	ASSERT_LT(0, mnl_socket_sendto(s, nlh, nlh->nlmsg_len));
	do {
		ssize_t n = mnl_socket_recvfrom(s, buffer, sizeof(buffer));

		ASSERT_LT(0, n);
		r = mnl_cb_run(buffer, n, 1, mnl_socket_get_portid(s), answer, arg);
	} while (r > 0);
	return r < 0 ? errno : 0;
}

struct family {
	__u16 id;
	__u32 group;
};

static inline void take_groups(const struct nlattr *groups, struct family *f)
{
	struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups)
		mnl_attr_for_each_nested(attr, group)
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				f->group = mnl_attr_get_u32(attr);
}

static inline int take_family(const struct nlmsghdr *nlh, void *arg)
{
	struct family *f = arg;
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			f->id = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			take_groups(attr, f);
	}
	return MNL_CB_OK;
}

static inline struct family family(struct mnl_socket *s)
{
	struct nlmsghdr *nlh = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	struct family f = { 0 };

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KCR_GENL_NAME);
	ASSERT_EQ(0, talk(s, nlh, take_family, &f));
	ASSERT_NE(0, f.id);
	return f;
}

static inline void take_attrs(const struct nlmsghdr *nlh, struct found *f)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case KCR_ATTR_EVENT:
			f->event = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_PHASE:
			f->phase = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_PID:
			f->pid = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_PID_NS:
			f->pid_ns = mnl_attr_get_u64(attr);
			break;
		case KCR_ATTR_CLASS:
			f->class = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_RESTART:
			f->restart = true;
			break;
		case KCR_ATTR_TEXT:
			snprintf(f->text, sizeof(f->text), "%s", mnl_attr_get_str(attr));
			break;
		}
	}
}

static inline int take_op(const struct nlmsghdr *nlh, void *arg)
{
	struct found *f = arg;
	struct nlattr *attr;
	__u64 op = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == KCR_ATTR_OP)
			op = mnl_attr_get_u64(attr);
	if (op != f->op)
		return MNL_CB_OK;
	f->seen = true;
	take_attrs(nlh, f);
	return MNL_CB_OK;
}

static inline struct found look_through(struct mnl_socket *s, __u64 op)
{
	struct found f = { .op = op };
	int id = family(s).id;

	ASSERT_EQ(0, talk(s, message(id, KCR_CMD_OP_GET, NLM_F_DUMP), take_op, &f));
	return f;
}

static inline struct found look(__u64 op)
{
	struct mnl_socket *s = sock();
	struct found f = look_through(s, op);

	mnl_socket_close(s);
	return f;
}

#endif
