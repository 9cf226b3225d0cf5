// SPDX-License-Identifier: GPL-2.0
/*
 * Images that lie about huge pages, files of a hugetlbfs and in memory, leases, watched and
 * removed directories, and what clone(2) lets processes share. Each restart fails in one
 * sentence, or does no harm; no huge page, no file and no process is left.
 */
#define _GNU_SOURCE
#include "odd_image.h"

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

static void a_file_in_memory_with_pages_of_its_own(struct image *img)
{
	file_of_memory(img)->len = htole64(4096);
}

static void a_file_in_memory_of_small_bytes(struct image *img)
{
	file_of_memory(img)->type = htole32(KCR_CONTENT_FILE);
}

static void a_file_in_memory_that_is_a_directory(struct image *img)
{
	file_of_memory(img)->type = htole32(KCR_CONTENT_DIRECTORY);
}

static void a_file_in_memory_of_huge_pages(struct image *img)
{
	file_of_memory(img)->type = htole32(KCR_CONTENT_HUGE);
}

static void a_file_in_memory_of_2_63(struct image *img)
{
	file_of_memory(img)->size = htole64(1ull << 63);
}

static void a_file_in_memory_without_room_for_its_pages(struct image *img)
{
	file_of_memory(img)->size = htole64(4096);
}

static void a_file_of_huge_pages_in_memory(struct image *img)
{
	file_gone(img)->type = htole32(KCR_CONTENT_MEMORY);
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
	LIE(a_file_in_memory_with_pages_of_its_own),
	LIE(a_file_in_memory_of_small_bytes),
	LIE(a_file_in_memory_that_is_a_directory),
	LIE(a_file_in_memory_of_huge_pages),
	LIE(a_file_in_memory_of_2_63),
	LIE(a_file_in_memory_without_room_for_its_pages),
	LIE(a_file_of_huge_pages_in_memory),
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
