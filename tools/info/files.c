// SPDX-License-Identifier: GPL-2.0
/* Files, their contents, and the table of descriptors. */
#include "../../uapi/image/chr.h"
#include "../../uapi/image/content.h"
#include "../../uapi/image/external.h"
#include "../../uapi/image/fdtable.h"
#include "../../uapi/image/dnotify.h"
#include "../../uapi/image/fown.h"
#include "../../uapi/image/fs.h"
#include "../../uapi/image/locks.h"
#include "../../uapi/image/procfs.h"
#include "../../uapi/image/procmem.h"
#include "../../uapi/image/reg.h"
#include "info.h"
#include "summary.h"

static const struct info_name reg_types[] = {
	{ KCR_REG_FILE,		"file" },
	{ KCR_REG_DIRECTORY,	"directory" },
	{ KCR_REG_SYMLINK,	"symlink" },
	{ KCR_REG_SOCKET,	"socket" },
	{ KCR_REG_FIFO,		"fifo" },
	{ KCR_REG_CHR,		"character_device" },
	{ KCR_REG_BLK,		"block_device" },
	{ }
};

static void reg_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_reg *reg = rec->data;

	info_path(e, "path", rec, sizeof(*reg), le32_to_cpu(reg->path_len));
	info_enum(e, "type", le32_to_cpu(reg->type), reg_types);
	info_flags(e, "flags", le32_to_cpu(reg->flags), info_file_flags);
	EMIT64(e, reg, pos);
	EMIT32(e, reg, content);
	EMIT32(e, reg, uid);
}

static void reg_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_reg *reg = rec->data;
	size_t len = le32_to_cpu(reg->path_len);

	summary_add_object(s, rec, le32_to_cpu(reg->flags),
			   le64_to_cpu(reg->pos),
			   info_tail(rec, sizeof(*reg), len), len);
}

const struct info_ops info_reg = {
	.size	= sizeof(struct kcr_img_reg),
	.print	= reg_print,
	.note	= reg_note,
};

static const struct info_name devices[] = {
	{ KCR_CHR_NULL,		"null" },
	{ KCR_CHR_ZERO,		"zero" },
	{ KCR_CHR_FULL,		"full" },
	{ KCR_CHR_RANDOM,	"random" },
	{ KCR_CHR_URANDOM,	"urandom" },
	{ }
};

static void chr_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_chr *chr = rec->data;

	info_enum(e, "device", le32_to_cpu(chr->device), devices);
	info_path(e, "path", rec, sizeof(*chr), le32_to_cpu(chr->path_len));
	info_flags(e, "flags", le32_to_cpu(chr->flags), info_file_flags);
	EMIT64(e, chr, pos);
}

static void chr_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_chr *chr = rec->data;
	size_t len = le32_to_cpu(chr->path_len);

	summary_add_object(s, rec, le32_to_cpu(chr->flags), 0,
			   info_tail(rec, sizeof(*chr), len), len);
}

const struct info_ops info_chr = {
	.size	= sizeof(struct kcr_img_chr),
	.print	= chr_print,
	.note	= chr_note,
};

static void procfs_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_procfs *procfs = rec->data;

	info_path(e, "path", rec, sizeof(*procfs), le32_to_cpu(procfs->path_len));
	info_flags(e, "flags", le32_to_cpu(procfs->flags), info_file_flags);
	EMIT64(e, procfs, pos);
}

static void procfs_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_procfs *procfs = rec->data;
	size_t len = le32_to_cpu(procfs->path_len);

	summary_add_object(s, rec, le32_to_cpu(procfs->flags), 0,
			   info_tail(rec, sizeof(*procfs), len), len);
}

const struct info_ops info_procfs = {
	.size	= sizeof(struct kcr_img_procfs),
	.print	= procfs_print,
	.note	= procfs_note,
};

static void procmem_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_procmem *procmem = rec->data;

	EMIT32(e, procmem, pid);
	info_flags(e, "flags", le32_to_cpu(procmem->flags), info_file_flags);
	EMITX64(e, procmem, pos);
}

const struct info_ops info_procmem = {
	.size	= sizeof(struct kcr_img_procmem),
	.print	= procmem_print,
};

static const struct info_name external_types[] = {
	{ KCR_EXTERNAL_TERMINAL,	"terminal" },
	{ KCR_EXTERNAL_PIPE,		"pipe" },
	{ }
};

static const struct info_name streams[] = {
	{ 1 << 0,	"input" },
	{ 1 << 1,	"output" },
	{ 1 << 2,	"error" },
	{ }
};

static void external_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_external *external = rec->data;

	info_enum(e, "type", le32_to_cpu(external->type), external_types);
	info_flags(e, "streams", le32_to_cpu(external->streams), streams);
	info_flags(e, "flags", le32_to_cpu(external->flags), info_file_flags);
	EMIT32(e, external, unread);
}

