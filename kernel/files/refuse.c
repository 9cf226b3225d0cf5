// SPDX-License-Identifier: GPL-2.0
/*
 * Open files that nobody handles, by name.
 */
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "internal.h"

#define KCR_MQUEUE_MAGIC	0x19800202	/* ipc/mqueue.c */
#define KCR_CONFIGFS_MAGIC	0x62656570	/* fs/configfs/mount.c */
#define KCR_FUSECTL_MAGIC	0x65735543	/* fs/fuse/control.c */
#define KCR_RPC_PIPEFS_MAGIC	0x67596969	/* net/sunrpc/rpc_pipe.c */

/*
 * File systems whose files are windows into the kernel: their contents are
 * made while they are read.
 */
static const unsigned long unreal[] = {
	PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
	DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC,
	BPF_FS_MAGIC, PSTOREFS_MAGIC, EFIVARFS_MAGIC, BINFMTFS_MAGIC, NSFS_MAGIC,
	SECRETMEM_MAGIC, AUTOFS_SUPER_MAGIC, RDTGROUP_SUPER_MAGIC,
	KCR_MQUEUE_MAGIC, KCR_CONFIGFS_MAGIC, KCR_FUSECTL_MAGIC, KCR_RPC_PIPEFS_MAGIC,
};

/* kcr_fs_is_real() - do files of this file system stay what was written? */
bool kcr_fs_is_real(const struct super_block *sb)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unreal); i++)
		if (sb->s_magic == unreal[i])
			return false;
	return !(sb->s_flags & SB_KERNMOUNT);
}

/* kcr_fs_in_memory() - is it gone when the machine is switched off? */
bool kcr_fs_in_memory(const struct super_block *sb)
{
	return sb->s_magic == TMPFS_MAGIC || sb->s_magic == RAMFS_MAGIC ||
	       sb->s_magic == HUGETLBFS_MAGIC;
}

static const char *family_name(int family)
{
	switch (family) {
	case AF_UNIX:
		return "AF_UNIX";
	case AF_INET:
		return "AF_INET";
	case AF_INET6:
		return "AF_INET6";
	case AF_NETLINK:
		return "AF_NETLINK";
	case AF_PACKET:
		return "AF_PACKET";
	case AF_VSOCK:
		return "AF_VSOCK";
	case AF_ALG:
		return "AF_ALG";
	default:
		return "of another family";
	}
}

static const char *socket_type_name(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return "stream";
	case SOCK_DGRAM:
		return "datagram";
	case SOCK_RAW:
		return "raw";
	case SOCK_SEQPACKET:
		return "seqpacket";
	default:
		return "of another type";
	}
}

static int refuse_socket(struct kcr_ctx *ctx, struct file *file)
{
	struct socket *sock = sock_from_file(file);

	if (!sock)
		return kcr_refuse(ctx, "socket: not supported yet");
	return kcr_refuse(ctx, "socket (%s %s): not supported yet, but say what becomes of socket:[%lu] (--external)",
			  family_name(sock->sk ? sock->sk->sk_family : 0),
			  socket_type_name(sock->type), file_inode(file)->i_ino);
}

/* A file without a path: called as /proc/PID/fd shows it, without brackets. */
static int refuse_nameless(struct kcr_ctx *ctx, struct file *file)
{
	const char *fs = file_inode(file)->i_sb->s_type->name;
	const char *name = file->f_path.dentry->d_name.name;
	int len = strlen(name);

	if (!strcmp(fs, "nsfs"))
		return kcr_refuse(ctx, "namespace: not supported yet");
	if (len > 2 && name[0] == '[' && name[len - 1] == ']') {
		name++;
		len -= 2;
	}
	if (!len)
		return kcr_refuse(ctx, "file of %s: not supported yet", fs);
	return kcr_refuse(ctx, "%.*s: not supported yet", len, name);
}

static int refuse_named(struct kcr_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);
	const char *name;
	char *buf;
	int ret;

	name = kcr_path_show(&file->f_path, &buf);
	switch (inode->i_mode & S_IFMT) {
	case S_IFCHR:
	case S_IFBLK:
		if (kcr_file_is_tty(file))
			ret = kcr_refuse(ctx, "%s: terminal that is not a standard stream: not supported yet",
					 name);
		else
			ret = kcr_refuse(ctx, "%s: no handler for this device", name);
		break;
	case S_IFLNK:
		ret = kcr_refuse(ctx, "%s: open symbolic link: not supported yet", name);
		break;
	default:
		ret = kcr_refuse(ctx, "%s: file of %s: not supported yet", name,
				 inode->i_sb->s_type->name);
	}
	kfree(buf);
	return ret;
}

/* kcr_file_refuse() - an open file that no kind recognizes */
int kcr_file_refuse(struct kcr_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);

	if (S_ISSOCK(inode->i_mode) && inode->i_sb->s_magic == SOCKFS_MAGIC)
		return refuse_socket(ctx, file);
	if (S_ISFIFO(inode->i_mode) && inode->i_sb->s_magic == PIPEFS_MAGIC)
		return kcr_refuse(ctx, "pipe to another process, and not a standard stream: say what becomes of pipe:[%lu] (--external)",
				  inode->i_ino);
	if (inode->i_sb->s_flags & SB_KERNMOUNT || !(inode->i_mode & S_IFMT))
		return refuse_nameless(ctx, file);
	return refuse_named(ctx, file);
}
