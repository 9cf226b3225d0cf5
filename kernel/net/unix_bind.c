// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of UNIX sockets.
 *
 * An address that leads to its socket is bound again: an abstract one in the
 * link pass, a path under a name of our own beside it, which becomes the path
 * at commit, by renaming. So nothing that is there changes, and nobody can
 * connect, before all else has succeeded; if it does not, that name goes away.
 * What is there at commit is replaced if it is the same owner's socket, and
 * dead: nobody is bound to it. An address that only is told (a path that was
 * deleted, that of an accepted socket) is given to the socket as it is.
 *
 * A path in the address may be relative, and is kept like that; where it is
 * made is told by the file.
 */
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "compat/namei.h"
#include "ksym.h"
#include "unix.h"

#define NAME_OFFSET	offsetof(struct sockaddr_un, sun_path)

static bool bound_to_path(const struct sock *sk)
{
	return !hlist_unhashed(&sk->sk_bind_node) && unix_sk(sk)->path.dentry;
}

/* kcr_unix_is_bound() - does its address lead to it? */
bool kcr_unix_is_bound(const struct sock *sk)
{
	if (bound_to_path(sk))
		return !kcr_path_gone(&unix_sk(sk)->path);
	/* The upper half of the table is by abstract name. */
	return sk->sk_hash > UNIX_HASH_MOD;
}

/* kcr_unix_show() - its address, for a sentence */
void kcr_unix_show(const struct sock *sk, char *text, size_t size)
{
	/* Pairs with bind(). */
	const struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);
	int len = addr ? addr->len - NAME_OFFSET : 0;

	if (len <= 0)
		strscpy(text, "no address", size);
	else if (addr->name->sun_path[0])
		snprintf(text, size, "%.*s", len, addr->name->sun_path);
	else
		snprintf(text, size, "@%.*s", len - 1, addr->name->sun_path + 1);
}

/* Another file may have been mounted over it. */
static int leads_here(struct kcr_ctx *ctx, const char *name, const struct path *path)
{
	struct path found;
	bool same;
	int ret = kern_path(name, 0, &found);

	if (ret)
		return kcr_refuse(ctx, "UNIX socket: %s: can't be found under its name (errno %d)",
				  name, -ret);
	same = d_inode(found.dentry) == d_inode(path->dentry);
	path_put(&found);
	return same ? 0 : kcr_refuse(ctx, "UNIX socket: %s: its name leads to another file", name);
}

/**
 * kcr_unix_path_save() - the file that a socket is bound to
 * @ctx: the operation
 * @sk: the socket
 * @img: gets its owner and mode
 * @path: set to what the caller frees with kfree(), or NULL
 */
int kcr_unix_path_save(struct kcr_ctx *ctx, struct sock *sk, struct kcr_img_unix *img,
		       char **path)
{
	const struct path *file = &unix_sk(sk)->path;
	struct kcr_stat stat;
	int ret;

	*path = NULL;
	if (!bound_to_path(sk) || !kcr_unix_is_bound(sk))
		return 0;
	ret = kcr_path_save(ctx, file, path);
	if (ret || !*path)
		return ret;
	ret = leads_here(ctx, *path, file) ?: kcr_stat(file, &stat);
	if (ret) {
		kfree(*path);
		*path = NULL;
		return ctx->error ?: kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, ret,
					      "UNIX socket: its file can't be looked at");
	}
	img->path_len = cpu_to_le32(strlen(*path) + 1);
	img->path_mode = cpu_to_le32(stat.mode & 07777);
	img->path_uid = cpu_to_le32(from_kuid_munged(ctx->cred->user_ns, stat.uid));
	img->path_gid = cpu_to_le32(from_kgid_munged(ctx->cred->user_ns, stat.gid));
	return 0;
}

/* The address as it was, without a place in the tables of addresses. */
static int tell_name(struct kcr_ctx *ctx, struct sock *sk, const char *name, u32 len)
{
	spinlock_t *lock = &sock_net(sk)->unx.table.locks[sk->sk_hash];
	struct unix_address *addr, *old;

	addr = kzalloc(sizeof(*addr) + NAME_OFFSET + KCR_UNIX_NAME_MAX, GFP_KERNEL_ACCOUNT);
	if (!addr)
		return kcr_nomem(ctx);
	refcount_set(&addr->refcnt, 1);
	addr->len = NAME_OFFSET + len;
	addr->name->sun_family = AF_UNIX;
	memcpy((char *)addr->name + NAME_OFFSET, name, len);

	mutex_lock(&unix_sk(sk)->bindlock);
	spin_lock(lock);
	old = unix_sk(sk)->addr;
	/* Pairs with whoever looks at it without a lock, such as getsockname(). */
	smp_store_release(&unix_sk(sk)->addr, addr);
	spin_unlock(lock);
	mutex_unlock(&unix_sk(sk)->bindlock);
	if (old && refcount_dec_and_test(&old->refcnt))
		kfree(old);
	return 0;
}