static void external_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_external *external = rec->data;
	const char *text = "a pipe to the outside, restart's own then";

	if (le32_to_cpu(external->type) == KCR_EXTERNAL_TERMINAL)
		text = "a terminal, restart's own then";
	summary_add_object(s, rec, le32_to_cpu(external->flags), 0, text,
			   strlen(text));
}

const struct info_ops info_external = {
	.size	= sizeof(struct kcr_img_external),
	.print	= external_print,
	.note	= external_note,
};

static const struct info_name content_types[] = {
	{ KCR_CONTENT_HASH,	"hash" },
	{ KCR_CONTENT_FILE,	"file" },
	{ KCR_CONTENT_DATA,	"data" },
	{ KCR_CONTENT_DIRECTORY, "directory" },
	{ KCR_CONTENT_HUGE,	"huge" },
	{ KCR_CONTENT_MEMORY,	"memory" },
	{ }
};

static const struct info_name content_flags[] = {
	{ KCR_CONTENT_CUT,		"cut" },
	{ KCR_CONTENT_GROWS,		"grows" },
	{ KCR_CONTENT_WHOLE,		"whole" },
	{ KCR_CONTENT_UNLINKED,		"unlinked" },
	{ KCR_CONTENT_WRITE_BACK,	"write_back" },
	{ KCR_CONTENT_LINKABLE,		"linkable" },
	{ }
};

static void content_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_content *content = rec->data;
	uint32_t type = le32_to_cpu(content->type);

	info_enum(e, "type", type, content_types);
	EMIT32(e, content, file);
	info_flags(e, "flags", le32_to_cpu(content->flags), content_flags);
	EMIT64(e, content, from);
	EMIT64(e, content, len);
	EMIT64(e, content, size);
	if (type == KCR_CONTENT_HASH || type == KCR_CONTENT_HUGE)
		emit_bytes(e, "hash", content->hash, sizeof(content->hash));
	if (type == KCR_CONTENT_HASH || type == KCR_CONTENT_DATA)
		return;
	emit_octal(e, "mode", le32_to_cpu(content->mode));
	EMIT32(e, content, uid);
	EMIT32(e, content, gid);
	info_path(e, "path", rec, sizeof(*content), rec->len - sizeof(*content));
}

static void content_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_content *content = rec->data;

	switch (le32_to_cpu(content->type)) {
	case KCR_CONTENT_FILE:
	case KCR_CONTENT_HUGE:
	case KCR_CONTENT_MEMORY:
		s->content.files++;
		break;
	case KCR_CONTENT_DATA:
		s->content.bytes += rec->len - sizeof(*content);
		break;
	}
}

const struct info_ops info_content = {
	.size	= sizeof(struct kcr_img_content),
	.print	= content_print,
	.note	= content_note,
};

static const struct info_name fd_flags[] = {
	{ KCR_FD_CLOEXEC,	"cloexec" },
	{ }
};

static void fdtable_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_fdtable *table = rec->data;
	size_t i, n = info_items(rec, sizeof(*table), sizeof(table->fd[0]),
				 le32_to_cpu(table->count));

	emit_begin_list(e, "descriptors");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &table->fd[i], fd);
		EMIT32(e, &table->fd[i], file);
		info_flags(e, "flags", le32_to_cpu(table->fd[i].flags),
			   fd_flags);
		emit_end(e);
	}
	emit_end(e);
}

static void fdtable_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_fdtable *table = rec->data;
	size_t i, n = info_items(rec, sizeof(*table), sizeof(table->fd[0]),
				 le32_to_cpu(table->count));
	struct summary_fd *fd;

	for (i = 0; i < n; i++) {
		fd = summary_add_fd(s, rec->owner);
		if (!fd)
			return;
		fd->fd = le32_to_cpu(table->fd[i].fd);
		fd->file = le32_to_cpu(table->fd[i].file);
		fd->flags = le32_to_cpu(table->fd[i].flags);
	}
}

const struct info_ops info_fdtable = {
	.size	= sizeof(struct kcr_img_fdtable),
	.print	= fdtable_print,
	.note	= fdtable_note,
};

static size_t fs_len(const struct image_rec *rec)
{
	return rec->version < 2 ? KCR_FS_LEN_1 : sizeof(struct kcr_img_fs);
}

static void fs_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_fs *fs = rec->data;
	size_t cwd = le32_to_cpu(fs->cwd_len);

	emit_octal(e, "umask", le32_to_cpu(fs->umask));
	info_path(e, "cwd", rec, fs_len(rec), cwd);
	if (fs->root_len)
		info_path(e, "root", rec, fs_len(rec) + cwd,
			  le32_to_cpu(fs->root_len));
	if (rec->version < 2 || rec->len < sizeof(*fs))
		return;
	if (fs->cwd)
		emit_u64(e, "removed_cwd", le32_to_cpu(fs->cwd));
	if (fs->root)
		emit_u64(e, "removed_root", le32_to_cpu(fs->root));
}

