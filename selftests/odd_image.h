/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process that has huge pages, files of a hugetlbfs and in memory, leases, watched and
 * removed directories; its image, and its records there.
 */
#ifndef KCR_ODD_IMAGE_H
#define KCR_ODD_IMAGE_H

#include <dirent.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "lies.h"
#include "../uapi/image/content.h"
#include "../uapi/image/dnotify.h"
#include "../uapi/image/fown.h"
#include "../uapi/image/fs.h"
#include "../uapi/image/hugetlb.h"
#include "../uapi/image/process.h"
#include "../uapi/image/thread.h"
#include "../uapi/image/vma.h"

#define HUGE	(2ul << 20)
#define POOL	7
#define POINT	"/run/kcr-hostile"
#define NAMED	POINT "/named"

#ifndef MFD_HUGETLB
#define MFD_HUGETLB	4u
#endif

/* The program */

static inline char *map_huge(int fd, int flags, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       flags | (fd < 0 ? MAP_ANONYMOUS | MAP_HUGETLB : 0), fd, 0);

	ASSERT_NE(MAP_FAILED, (void *)p);
	strcpy(p, "huge");
	return p;
}

static inline void huge_memory(void)
{
	int fd = memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING);
	int gone, named;

	ASSERT_LE(0, fd);
	map_huge(-1, MAP_PRIVATE, 2 * HUGE);
	map_huge(fd, MAP_SHARED, HUGE);
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	if (geteuid())
		return;
	gone = open(POINT "/gone", O_CREAT | O_RDWR, 0600);
	named = open(NAMED, O_CREAT | O_RDWR, 0600);
	ASSERT_LE(0, gone);
	ASSERT_LE(0, named);
	map_huge(gone, MAP_SHARED, HUGE);
	map_huge(named, MAP_SHARED, HUGE);
	ASSERT_EQ(0, unlink(POINT "/gone"));
}

/* As large as what is saved as pages. */
static inline void file_in_memory(void)
{
	char name[] = "/dev/shm/kcr-odd.XXXXXX";
	int fd = mkostemp(name, 0);
	char *p;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unlink(name));
	ASSERT_EQ(0, ftruncate(fd, HUGE));
	p = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)p);
	memset(p, 'm', HUGE / 2);
}

static inline void leases(void)
{
	int fd = open("leased", O_CREAT | O_WRONLY, 0600), status;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_WRLCK));
	pid = fork();
	if (!pid)
		_exit(open("leased", O_RDONLY | O_NONBLOCK) >= 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
}

static inline void directories(void)
{
	int fd;

	mkdir("watched", 0700);
	fd = open("watched", O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	ASSERT_EQ(0, mkdir("gone", 0700));
	ASSERT_EQ(0, chdir("gone"));
	ASSERT_LE(0, open(".", O_RDONLY | O_DIRECTORY));
	ASSERT_EQ(0, rmdir("../gone"));
}

static inline void become_odd(int ready)
{
	setsid();
	signal(SIGIO, SIG_IGN);
	huge_memory();
	file_in_memory();
	leases();
	directories();
	if (!syscall(SYS_clone, CLONE_SYSVSEM | CLONE_IO | SIGCHLD, NULL, NULL, NULL, NULL))
		for (;;)
			poll(NULL, 0, 1000000000);
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	for (;;)
		poll(NULL, 0, 1000000000);
}

/* What is there before and after */

static inline int pool_field(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	char line[128];
	int n = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len))
			n = atoi(line + len + 1);
	if (f)
		fclose(f);
	return n;
}

static inline bool pool_is_free(void)
{
	int tries;

	for (tries = 0; tries < 400; tries++) {
		if (pool_field("HugePages_Free") == pool_field("HugePages_Total") &&
		    !pool_field("HugePages_Rsvd"))
			return true;
		usleep(5000);
	}
	return false;
}

static inline void set_pool(int n)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f)
		skip("no huge pages");
	fprintf(f, "%d\n", n);
	fclose(f);
}

/* Kernels may be built without. */
static inline void need_dnotify(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	ASSERT_LE(0, fd);
	if (fcntl(fd, F_NOTIFY, DN_CREATE))
		skip("no F_NOTIFY");
	close(fd);
}

