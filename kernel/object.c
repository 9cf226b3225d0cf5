// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that records refer to.
 *
 * Saving: the address of a kernel object, valid while everything is parked, is
 * its identity; the first reference saves it, later ones get the same id.
 * Restoring: an id leads to what the record was made into, and to its kind, so
 * that a reference to the wrong kind is seen.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "kcr.h"

#define KCR_SAVED_BITS	10
#define KCR_OBJECTS_MAX	(1u << 20)

struct saved {
	struct hlist_node hash;
	struct list_head node;
	const void *obj;
	enum kcr_kind kind;
	u32 id;
	bool done;
};

struct restored {
	enum kcr_kind kind;
	void *obj;
};

static struct hlist_head *saved_bucket(struct kcr_ctx *ctx, const void *obj)
{
	return &ctx->saved_hash[hash_ptr(obj, KCR_SAVED_BITS)];
}

static struct saved *saved_find(struct kcr_ctx *ctx, const void *obj)
{
	struct saved *s;

	if (!ctx->saved_hash)
		return NULL;
	hlist_for_each_entry(s, saved_bucket(ctx, obj), hash)
		if (s->obj == obj)
			return s;
	return NULL;
}

static struct saved *saved_add(struct kcr_ctx *ctx, enum kcr_kind kind, const void *obj)
{
	struct saved *s;

	if (!ctx->saved_hash)
		ctx->saved_hash = kvcalloc(1u << KCR_SAVED_BITS,
					   sizeof(*ctx->saved_hash), GFP_KERNEL);
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!ctx->saved_hash || !s) {
		kfree(s);
		return NULL;
	}
	s->obj = obj;
	s->kind = kind;
	s->id = kcr_new_id(ctx);
	hlist_add_head(&s->hash, saved_bucket(ctx, obj));
	list_add_tail(&s->node, &ctx->saved);
	return s;
}

/* kcr_new_id() - an id for a record that is not found by identity */
u32 kcr_new_id(struct kcr_ctx *ctx)
{
	return ++ctx->next_id;
}

/**
 * kcr_save_object() - save an object once, and refer to it
 * @ctx: the operation
 * @kind: its kind; the handler has a save()
 * @obj: address of the kernel object, which stays valid until the process
 *	goes on
 * @id: where to put its id
 *
 * Return: 0, or what save() returned; -EOPNOTSUPP for an object that refers
 * to itself.
 */
int kcr_save_object(struct kcr_ctx *ctx, enum kcr_kind kind, void *obj, u32 *id)
{
	struct saved *s = saved_find(ctx, obj);
	int ret;

	if (s) {
		*id = s->id;
		return s->done ? 0 : kcr_refuse(ctx, "%s refers to itself",
						kcr_ops_find(kind)->name);
	}
	s = saved_add(ctx, kind, obj);
	if (!s)
		return kcr_nomem(ctx);
	ret = kcr_ops_find(kind)->save(ctx, obj, s->id);
	s->done = true;
	*id = s->id;
	return ret;
}

/* kcr_saved_id() - id of an object that has been saved, 0 for none */
u32 kcr_saved_id(struct kcr_ctx *ctx, const void *obj)
{
	struct saved *s = saved_find(ctx, obj);

	return s ? s->id : 0;
}

/**
 * kcr_object_add() - what a record was made into
 * @ctx: the operation
 * @rec: the record, with an id
 * @obj: dropped by the kind's put() when the operation ends
 *
 * Return: 0; on error (an id used twice, no memory) @obj has been put.
 */
int kcr_object_add(struct kcr_ctx *ctx, const struct kcr_rec *rec, void *obj)
{
	const struct kcr_ops *ops = kcr_ops_find(rec->kind);
	struct restored *r;
	int ret;

	if (!rec->id || rec->id > KCR_OBJECTS_MAX) {
		ret = kcr_bad_image(ctx, "%s record with id %u", ops->name, rec->id);
		goto err_put;
	}
	r = kmalloc(sizeof(*r), GFP_KERNEL);
	if (!r) {
		ret = kcr_nomem(ctx);
		goto err_put;
	}
	r->kind = rec->kind;
	r->obj = obj;
	ret = xa_insert(&ctx->objects, rec->id, r, GFP_KERNEL);
	if (!ret)
		return 0;
	kfree(r);
	ret = ret == -EBUSY ? kcr_bad_image(ctx, "id %u is used twice", rec->id) :
			      kcr_nomem(ctx);
err_put:
	if (ops->put)
		ops->put(obj);
	return ret;
}

/* kcr_object_any() - the object of an id and its kind, or NULL */
void *kcr_object_any(struct kcr_ctx *ctx, u32 id, enum kcr_kind *kind)
{
	struct restored *r = xa_load(&ctx->objects, id);

	if (!r)
		return NULL;
	*kind = r->kind;
	return r->obj;
}

/* kcr_object_get() - the object of an id if it is of that kind, or NULL */
void *kcr_object_get(struct kcr_ctx *ctx, u32 id, enum kcr_kind kind)
{
	enum kcr_kind found;
	void *obj = kcr_object_any(ctx, id, &found);

	return obj && found == kind ? obj : NULL;
}

/* kcr_objects_drop() - forget all, of both directions */
void kcr_objects_drop(struct kcr_ctx *ctx)
{
	struct restored *r;
	struct saved *s, *next;
	unsigned long id;

	xa_for_each(&ctx->objects, id, r) {
		const struct kcr_ops *ops = kcr_ops_find(r->kind);

		if (ops->put)
			ops->put(r->obj);
		kfree(r);
	}
	xa_destroy(&ctx->objects);

	list_for_each_entry_safe(s, next, &ctx->saved, node)
		kfree(s);
	INIT_LIST_HEAD(&ctx->saved);
	kvfree(ctx->saved_hash);
	ctx->saved_hash = NULL;
}