static int address_of(struct sockaddr_storage *to, const char *name, u32 len)
{
	memset(to, 0, sizeof(*to));
	to->ss_family = AF_UNIX;
	memcpy((char *)to + NAME_OFFSET, name, len);
	return NAME_OFFSET + len;
}

static int bind_abstract(struct kcr_ctx *ctx, struct socket *sock, const char *name, u32 len)
{
	struct sockaddr_storage addr;
	int ret = kernel_bind(sock, (struct sockaddr *)&addr, address_of(&addr, name, len));

	if (ret)
		return kcr_fail(ctx, ret == -EADDRINUSE ? KCR_CLASS_TRANSIENT :
							  KCR_CLASS_ENVIRONMENT, ret,
				"UNIX socket: @%.*s: %s (errno %d)", len - 1, name + 1,
				ret == -EADDRINUSE ? "is bound by somebody else" :
						     "can't be bound", -ret);
	return 0;
}

/* Paths */

struct place {
	const char *name;	/* all of it */
	struct path dir;
	const char *base;
};

static void temp_name(struct socket *sock, char *name, size_t size)
{
	snprintf(name, size, ".kcr-socket-%lu", SOCK_INODE(sock)->i_ino);
}

static int place_find(struct kcr_ctx *ctx, const char *name, struct place *place)
{
	char *dir = kstrdup(name, GFP_KERNEL), *slash;
	int ret;

	if (!dir)
		return kcr_nomem(ctx);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	ret = kcr_path_find(ctx, dir, LOOKUP_NO_SYMLINKS, S_IFDIR, &place->dir);
	kfree(dir);
	place->name = name;
	place->base = strrchr(name, '/') + 1;
	if (!ret && strlen(place->base) >= KCR_UNIX_NAME_MAX) {
		path_put(&place->dir);
		ret = kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -ENAMETOOLONG,
			       "UNIX socket: %s: its name is too long", name);
	}
	return ret;
}

/*
 * Is a socket bound to it? One that is connected already is told so by a
 * listening socket of its kind, and is refused by sockets of other kinds;
 * nobody notices.
 */
static int probe(int type, const char *base)
{
	struct socket *a, *b;
	struct sockaddr_storage addr;
	int len = address_of(&addr, base, strlen(base) + 1);
	int ret = sock_create(AF_UNIX, type, 0, &a);

	if (ret)
		return ret;
	ret = sock_create(AF_UNIX, type, 0, &b);
	if (ret)
		goto out_release;
	ret = a->ops->socketpair(a, b);
	if (!ret)
		ret = kernel_connect(a, (struct sockaddr *)&addr, len, O_NONBLOCK);
	sock_release(b);
out_release:
	sock_release(a);
	return ret;
}

static int is_dead(struct kcr_ctx *ctx, const struct place *place)
{
	int ret = probe(SOCK_STREAM, place->base);

	if (ret == -ECONNREFUSED)
		ret = probe(SOCK_SEQPACKET, place->base);
	switch (ret) {
	case -ECONNREFUSED:
		return 0;
	case -EISCONN:
	case -EPROTOTYPE:
	case -EAGAIN:
	case 0:
		return kcr_fail(ctx, KCR_CLASS_TRANSIENT, -EADDRINUSE,
				"UNIX socket: %s: is bound by somebody else", place->name);
	default:
		return kcr_path_fail(ctx, ret, place->name, "can't be asked whether it is in use");
	}
}

static int may_replace(struct kcr_ctx *ctx, const struct kcr_img_unix *img,
		       const struct place *place)
{
	struct kcr_stat stat;
	struct path path;
	int ret = kern_path(place->name, LOOKUP_NO_SYMLINKS, &path);

	if (ret == -ENOENT)
		return 0;
	if (ret)
		return kcr_path_fail(ctx, ret, place->name, "can't be looked up");
	ret = kcr_stat(&path, &stat);
	path_put(&path);
	if (ret)
		return kcr_path_fail(ctx, ret, place->name, "can't be looked at");
	if (!S_ISSOCK(stat.mode))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EEXIST,
				"UNIX socket: %s: is there, and is no socket", place->name);
	if (from_kuid_munged(current_user_ns(), stat.uid) != le32_to_cpu(img->path_uid))
		return kcr_fail(ctx, KCR_CLASS_UNSUPPORTED, -EPERM,
				"UNIX socket: %s: is there, and belongs to user %u, not %u",
				place->name, from_kuid_munged(current_user_ns(), stat.uid),
				le32_to_cpu(img->path_uid));
	return is_dead(ctx, place);
}

/* Under our name, with the mode that it had; we are alone in this process. */
static int bind_temp(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct socket *sock,
		     const struct place *place)
{
	umode_t umask = current->fs->umask, mode = SOCK_INODE(sock)->i_mode;
	struct sockaddr_storage addr;
	char name[40];
	int ret;

	temp_name(sock, name, sizeof(name));
	current->fs->umask = 0;
	SOCK_INODE(sock)->i_mode = S_IFSOCK | le32_to_cpu(img->path_mode);
	ret = kernel_bind(sock, (struct sockaddr *)&addr,
			  address_of(&addr, name, strlen(name) + 1));
	SOCK_INODE(sock)->i_mode = mode;
	current->fs->umask = umask;
	return ret ? kcr_path_fail(ctx, ret, place->name, "can't be bound") : 0;
}

