// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "kcr": operations under way, kinds, events.
 *
 * A dump shows an operation only to whoever started it and to whoever could
 * attach to its target with ptrace. Two people have to pass: the one who reads
 * now, and the one who opened the socket. A socket that is handed to a
 * privileged program, as its standard output say, shows nothing more for that.
 *
 * Events go to the initial network namespace, and their process ids are of the
 * initial pid namespace: whoever has CAP_SYS_ADMIN there sees those anyway,
 * and one message for all readers can't have the numbers of each. Nor could each
 * get one of its own: a socket does not know the pid namespace of its reader.
 * So the message names the namespace.
 */
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "dev.h"
#include "kcr.h"
#include "kinds.h"
#include "netlink.h"
#include "policy.h"
#include "trace.h"

/*
 * Longer sentences are cut here, so that an operation fits into a part of a
 * dump, a page less its bookkeeping; KCR_IOC_STATUS tells them whole.
 */
#define KCR_TEXT_SHOWN	3072

static struct genl_family kcr_family;

/* struct view - an operation at one moment */
struct view {
	enum kcr_phase phase;
	enum kcr_class class;
	int error;
	u64 phase_ns;
	u64 bytes_total;
	u64 pause_ns;
	char *text;
};

/* The sentence is only shown once there can be no other. */
static char *text_room(const struct kcr_ctx *ctx, gfp_t gfp)
{
	return READ_ONCE(ctx->error) ? kzalloc(KCR_TEXT_SHOWN, gfp) : NULL;
}

static void view_take(struct kcr_ctx *ctx, struct view *v, gfp_t gfp)
{
	unsigned long flags;

	v->text = text_room(ctx, gfp);
	spin_lock_irqsave(&ctx->status_lock, flags);
	v->phase = ctx->phase;
	v->class = ctx->class;
	v->error = ctx->error;
	v->phase_ns = ctx->phase_ns;
	v->bytes_total = ctx->bytes_total;
	v->pause_ns = ctx->pause_ns;
	if (v->text && ctx->text)
		memcpy(v->text, ctx->text,
		       min_t(size_t, ctx->text_len, KCR_TEXT_SHOWN - 1));
	spin_unlock_irqrestore(&ctx->status_lock, flags);
}

static void view_drop(struct view *v)
{
	kfree(v->text);
}

/* Bytes in a second, while there is anything that flows. */
static u64 view_rate(const struct view *v, u64 bytes)
{
	u64 ms;

	if (v->phase != KCR_PHASE_WRITE && v->phase != KCR_PHASE_READ)
		return 0;
	ms = div_u64(ktime_get_ns() - v->phase_ns, NSEC_PER_MSEC);
	return div64_u64(bytes * MSEC_PER_SEC, ms ?: 1);
}

static int put_progress(struct sk_buff *skb, struct kcr_ctx *ctx, const struct view *v)
{
	u64 bytes = READ_ONCE(ctx->written);

	return nla_put_u64_64bit(skb, KCR_ATTR_BYTES, bytes, KCR_ATTR_PAD) ?:
	       nla_put_u64_64bit(skb, KCR_ATTR_BYTES_TOTAL, v->bytes_total, KCR_ATTR_PAD) ?:
	       nla_put_u64_64bit(skb, KCR_ATTR_PAGES, READ_ONCE(ctx->pages), KCR_ATTR_PAD) ?:
	       nla_put_u64_64bit(skb, KCR_ATTR_RATE, view_rate(v, bytes), KCR_ATTR_PAD) ?:
	       nla_put_u64_64bit(skb, KCR_ATTR_PAUSE_NS, v->pause_ns, KCR_ATTR_PAD);
}

static int put_failure(struct sk_buff *skb, const struct view *v)
{
	int ret;

	if (!v->error)
		return 0;
	ret = nla_put_u32(skb, KCR_ATTR_CLASS, v->class) ?:
	      nla_put_u32(skb, KCR_ATTR_ERROR, -v->error);
	if (!ret && v->text)
		ret = nla_put_string(skb, KCR_ATTR_TEXT, v->text);
	return ret;
}

static int put_op(struct sk_buff *skb, struct kcr_ctx *ctx, const struct view *v,
		  struct pid_namespace *ns)
{
	pid_t pid = pid_nr_ns(READ_ONCE(ctx->pid), ns);
	int ret = nla_put_u64_64bit(skb, KCR_ATTR_OP, ctx->op, KCR_ATTR_PAD);