static void fs_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_fs *fs = rec->data;
	size_t len = le32_to_cpu(fs->cwd_len);
	const char *cwd = info_tail(rec, fs_len(rec), len);
	struct summary_process *p = summary_process(s, rec->owner);

	if (cwd && p && !p->cwd)
		p->cwd = strndup(cwd, len);
}

const struct info_ops info_fs = {
	.size	= KCR_FS_LEN_1,
	.print	= fs_print,
	.note	= fs_note,
};

static const struct info_name lock_types[] = {
	{ KCR_LOCK_POSIX,	"posix" },
	{ KCR_LOCK_OFD,		"ofd" },
	{ KCR_LOCK_FLOCK,	"flock" },
	{ }
};

static const struct info_name lock_flags[] = {
	{ KCR_LOCK_EXCLUSIVE,	"exclusive" },
	{ }
};

static void locks_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_locks *locks = rec->data;
	size_t i, n = info_items(rec, sizeof(*locks), sizeof(locks->lock[0]),
				 le32_to_cpu(locks->count));

	if (rec->version > 1 && locks->table)
		EMIT32(e, locks, table);
	emit_begin_list(e, "locks");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &locks->lock[i], fd);
		info_enum(e, "type", le32_to_cpu(locks->lock[i].type),
			  lock_types);
		info_flags(e, "flags", le32_to_cpu(locks->lock[i].flags),
			   lock_flags);
		EMIT64(e, &locks->lock[i], start);
		EMIT64(e, &locks->lock[i], len);
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_locks = {
	.size	= sizeof(struct kcr_img_locks),
	.print	= locks_print,
};

static const struct info_name fown_flags[] = {
	{ KCR_FOWN_ASYNC,	"async" },
	{ KCR_FOWN_LEASE_READ,	"lease_read" },
	{ KCR_FOWN_LEASE_WRITE,	"lease_write" },
	{ KCR_FOWN_DOWNGRADE,	"downgrade" },
	{ KCR_FOWN_UNLOCK,	"unlock" },
	{ }
};

static const struct info_name fown_types[] = {
	{ KCR_FOWN_NOBODY,	"nobody" },
	{ KCR_FOWN_THREAD,	"thread" },
	{ KCR_FOWN_PROCESS,	"process" },
	{ KCR_FOWN_GROUP,	"group" },
	{ }
};

static void fown_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_fown *fown = rec->data;
	size_t len = rec->version < 2 ? KCR_FOWN_FILE_LEN_1 : sizeof(fown->file[0]);
	size_t i, n = info_items(rec, sizeof(*fown), len, le32_to_cpu(fown->count));

	emit_begin_list(e, "files");
	for (i = 0; i < n; i++) {
		const struct kcr_img_fown_file *file =
			(const void *)((const char *)fown->file + i * len);

		emit_begin(e, NULL);
		EMIT32(e, file, fd);
		info_flags(e, "flags", le32_to_cpu(file->flags), fown_flags);
		info_enum(e, "type", le32_to_cpu(file->type), fown_types);
		EMIT32(e, file, id);
		EMIT32(e, file, signum);
		EMIT32(e, file, uid);
		EMIT32(e, file, euid);
		EMIT32(e, file, async_fd);
		EMIT32(e, file, lease_fd);
		if (rec->version > 1) {
			EMIT32(e, file, downgrade_ms);
			EMIT32(e, file, unlock_ms);
		}
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_fown = {
	.size	= sizeof(struct kcr_img_fown),
	.print	= fown_print,
};

static const struct info_name dnotify_events[] = {
	{ KCR_DNOTIFY_ACCESS,	"access" },
	{ KCR_DNOTIFY_MODIFY,	"modify" },
	{ KCR_DNOTIFY_CREATE,	"create" },
	{ KCR_DNOTIFY_DELETE,	"delete" },
	{ KCR_DNOTIFY_RENAME,	"rename" },
	{ KCR_DNOTIFY_ATTRIB,	"attrib" },
	{ KCR_DNOTIFY_MULTISHOT, "multishot" },
	{ }
};

static void dnotify_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_dnotify *dnotify = rec->data;
	size_t i, n = info_items(rec, sizeof(*dnotify), sizeof(dnotify->watch[0]),
				 le32_to_cpu(dnotify->count));

	EMIT32(e, dnotify, table);
	emit_begin_list(e, "watches");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &dnotify->watch[i], fd);
		info_flags(e, "events", le32_to_cpu(dnotify->watch[i].events),
			   dnotify_events);
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_dnotify = {
	.size	= sizeof(struct kcr_img_dnotify),
	.print	= dnotify_print,
};