static int give_back(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct sock *sk,
		     const struct place *place)
{
	u32 uid = le32_to_cpu(img->path_uid), gid = le32_to_cpu(img->path_gid);
	const struct path *path = &unix_sk(sk)->path;
	const struct inode *inode = d_inode(path->dentry);
	int ret;

	if (from_kuid_munged(current_user_ns(), inode->i_uid) == uid &&
	    from_kgid_munged(current_user_ns(), inode->i_gid) == gid)
		return 0;
	ret = kcr_call(chown_common)(path, uid, gid);
	return ret ? kcr_path_fail(ctx, ret, place->name, "can't be given to its owner") : 0;
}

/* In its folder: an address has room for little more than a name. */
static int in_folder(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct socket *sock,
		     const struct place *place,
		     int (*fn)(struct kcr_ctx *ctx, const struct kcr_img_unix *img,
			       struct socket *sock, const struct place *place))
{
	struct path pwd;
	int ret;

	get_fs_pwd(current->fs, &pwd);
	kcr_call(set_fs_pwd)(current->fs, &place->dir);
	ret = fn(ctx, img, sock, place);
	kcr_call(set_fs_pwd)(current->fs, &pwd);
	path_put(&pwd);
	return ret;
}

static int prepare_path(struct kcr_ctx *ctx, const struct kcr_img_unix *img,
			struct socket *sock, const struct place *place)
{
	return may_replace(ctx, img, place) ?: bind_temp(ctx, img, sock, place) ?:
	       give_back(ctx, img, sock->sk, place);
}

static int bind_path(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct socket *sock,
		     const char *name)
{
	struct place place;
	int ret = place_find(ctx, name, &place);

	if (ret)
		return ret;
	ret = in_folder(ctx, img, sock, &place, prepare_path);
	path_put(&place.dir);
	return ret;
}

/* kcr_unix_bind() - its address, in the link pass */
int kcr_unix_bind(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	u32 len = le32_to_cpu(img->name_len);
	struct kcr_unix_parts parts;
	int ret = 0;

	if (!len)
		return 0;
	kcr_unix_parts(rec, &parts);
	if (img->state & cpu_to_le32(KCR_UNIX_BOUND) && !parts.name[0])
		return bind_abstract(ctx, sock, parts.name, len);
	if (img->path_len)
		ret = bind_path(ctx, img, sock, parts.path);
	return ret ?: tell_name(ctx, sock->sk, parts.name, len);
}

/* At commit */

static int rename_temp(struct kcr_ctx *ctx, struct socket *sock, const struct place *place)
{
	struct filename *from, *to;
	char temp[40];
	char *name;
	int ret;

	temp_name(sock, temp, sizeof(temp));
	name = kasprintf(GFP_KERNEL, "%.*s%s", (int)(place->base - place->name), place->name, temp);
	if (!name)
		return kcr_nomem(ctx);
	from = getname_kernel(name);
	to = getname_kernel(place->name);
	kfree(name);
	/* It takes both over, errors as well. */
	ret = kcr_call(do_renameat2)(AT_FDCWD, from, AT_FDCWD, to, 0);
	return ret ? kcr_path_fail(ctx, ret, place->name, "can't be made") : 0;
}

static int replace(struct kcr_ctx *ctx, const struct kcr_img_unix *img, struct socket *sock,
		   const struct place *place)
{
	return may_replace(ctx, img, place) ?: rename_temp(ctx, sock, place);
}

/* kcr_unix_bind_commit() - from now on the path leads to it */
int kcr_unix_bind_commit(struct kcr_ctx *ctx, const struct kcr_rec *rec, struct socket *sock)
{
	const struct kcr_img_unix *img = kcr_rec_as(rec, struct kcr_img_unix);
	struct kcr_unix_parts parts;
	struct place place;
	int ret;

	if (!img->path_len)
		return 0;
	kcr_unix_parts(rec, &parts);
	ret = place_find(ctx, parts.path, &place);
	if (ret)
		return ret;
	ret = in_folder(ctx, img, sock, &place, replace);
	path_put(&place.dir);
	return ret;
}

/* kcr_unix_unmake() - the file of a socket that was not committed goes away */
void kcr_unix_unmake(struct socket *sock)
{
	const struct path *path = &unix_sk(sock->sk)->path;
	struct dentry *dir;
	char name[40];

	temp_name(sock, name, sizeof(name));
	if (!path->dentry || mnt_want_write(path->mnt))
		return;
	dir = dget_parent(path->dentry);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	if (path->dentry->d_parent == dir && !d_unhashed(path->dentry) &&
	    !strcmp(path->dentry->d_name.name, name))
		kcr_vfs_unlink(path, d_inode(dir));
	inode_unlock(d_inode(dir));
	dput(dir);
	mnt_drop_write(path->mnt);
}
