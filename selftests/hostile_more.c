// SPDX-License-Identifier: GPL-2.0
/*
 * Images that lie about huge pages, files of a hugetlbfs, leases, watched and removed
 * directories, and what clone(2) lets processes share. Each restart fails in one
 * sentence, or does no harm; no huge page, no file and no process is left.
 */
#define _GNU_SOURCE
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

static char *map_huge(int fd, int flags, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       flags | (fd < 0 ? MAP_ANONYMOUS | MAP_HUGETLB : 0), fd, 0);

	ASSERT_NE(MAP_FAILED, (void *)p);
	strcpy(p, "huge");
	return p;
}

static void huge_memory(void)
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

static void leases(void)
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

static void directories(void)
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

static void become_odd(int ready)
{
	setsid();
	signal(SIGIO, SIG_IGN);
	huge_memory();
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

static int pool_field(const char *name)
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

static bool pool_is_free(void)
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

static void set_pool(int n)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f)
		skip("no huge pages");
	fprintf(f, "%d\n", n);
	fclose(f);
}

static void need_huge(void)
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

static int names_in(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static struct bytes odd_image(void)
{
	struct bytes b;

	need_huge();
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	b = image_of(start_one(become_odd));
	unlink(NAMED);
	ASSERT_TRUE(pool_is_free());
	return b;
}

static void expect_nothing_left(const char *what, const struct outcome *o)
{
	static int names = -1;

	if (names < 0)
		names = names_in(".");
	if (!o->ran && !geteuid() && !access(NAMED, F_OK))
		kcr_fail(false, __FILE__, __LINE__, "%s: left a file behind", what);
	if (!geteuid())
		unlink(NAMED);
	if (!o->ran && names_in(".") != names)
		kcr_fail(false, __FILE__, __LINE__, "%s: left something in its folder", what);
	names = names_in(".");
	if (!pool_is_free())
		kcr_fail(false, __FILE__, __LINE__, "%s: %d of %d huge pages are free, %d reserved",
			 what, pool_field("HugePages_Free"), pool_field("HugePages_Total"),
			 pool_field("HugePages_Rsvd"));
}

/* Records */

static struct rec *content_of(struct image *img, uint32_t type, bool unlinked)
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

static struct kcr_img_content *file_gone(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_HUGE, true)->data;
}

static struct kcr_img_content *file_named(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_HUGE, false)->data;
}

static struct kcr_img_content *dir_gone(struct image *img)
{
	return (void *)content_of(img, KCR_CONTENT_DIRECTORY, true)->data;
}

static struct rec *hugetlb_of(struct image *img, const char *name)
{
	size_t i;

	for (i = 0; i < img->n; i++)
		if (kind_of(&img->rec[i]) == KCR_KIND_HUGETLB &&
		    strstr(((struct kcr_img_hugetlb *)img->rec[i].data)->name, name))
			return &img->rec[i];
	kcr_fail(true, __FILE__, __LINE__, "no such memory in the image");
	return NULL;
}

static struct kcr_img_hugetlb *memory_of(struct image *img, const char *name)
{
	return (void *)hugetlb_of(img, name)->data;
}

static struct kcr_img_vma *huge_vma(struct image *img, bool shared)
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

static struct kcr_img_pages *pages_of(struct image *img, uint32_t id)
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

/* Lies that are always found out */

static void pages_of_4_kb(struct image *img)
{
	memory_of(img, "huge")->page_shift = htole32(12);
}

static void pages_of_2_63(struct image *img)
{
	memory_of(img, "huge")->page_shift = htole32(63);
}

static void pages_that_no_machine_has(struct image *img)
{
	memory_of(img, "huge")->page_shift = htole32(27);
}

static void memory_of_2_63(struct image *img)
{
	memory_of(img, "huge")->size = htole64(1ull << 63);
}

static void memory_without_a_name(struct image *img)
{
	memory_of(img, "memfd")->name[0] = '\0';
}

static void a_name_without_an_end(struct image *img)
{
	struct kcr_img_hugetlb *h = memory_of(img, "memfd");

	memset(h->name + 6, 'x', sizeof(h->name) - 6);
}

