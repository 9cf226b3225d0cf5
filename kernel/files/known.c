// SPDX-License-Identifier: GPL-2.0
/*
 * Hashes of files that have been read before.
 *
 * A program's libraries are the same at its next checkpoint, at its restart, and
 * for the next program. Whoever has opened a file for reading need not read it again
 * if it has not been touched since: it is the same inode, with the same size, times and
 * count of changes.
 *
 * That says enough only where nobody can set the time of the last change (not where
 * a user answers for the file system, or another machine does), and if that time was
 * well past when the file was hashed: clocks of files tick slowly, and the next
 * change might have got the same time. Nor does it while somebody has the file open for
 * writing, who may change it through a mapping at any time.
 */
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "compat/file.h"
#include "internal.h"

#define KNOWN_MAX	1024u	/* files */
#define KNOWN_BITS	8
#define SETTLED_S	5	/* the slowest clock of a file system ticks every 2 s */

/**
 * struct known - a hash, and of what
 * @hash: in known_table
 * @used: in known_order, the one used last in front
 * @dev: file system
 * @ino: inode
 * @generation: of the inode's number
 * @from: first byte
 * @to: byte after the last one
 * @stat: when it was hashed
 * @digest: as kcr_hash_end() tells it
 */
struct known {
	struct hlist_node hash;
	struct list_head used;
	dev_t dev;
	unsigned long ino;
	u32 generation;
	u64 from, to;
	struct kcr_stat stat;
	u8 digest[KCR_HASH_LEN];
};

static DEFINE_MUTEX(known_lock);
static DEFINE_HASHTABLE(known_table, KNOWN_BITS);
static LIST_HEAD(known_order);
static unsigned int nr_known;

/* Where its bytes are: not what an overlay makes of it. */
static struct inode *inode_of(struct file *file)
{
	return d_real_inode(kcr_file_path(file)->dentry);
}

static bool can_tell(const struct inode *inode)
{
	const struct super_block *sb = inode->i_sb;
	int flags = sb->s_type->fs_flags;

	/* A subtype is what FUSE has, on a block device too. */
	return S_ISREG(inode->i_mode) && flags & FS_REQUIRES_DEV && !(flags & FS_HAS_SUBTYPE) &&
	       sb->s_user_ns == &init_user_ns && !inode_is_open_for_write(inode);
}

static bool settled(const struct kcr_stat *stat)
{
	time64_t now = ktime_get_real_seconds();

	return stat->mtime.tv_sec + SETTLED_S <= now && stat->ctime.tv_sec + SETTLED_S <= now;
}

static struct known *find(const struct inode *inode, u64 from, u64 to)
{
	struct known *k;

	lockdep_assert_held(&known_lock);
	hash_for_each_possible(known_table, k, hash, inode->i_ino)
		if (k->ino == inode->i_ino && k->dev == inode->i_sb->s_dev &&
		    k->generation == inode->i_generation && k->from == from && k->to == to)
			return k;
	return NULL;
}

/**
 * kcr_known_find() - the hash of a part of a file, if it need not be read for that
 * @file: open for reading
 * @stat: what it is now
 * @from: first byte
 * @to: byte after the last one
 * @digest: set to it
 */
bool kcr_known_find(struct file *file, const struct kcr_stat *stat, u64 from, u64 to,
		    u8 *digest)
{
	const struct inode *inode = inode_of(file);
	struct known *k;
	bool same;

	if (!can_tell(inode))
		return false;
	mutex_lock(&known_lock);
	k = find(inode, from, to);
	same = k && kcr_stat_same(&k->stat, stat);
	if (same) {
		memcpy(digest, k->digest, sizeof(k->digest));
		list_move(&k->used, &known_order);
	}
	mutex_unlock(&known_lock);
	return same;
}

static void forget(struct known *k)
{
	lockdep_assert_held(&known_lock);
	hash_del(&k->hash);
	list_del(&k->used);
	kfree(k);
	nr_known--;
}

static void add(struct known *k)
{
	lockdep_assert_held(&known_lock);
	if (nr_known == KNOWN_MAX)
		forget(list_last_entry(&known_order, struct known, used));
	hash_add(known_table, &k->hash, k->ino);
	list_add(&k->used, &known_order);
	nr_known++;
}

/**
 * kcr_known_add() - a part of a file has been hashed
 * @file: open for reading
 * @before: what it was before that
 * @from: first byte
 * @to: byte after the last one
 * @digest: the hash
 */
void kcr_known_add(struct file *file, const struct kcr_stat *before, u64 from, u64 to,
		   const u8 *digest)
{
	const struct inode *inode = inode_of(file);
	struct kcr_stat now;
	struct known *k, *old;

	if (!can_tell(inode) || !settled(before) || kcr_stat(kcr_file_path(file), &now) ||
	    !kcr_stat_same(before, &now))
		return;
	k = kmalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return;		/* it is hashed again, then */
	*k = (struct known) {
		.dev = inode->i_sb->s_dev,
		.ino = inode->i_ino,
		.generation = inode->i_generation,
		.from = from,
		.to = to,
		.stat = now,
	};
	memcpy(k->digest, digest, sizeof(k->digest));
	mutex_lock(&known_lock);
	old = find(inode, from, to);
	if (old)
		forget(old);
	add(k);
	mutex_unlock(&known_lock);
}

/* kcr_known_drop() - forget all of them: the module goes */
void kcr_known_drop(void)
{
	struct known *k, *next;

	mutex_lock(&known_lock);
	list_for_each_entry_safe(k, next, &known_order, used)
		forget(k);
	mutex_unlock(&known_lock);
}
