// SPDX-License-Identifier: GPL-2.0
/*
 * What an operation knows about files: made when first asked for, dropped
 * with the operation.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"

/* kcr_files() - ctx->files_data; NULL after kcr_nomem() */
struct kcr_files *kcr_files(struct kcr_ctx *ctx)
{
	struct kcr_files *files = ctx->files_data;

	if (files)
		return files;
	files = kzalloc(sizeof(*files), GFP_KERNEL_ACCOUNT);
	if (!files) {
		kcr_nomem(ctx);
		return NULL;
	}
	hash_init(files->opens);
	hash_init(files->inodes);
	hash_init(files->shared);
	INIT_LIST_HEAD(&files->relied);
	xa_init(&files->given);
	xa_init(&files->wanted);
	xa_init(&files->opened);
	INIT_LIST_HEAD(&files->made);
	ctx->files_data = files;
	return files;
}

/* kcr_files_buf() - KCR_IO_SIZE bytes to read files with; NULL after kcr_nomem() */
void *kcr_files_buf(struct kcr_ctx *ctx)
{
	struct kcr_files *files = kcr_files(ctx);

	if (!files)
		return NULL;
	if (!files->buf)
		files->buf = kvmalloc(KCR_IO_SIZE, GFP_KERNEL);
	if (!files->buf)
		kcr_nomem(ctx);
	return files->buf;
}

/**
 * kcr_files_let_go() - let go of the target's own open files
 * @ctx: the operation; the target is still parked
 */
void kcr_files_let_go(struct kcr_ctx *ctx)
{
	struct kcr_files *files = ctx->files_data;

	if (files)
		kcr_table_drop(files);
}

/* kcr_files_keep() - what was made under a name stays */
void kcr_files_keep(struct kcr_ctx *ctx)
{
	struct kcr_files *files = ctx->files_data;

	if (files)
		files->kept = true;
}

static void drop_opened(struct kcr_files *files)
{
	struct kcr_opened *o;
	unsigned long id;

	xa_for_each(&files->opened, id, o) {
		if (o->file)
			fput(o->file);
		kfree(o);
	}
	xa_destroy(&files->opened);
}

/**
 * struct kcr_made - a name that a restart has made
 * @node: in kcr_files.made
 * @path: it
 */
struct kcr_made {
	struct list_head node;
	struct path path;
};

/* kcr_files_made() - @path has been made, and goes away if the restart fails */
int kcr_files_made(struct kcr_ctx *ctx, const struct path *path)
{
	struct kcr_made *made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);

	if (!made) {
		kcr_path_unmake(path);
		return kcr_nomem(ctx);
	}
	made->path = *path;
	path_get(&made->path);
	list_add_tail(&made->node, &kcr_files(ctx)->made);
	return 0;
}

static void drop_made(struct kcr_files *files)
{
	struct kcr_made *made, *next;

	list_for_each_entry_safe(made, next, &files->made, node) {
		if (!files->kept)
			kcr_path_unmake(&made->path);
		path_put(&made->path);
		kfree(made);
	}
}

static void drop_streams(struct kcr_files *files)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files->stream); i++)
		if (files->stream[i])
			fput(files->stream[i]);
}

/**
 * kcr_files_drop() - let go of all files
 * @ctx: the operation; nothing of it runs any more
 *
 * What a restart has made under a name goes away unless kcr_files_keep() was called.
 */
void kcr_files_drop(struct kcr_ctx *ctx)
{
	struct kcr_files *files = ctx->files_data;

	if (!files)
		return;
	kcr_files_let_go(ctx);
	ctx->files_data = NULL;
	drop_opened(files);
	drop_streams(files);
	kcr_given_drop(files);
	drop_made(files);
	kcr_relied_drop(files);
	kcr_wanted_drop(files);
	kvfree(files->buf);
	kfree(files);
}