static void a_mode_with_more_bits(struct image *img)
{
	memory_of(img, "memfd")->mode = htole32(06755);
}

static void seals_that_nobody_knows(struct image *img)
{
	memory_of(img, "memfd")->seals = htole32(0x40);
}

/* Whoever is given it would believe that nobody writes to it any more. */
static void sealed_and_mapped_to_be_written(struct image *img)
{
	memory_of(img, "memfd")->seals = htole32(KCR_SEAL_WRITE);
}

static void pages_behind_the_end(struct image *img)
{
	pages_of(img, hugetlb_of(img, "memfd")->head.id)->addr = htole64(1ull << 40);
}

static void a_mapping_without_huge_pages(struct image *img)
{
	huge_vma(img, false)->flags &= ~htole32(KCR_VMA_HUGETLB);
}

static void a_mapping_between_pages(struct image *img)
{
	struct kcr_img_vma *vma = huge_vma(img, false);

	vma->start = htole64(le64toh(vma->start) + 4096);
}

static void an_offset_between_pages(struct image *img)
{
	huge_vma(img, true)->offset = htole64(4096);
}

static void shared_and_not_reserved(struct image *img)
{
	huge_vma(img, true)->flags |= htole32(KCR_VMA_UNRESERVED);
}

static void more_than_the_pool_has(struct image *img)
{
	struct kcr_img_vma *vma = huge_vma(img, true);

	vma->end = htole64(le64toh(vma->start) + 1000 * HUGE);
}

static void a_file_of_small_pages(struct image *img)
{
	file_gone(img)->len = htole64(4096);
}

static void a_file_of_odd_pages(struct image *img)
{
	file_gone(img)->len = htole64(HUGE + 1);
}

static void a_file_of_other_pages(struct image *img)
{
	file_gone(img)->len = htole64(1ull << 27);
}

static void a_file_of_2_63(struct image *img)
{
	file_named(img)->size = htole64(1ull << 63);
}

static void a_file_of_nearly_2_63(struct image *img)
{
	file_named(img)->size = htole64((1ull << 63) - 1);
}

static void a_file_that_is_a_directory(struct image *img)
{
	file_gone(img)->type = htole32(KCR_CONTENT_DIRECTORY);
}

static void a_file_of_small_bytes(struct image *img)
{
	file_gone(img)->type = htole32(KCR_CONTENT_FILE);
}

static void a_file_in_another_folder(struct image *img)
{
	memcpy(file_named(img) + 1, "/run/kcr-liar/named.hugetlb", strlen(NAMED));
}

static void a_file_that_has_another_s_pages(struct image *img)
{
	uint32_t id = content_of(img, KCR_CONTENT_HUGE, true)->head.id;

	pages_of(img, id)->mm = content_of(img, KCR_CONTENT_DIRECTORY, true)->head.id;
}

static void more_watches_than_there_are(struct image *img)
{
	AS(kcr_img_dnotify, KCR_KIND_DNOTIFY)->count = htole32(0xffffffff);
}

static void a_watch_for_nothing(struct image *img)
{
	AS(kcr_img_dnotify, KCR_KIND_DNOTIFY)->watch[0].events = htole32(KCR_DNOTIFY_MULTISHOT);
}

static void a_watch_for_what_nobody_knows(struct image *img)
{
	AS(kcr_img_dnotify, KCR_KIND_DNOTIFY)->watch[0].events |= htole32(1 << 20);
}

static void a_watch_through_nothing(struct image *img)
{
	AS(kcr_img_dnotify, KCR_KIND_DNOTIFY)->watch[0].fd = htole32(777);
}

static void a_watch_through_no_directory(struct image *img)
{
	AS(kcr_img_dnotify, KCR_KIND_DNOTIFY)->watch[0].fd = 0;
}

static void a_watch_through_another_s_table(struct image *img)
{
	AS(kcr_img_dnotify, KCR_KIND_DNOTIFY)->table =
		rec_of(img, KCR_KIND_PROCESS)->head.id;
}

static void a_working_directory_that_is_a_file(struct image *img)
{
	AS(kcr_img_fs, KCR_KIND_FS)->cwd = content_of(img, KCR_CONTENT_HUGE, true)->head.id;
}