static inline void need_huge(void)
{
	struct statfs fs;

	if (!geteuid()) {
		set_pool(POOL);
		mkdir(POINT, 0755);
		if (statfs(POINT, &fs) || fs.f_type != HUGETLBFS_MAGIC)
			ASSERT_EQ(0, mount("none", POINT, "hugetlbfs", 0, "pagesize=2M"));
	}
	if (pool_field("HugePages_Free") < POOL)
		skip("not enough huge pages");
}

static inline int names_in(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static inline struct bytes odd_image(void)
{
	struct bytes b;

	need_dnotify();
	need_huge();
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	b = image_of(start_one(become_odd));
	unlink(NAMED);
	ASSERT_TRUE(pool_is_free());
	return b;
}

/* Also what an image said to have a name, and had none. */
static inline void remove_files(const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		if (entry->d_type == DT_REG)
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

static inline void expect_nothing_left(const char *what, const struct outcome *o)
{
	static int names = -1;

	if (names < 0)
		names = names_in(".");
	if (!o->ran && !geteuid() && names_in(POINT) > 2)	/* . and .. */
		kcr_fail(false, __FILE__, __LINE__, "%s: left a file behind", what);
	if (!geteuid())
		remove_files(POINT);
	if (!o->ran && names_in(".") != names)
		kcr_fail(false, __FILE__, __LINE__, "%s: left something in its folder", what);
	names = names_in(".");
	if (!pool_is_free())
		kcr_fail(false, __FILE__, __LINE__, "%s: %d of %d huge pages are free, %d reserved",
			 what, pool_field("HugePages_Free"), pool_field("HugePages_Total"),
			 pool_field("HugePages_Rsvd"));
}

/* Records */

static inline struct rec *content_of(struct image *img, uint32_t type, bool unlinked)
{
	size_t i;

	for (i = 0; i < img->n; i++) {
		const struct kcr_img_content *c = (void *)img->rec[i].data;

		if (kind_of(&img->rec[i]) == KCR_KIND_CONTENT && le32toh(c->type) == type &&
		    !!(le32toh(c->flags) & KCR_CONTENT_UNLINKED) == unlinked)
			return &img->rec[i];
	}
	kcr_fail(true, __FILE__, __LINE__, "no such contents in the image");
	return NULL;
}

static inline struct kcr_img_content *file_gone(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_HUGE, true)->data;
}

static inline struct kcr_img_content *file_named(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_HUGE, false)->data;
}

static inline struct kcr_img_content *file_of_memory(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_MEMORY, true)->data;
}

static inline struct kcr_img_content *dir_gone(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_DIRECTORY, true)->data;
}

static inline struct rec *hugetlb_of(struct image *img, const char *name)
{
	size_t i;

	for (i = 0; i < img->n; i++)
		if (kind_of(&img->rec[i]) == KCR_KIND_HUGETLB &&
		    strstr(((struct kcr_img_hugetlb *)img->rec[i].data)->name, name))
			return &img->rec[i];
	kcr_fail(true, __FILE__, __LINE__, "no such memory in the image");
	return NULL;
}

static inline struct kcr_img_hugetlb *memory_of(struct image *img, const char *name)
{
	return (void *)hugetlb_of(img, name)->data;
}

static inline struct kcr_img_vma *huge_vma(struct image *img, bool shared)
{
	size_t i;

	for (i = 0; i < img->n; i++) {
		struct kcr_img_vma *vma = (void *)img->rec[i].data;

		if (kind_of(&img->rec[i]) == KCR_KIND_VMA &&
		    le32toh(vma->flags) & KCR_VMA_HUGETLB &&
		    !(le32toh(vma->flags) & KCR_VMA_SHARED) == !shared)
			return vma;
	}
	kcr_fail(true, __FILE__, __LINE__, "no such mapping in the image");
	return NULL;
}

static inline struct kcr_img_pages *pages_of(struct image *img, uint32_t id)
{
	size_t i;

	for (i = 0; i < img->n; i++) {
		struct kcr_img_pages *run = (void *)img->rec[i].data;

		if (kind_of(&img->rec[i]) == KCR_KIND_PAGES && run->mm == id)
			return run;
	}
	kcr_fail(true, __FILE__, __LINE__, "no such pages in the image");
	return NULL;
}

#define AS(type, kind)	((struct type *)rec_of(img, kind)->data)

#endif