	if (!ret && ctx->restart)
		ret = nla_put_flag(skb, KCR_ATTR_RESTART);
	return ret ?:
	       nla_put_u32(skb, KCR_ATTR_PHASE, v->phase) ?:
	       nla_put_u32(skb, KCR_ATTR_PID, pid) ?:
	       nla_put_u64_64bit(skb, KCR_ATTR_PID_NS, ns->ns.inum, KCR_ATTR_PAD) ?:
	       put_progress(skb, ctx, v) ?:
	       put_failure(skb, v);
}

/* Operations under way */

struct op_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

/* struct op_cursor - in netlink_callback.ctx; numbers only ever grow */
struct op_cursor {
	u64 shown;
};

static const struct cred *opener(const struct sk_buff *request)
{
	return NETLINK_CB(request).sk->sk_socket->file->f_cred;
}

static int op_message(struct kcr_ctx *ctx, struct op_dump *d, const struct view *v)
{
	void *hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid,
				d->cb->nlh->nlmsg_seq, &kcr_family, NLM_F_MULTI,
				KCR_CMD_OP_GET);
	int ret;

	if (!hdr)
		return -EMSGSIZE;
	ret = put_op(d->skb, ctx, v, task_active_pid_ns(current));
	if (ret)
		genlmsg_cancel(d->skb, hdr);
	else
		genlmsg_end(d->skb, hdr);
	return ret;
}

static int op_show(struct kcr_ctx *ctx, void *arg)
{
	struct op_dump *d = arg;
	struct op_cursor *cursor = (struct op_cursor *)d->cb->ctx;
	struct view v;
	int ret;

	if (ctx->op <= cursor->shown || !kcr_policy_see(ctx, opener(d->cb->skb)))
		return 0;
	view_take(ctx, &v, GFP_KERNEL);
	ret = op_message(ctx, d, &v);
	view_drop(&v);
	if (!ret)
		cursor->shown = ctx->op;
	return ret;
}

/* What did not fit goes into the next part; nothing more is the end. */
static int dump_result(struct sk_buff *skb, int ret)
{
	return skb->len || ret != -EMSGSIZE ? skb->len : ret;
}

static int op_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct op_dump d = { .skb = skb, .cb = cb };

	BUILD_BUG_ON(sizeof(struct op_cursor) > sizeof(cb->ctx));
	return dump_result(skb, kcr_ops_walk(op_show, &d));
}

struct op_cancel {
	u64 op;
	const struct cred *opener;
};

/* What one may not see is not there. */
static int op_cancel(struct kcr_ctx *ctx, void *arg)
{
	const struct op_cancel *c = arg;

	if (ctx->op != c->op || !kcr_policy_see(ctx, c->opener))
		return 0;
	kcr_cancel(ctx);
	return 1;
}

static int cancel_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct op_cancel c = { .opener = opener(skb) };

	if (GENL_REQ_ATTR_CHECK(info, KCR_ATTR_OP)) {
		GENL_SET_ERR_MSG(info, "which operation is not said");
		return -EINVAL;
	}
	c.op = nla_get_u64(info->attrs[KCR_ATTR_OP]);
	if (kcr_ops_walk(op_cancel, &c))
		return 0;
	GENL_SET_ERR_MSG(info, "no such operation");
	return -ENOENT;
}

/* Kinds */

struct kind_cursor {
	unsigned int next;
};

static int kind_message(struct sk_buff *skb, struct netlink_callback *cb,
			const struct kcr_ops *ops)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&kcr_family, NLM_F_MULTI, KCR_CMD_KIND_GET);
	int ret;

	if (!hdr)
		return -EMSGSIZE;
	ret = nla_put_u32(skb, KCR_ATTR_KIND, ops->kind) ?:
	      nla_put_string(skb, KCR_ATTR_KIND_NAME, ops->name) ?:
	      nla_put_u32(skb, KCR_ATTR_KIND_VERSION, ops->version);
	if (ret)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return ret;
}

static int kind_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kind_cursor *cursor = (struct kind_cursor *)cb->ctx;
	int ret = 0;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(cb->ctx));
	while (cursor->next < kcr_nr_kinds) {
		ret = kind_message(skb, cb, kcr_kinds[cursor->next]);
		if (ret)
			break;
		cursor->next++;
	}
	return dump_result(skb, ret);
}