static void a_working_directory_that_is_missing(struct image *img)
{
	AS(kcr_img_fs, KCR_KIND_FS)->cwd = htole32(0xfffffffe);
}

static void a_working_directory_that_is_a_process(struct image *img)
{
	AS(kcr_img_fs, KCR_KIND_FS)->cwd = rec_of(img, KCR_KIND_PROCESS)->head.id;
}

static void a_path_near_2_32(struct image *img)
{
	AS(kcr_img_fs, KCR_KIND_FS)->cwd_len = htole32(0xffffffff);
}

static void a_umask_with_more_bits(struct image *img)
{
	AS(kcr_img_fs, KCR_KIND_FS)->umask = htole32(01022);
}

static void a_removed_directory_with_something_in_it(struct image *img)
{
	dir_gone(img)->size = htole64(1);
}

static void a_removed_directory_that_is_there(struct image *img)
{
	dir_gone(img)->flags = 0;
}

static void a_lease_that_nobody_has(struct image *img)
{
	AS(kcr_img_fown, KCR_KIND_FOWN)->file[0].flags = htole32(KCR_FOWN_UNLOCK);
}

static void a_lease_on_reading_to_be_one(struct image *img)
{
	AS(kcr_img_fown, KCR_KIND_FOWN)->file[0].flags =
		htole32(KCR_FOWN_LEASE_READ | KCR_FOWN_DOWNGRADE);
}

static void a_lease_of_both_sorts(struct image *img)
{
	AS(kcr_img_fown, KCR_KIND_FOWN)->file[0].flags =
		htole32(KCR_FOWN_LEASE_READ | KCR_FOWN_LEASE_WRITE);
}

static void leases_of_the_first_version(struct image *img)
{
	rec_of(img, KCR_KIND_FOWN)->head.version = htole16(1);
}

static void more_leases_than_there_are(struct image *img)
{
	AS(kcr_img_fown, KCR_KIND_FOWN)->count = htole32(0x10000001);
}

static void a_lease_of_nothing(struct image *img)
{
	AS(kcr_img_fown, KCR_KIND_FOWN)->file[0].fd = htole32(777);
}

static void the_first_that_shares_with_its_maker(struct image *img)
{
	AS(kcr_img_process, KCR_KIND_PROCESS)->flags |= htole32(KCR_PROCESS_SHARES_UNDO);
}

static void sharing_that_nobody_knows(struct image *img)
{
	AS(kcr_img_process, KCR_KIND_PROCESS)->flags |= htole32(1u << 30);
}

static void a_main_thread_that_shares(struct image *img)
{
	AS(kcr_img_thread, KCR_KIND_THREAD)->flags |= htole32(KCR_THREAD_SHARES_IO);
}

#define LIE(name) { name, #name }

static const struct {
	void (*tell)(struct image *img);
	const char *name;
} odd_lies[] = {
	LIE(pages_of_4_kb),
	LIE(pages_of_2_63),
	LIE(pages_that_no_machine_has),
	LIE(memory_of_2_63),
	LIE(memory_without_a_name),
	LIE(a_name_without_an_end),
	LIE(a_mode_with_more_bits),
	LIE(seals_that_nobody_knows),
	LIE(sealed_and_mapped_to_be_written),
	LIE(pages_behind_the_end),
	LIE(a_mapping_without_huge_pages),
	LIE(a_mapping_between_pages),
	LIE(an_offset_between_pages),
	LIE(shared_and_not_reserved),
	LIE(more_than_the_pool_has),
	LIE(a_file_of_small_pages),
	LIE(a_file_of_odd_pages),
	LIE(a_file_of_other_pages),
	LIE(a_file_of_2_63),
	LIE(a_file_of_nearly_2_63),
	LIE(a_file_that_is_a_directory),
	LIE(a_file_of_small_bytes),
	LIE(a_file_in_another_folder),
	LIE(a_file_that_has_another_s_pages),
	LIE(more_watches_than_there_are),
	LIE(a_watch_for_nothing),
	LIE(a_watch_for_what_nobody_knows),
	LIE(a_watch_through_nothing),
	LIE(a_watch_through_no_directory),
	LIE(a_watch_through_another_s_table),
	LIE(a_working_directory_that_is_a_file),
	LIE(a_working_directory_that_is_missing),
	LIE(a_working_directory_that_is_a_process),
	LIE(a_path_near_2_32),
	LIE(a_umask_with_more_bits),
	LIE(a_removed_directory_with_something_in_it),
	LIE(a_removed_directory_that_is_there),
	LIE(a_lease_that_nobody_has),
	LIE(a_lease_on_reading_to_be_one),
	LIE(a_lease_of_both_sorts),
	LIE(leases_of_the_first_version),
	LIE(more_leases_than_there_are),
	LIE(a_lease_of_nothing),
	LIE(the_first_that_shares_with_its_maker),
	LIE(sharing_that_nobody_knows),
	LIE(a_main_thread_that_shares),
};

TEST_PLAIN(what_cannot_be_is_refused_and_leaves_nothing, .timeout = 300)
{
	struct bytes good = odd_image(), bad;
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(odd_lies) / sizeof(odd_lies[0]); i++) {
		struct image img = take_apart(good);

		odd_lies[i].tell(&img);
		bad = put_together(&img, true);
		announce(odd_lies[i].name);
		restart_bytes(bad, 0, &o);
		tell(odd_lies[i].name, &o);
		if (o.ran)
			kcr_fail(false, __FILE__, __LINE__, "%s: runs", odd_lies[i].name);
		else
			expect_said(&o, odd_lies[i].name);
		expect_nothing_left(odd_lies[i].name, &o);
		free(bad.data);
		free_image(&img);
	}
	restart_bytes(good, 0, &o);
	tell("the truth", &o);
	EXPECT_TRUE(o.ran);
	expect_nothing_left("the truth", &o);
}

/* Of the kinds that this is about, and now and then any other. */
static bool is_odd(const struct rec *rec)
{
	switch (kind_of(rec)) {
	case KCR_KIND_HUGETLB:
	case KCR_KIND_CONTENT:
	case KCR_KIND_DNOTIFY:
	case KCR_KIND_FOWN:
	case KCR_KIND_FS:
	case KCR_KIND_PROCESS:
		return true;
	case KCR_KIND_VMA:
		return le32toh(((struct kcr_img_vma *)rec->data)->flags) & KCR_VMA_HUGETLB;
	default:
		return !below(20);
	}
}

static void lie_about_one(struct image *img, char *what, size_t room)
{
	struct rec *rec;
	uint64_t now, value;
	size_t at;

	do {
		rec = &img->rec[below(img->n)];
	} while (!is_odd(rec) || rec->len < 8);
	at = below((rec->len < 128 ? rec->len : 128) / 4) * 4;
	now = get_number(rec->data + at, 4);
	value = nasty(now);
	put_number(rec->data + at, 4, value);
	snprintf(what, room, "kind %u: at %zu: %#x, was %#x", kind_of(rec), at,
		 (unsigned int)value, (unsigned int)now);
}

static void lies_at_random(int n)
{
	struct image good = take_apart(odd_image());
	char what[256];
	struct outcome o;
	struct bytes b;

	sow();
	while (n--) {
		struct image img = copy_of(&good);

		lie_about_one(&img, what, sizeof(what));
		announce(what);
		b = put_together(&img, true);
		restart_bytes(b, 0, &o);
		tell(what, &o);
		if (!o.ran && o.error)
			expect_said(&o, what);
		expect_nothing_left(what, &o);
		free(b.data);
		free_image(&img);
	}
}

TEST_PLAIN(lies_are_refused_or_harmless, .timeout = 600)
{
	lies_at_random(how_many(100));
}

/* Who may not mount anything; the pool is as it was left. */
TEST_PLAIN(lies_of_a_user_are_refused_or_harmless, .timeout = 600, .user = "alice")
{
	lies_at_random(how_many(60));
}

TEST_PLAIN(gives_back_the_pool)
{
	umount2(POINT, MNT_DETACH);
	rmdir(POINT);
	set_pool(0);
	EXPECT_EQ(0, pool_field("HugePages_Total"));
}