/* Events */

static int event_fill(struct sk_buff *skb, struct kcr_ctx *ctx, const struct view *v,
		      enum kcr_event event)
{
	void *hdr = genlmsg_put(skb, 0, 0, &kcr_family, 0, KCR_CMD_EVENT);
	int ret;

	if (!hdr)
		return -EMSGSIZE;
	ret = nla_put_u32(skb, KCR_ATTR_EVENT, event) ?:
	      put_op(skb, ctx, v, &init_pid_ns);
	genlmsg_end(skb, hdr);
	return ret;
}

static void event_send(struct kcr_ctx *ctx, const struct view *v, enum kcr_event event,
		       gfp_t gfp)
{
	size_t room = GENLMSG_DEFAULT_SIZE + (v->text ? KCR_TEXT_SHOWN : 0);
	struct sk_buff *skb;

	if (!genl_has_listeners(&kcr_family, &init_net, 0))
		return;
	skb = genlmsg_new(room, gfp);
	if (skb && !event_fill(skb, ctx, v, event)) {
		genlmsg_multicast(&kcr_family, skb, 0, 0, gfp);
		return;
	}
	nlmsg_free(skb);
	/* A reader learns from this that it has missed something. */
	genl_set_err(&kcr_family, &init_net, 0, 0, ENOBUFS);
}

static void event_trace(struct kcr_ctx *ctx, const struct view *v, enum kcr_event event)
{
	switch (event) {
	case KCR_EVENT_STARTED:
		trace_kcr_started(ctx);
		break;
	case KCR_EVENT_PARKED:
		trace_kcr_parked(ctx);
		break;
	case KCR_EVENT_RESUMED:
		trace_kcr_resumed(ctx);
		break;
	case KCR_EVENT_FINISHED:
		trace_kcr_finished(ctx);
		break;
	case KCR_EVENT_FAILED:
		trace_kcr_failed(ctx, v->text ?: "");
		break;
	}
}

/**
 * kcr_event() - tell whoever watches what became of an operation
 * @ctx: the operation
 * @event: enum kcr_event
 *
 * Never fails the operation, and while its target is stopped waits for
 * nothing. The caller holds no spinlock; ctx->lock is fine.
 */
void kcr_event(struct kcr_ctx *ctx, enum kcr_event event)
{
	gfp_t gfp = event == KCR_EVENT_PARKED ? GFP_NOWAIT | __GFP_NOWARN : GFP_KERNEL;
	struct view v;

	view_take(ctx, &v, gfp);
	event_trace(ctx, &v, event);
	event_send(ctx, &v, event, gfp);
	view_drop(&v);
}

/* The family */

static const struct nla_policy cancel_policy[] = {
	[KCR_ATTR_OP] = { .type = NLA_U64 },
};

/* An operation without a policy takes no attributes at all. */
static const struct genl_ops kcr_genl_ops[] = {
	{
		.cmd = KCR_CMD_OP_GET,
		.dumpit = op_dumpit,
	}, {
		.cmd = KCR_CMD_KIND_GET,
		.dumpit = kind_dumpit,
	}, {
		.cmd = KCR_CMD_CANCEL,
		.doit = cancel_doit,
		.policy = cancel_policy,
		.maxattr = ARRAY_SIZE(cancel_policy) - 1,
	},
};

static const struct genl_multicast_group kcr_groups[] = {
	{ .name = KCR_GENL_GROUP, .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

/* All validation is strict: resv_start_op is 0, as in every new family. */
static struct genl_family kcr_family __ro_after_init = {
	.name		= KCR_GENL_NAME,
	.version	= KCR_GENL_VERSION,
	.maxattr	= KCR_ATTR_MAX,
	.netnsok	= true,
	.parallel_ops	= true,
	.ops		= kcr_genl_ops,
	.n_ops		= ARRAY_SIZE(kcr_genl_ops),
	.mcgrps		= kcr_groups,
	.n_mcgrps	= ARRAY_SIZE(kcr_groups),
	.module		= THIS_MODULE,
};

/* No MODULE_ALIAS_GENL_FAMILY: asking for the family shall not load us. */
int kcr_netlink_init(void)
{
	return genl_register_family(&kcr_family);
}

void kcr_netlink_exit(void)
{
	genl_unregister_family(&kcr_family);
}
