// SPDX-License-Identifier: GPL-2.0
/*
 * What the reader of an image promises: it takes what is right, and says in
 * words what is wrong with everything else.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/lib/image.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/process.h"
#include "build.h"
#include "ktap.h"

/* Read all of it; returns the number of records or a negative errno. */
static int read_all(const struct build *b, size_t len, bool verify, char *why)
{
	struct image img;
	int r = image_open_memory(&img, b->data, len, verify);
	int n = 0;

	while (!r && (r = image_next(&img)) > 0) {
		n++;
		r = 0;
	}
	if (why)
		memcpy(why, img.why, sizeof(img.why));
	image_close(&img);
	return r < 0 ? r : n;
}

static int read_sample(const struct build *b)
{
	return read_all(b, b->len, true, NULL);
}

static size_t find_rec(const struct build *b, uint32_t kind)
{
	size_t at = sizeof(struct kcr_image_head);

	while (at < b->len) {
		const struct kcr_rec_head *rec = (void *)(b->data + at);

		if (le32_to_cpu(rec->kind) == kind)
			return at;
		at += sizeof(*rec) + kcr_parse_padded(le64_to_cpu(rec->len));
	}
	abort();
}

static struct kcr_rec_head *rec_at(struct build *b, size_t at)
{
	return (void *)(b->data + at);
}

TEST(takes_what_is_right)
{
	struct build b;

	build_sample(&b);
	EXPECT(read_all(&b, b.len, true, NULL) == (int)b.records);
	EXPECT(read_all(&b, b.len, false, NULL) == (int)b.records);
	build_free(&b);
}

TEST(has_a_record_of_every_kind)
{
	struct build b;

	build_sample(&b);
#define HAS(nr, NAME, stem, text)	EXPECT(find_rec(&b, nr));
	KCR_KINDS(HAS)
#undef HAS
	build_free(&b);
}

TEST(refuses_every_flipped_bit)
{
	struct build b;
	size_t i, missed = 0;

	build_sample(&b);
	for (i = 0; i < b.len * 8; i += i < 8192 ? 1 : 29) {
		b.data[i / 8] ^= 1 << i % 8;
		if (read_sample(&b) >= 0)
			missed++;
		b.data[i / 8] ^= 1 << i % 8;
	}
	EXPECT(missed == 0);
	EXPECT(read_sample(&b) == (int)b.records);
	build_free(&b);
}

TEST(refuses_every_truncation)
{
	struct build b;
	size_t len, missed = 0;
	char why[192];

	build_sample(&b);
	for (len = 0; len < b.len; len += len < 4096 ? 1 : 29)
		if (read_all(&b, len, len & 1, why) != -EBADMSG ||
		    strncmp(why, "the image ends early", 20))
			missed++;
	EXPECT(missed == 0);
	build_free(&b);
}

TEST(refuses_what_follows_the_end)
{
	struct build b;
	char why[192];

	build_sample(&b);
	EXPECT(read_all(&b, b.len + 1, true, why) == -EBADMSG);
	EXPECT(strstr(why, "follows the end"));
	build_free(&b);
}

TEST(refuses_dev_zero)
{
	uint8_t zeros[4096] = { 0 };
	struct build b = { .data = zeros, .len = sizeof(zeros) };
	char why[192];

	EXPECT(read_all(&b, b.len, false, why) == -ENOEXEC);
	EXPECT(!strcmp(why, "not a kcr image"));
}

TEST(refuses_another_version)
{
	struct kcr_image_head *head;
	struct build b;

	build_sample(&b);
	head = (void *)b.data;
	head->version = cpu_to_le16(KCR_IMAGE_VERSION + 1);
	build_seal_head(&b);
	EXPECT(read_sample(&b) == -EPROTONOSUPPORT);
	build_free(&b);
}

TEST(refuses_unknown_flags_of_an_image)
{
	struct kcr_image_head *head;
	struct build b;

	build_sample(&b);
	head = (void *)b.data;
	head->flags = cpu_to_le32(0x80);
	build_seal_head(&b);
	EXPECT(read_sample(&b) == -EPROTONOSUPPORT);
	build_free(&b);
}

TEST(skips_unknown_kinds_unless_critical)
{
	struct build b;
	size_t at;

	build_sample(&b);
	at = find_rec(&b, 4000);
	EXPECT(read_sample(&b) == (int)b.records);
	rec_at(&b, at)->flags = cpu_to_le16(KCR_REC_CRITICAL);
	build_seal_rec(&b, at);
	EXPECT(read_sample(&b) == -EPROTONOSUPPORT);
	build_free(&b);
}

TEST(refuses_a_newer_layout_of_a_critical_kind)
{
	struct build b;
	size_t at;

	build_sample(&b);
	at = find_rec(&b, KCR_KIND_PROCESS);
	rec_at(&b, at)->version = cpu_to_le16(200);
	build_seal_rec(&b, at);
	EXPECT(read_sample(&b) == -EPROTONOSUPPORT);
	build_free(&b);
}

struct change {
	size_t at;
	size_t len;
	uint64_t value;
	int expected;
};

#define RUN_FIELD(field) \
	offsetof(struct kcr_img_pages, field), \
	sizeof(((struct kcr_img_pages *)0)->field)

/* One field of a run of pages at a time, changed with good checksums. */
static const struct change run_changes[] = {
	{ RUN_FIELD(mm),	0,		-EBADMSG },
	{ RUN_FIELD(mm),	99,		-EBADMSG },
	{ RUN_FIELD(count),	0,		-EBADMSG },
	{ RUN_FIELD(count),	1,		-EBADMSG },
	{ RUN_FIELD(count),	513,		-EBADMSG },
	{ RUN_FIELD(count),	0xffffffff,	-EBADMSG },
	{ RUN_FIELD(addr),	8,		-EBADMSG },
	{ RUN_FIELD(addr),	-4096ull,	-EBADMSG },
	{ RUN_FIELD(flags),	KCR_PAGES_ZERO,	-EBADMSG },
	{ RUN_FIELD(flags),	64,		-EPROTONOSUPPORT },
	{ RUN_FIELD(pad),	0,		-EBADMSG },
	{ RUN_FIELD(pad),	0xfffffff8,	-EBADMSG },
};

static int with_change(const struct change *change)
{
	__le64 value = cpu_to_le64(change->value);
	struct build b;
	size_t at;
	int r;

	build_sample(&b);
	at = find_rec(&b, KCR_KIND_PAGES);
	memcpy((uint8_t *)(rec_at(&b, at) + 1) + change->at, &value, change->len);
	build_seal_rec(&b, at);
	r = read_sample(&b);
	build_free(&b);
	return r;
}

TEST(looks_at_the_geometry_of_runs)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(run_changes); i++)
		EXPECT(with_change(&run_changes[i]) == run_changes[i].expected);
}

TEST(compares_hashes_of_pages)
{
	struct build b;
	char why[192];
	size_t at;

	build_sample(&b);
	at = find_rec(&b, KCR_KIND_INDEX);
	((uint8_t *)(rec_at(&b, at) + 1))[sizeof(struct kcr_img_index_run)] ^= 1;
	build_seal_rec(&b, at);
	EXPECT(read_all(&b, b.len, false, why) == (int)b.records);
	EXPECT(read_all(&b, b.len, true, why) == -EBADMSG);
	EXPECT(strstr(why, "another hash"));
	build_free(&b);
}

/* Seven runs, and an index in parts of three. */
static void build_parts(struct build *b)
{
	struct kcr_img_process process = { 0 };
	struct kcr_img_mm mm = { 0 };

	build_begin(b);
	b->part = 3;
	build_rec(b, KCR_KIND_PROCESS, 1, 0, &process, sizeof(process));
	build_rec(b, KCR_KIND_MM, 2, 1, &mm, sizeof(mm));
	build_runs(b, 2, 0x10000000, 6);
	build_zeros(b, 2, 0x20000000, 5);
	build_end(b);
}

TEST(takes_an_index_in_parts)
{
	struct build b;

	build_parts(&b);
	EXPECT(b.records == 2 + 7 + 3 + 1);
	EXPECT(read_sample(&b) == (int)b.records);
	build_free(&b);
}

/* The last part's name of the one before it. */
static __le64 *before(struct build *b)
{
	return &((struct kcr_img_index *)(rec_at(b, b->part_at) + 1))->before;
}

TEST(refuses_parts_of_an_index_that_are_not_one)
{
	char why[192];
	struct build b;

	build_parts(&b);
	*before(&b) = 0;
	build_seal_rec(&b, b.part_at);
	EXPECT(read_all(&b, b.len, false, why) == -EBADMSG);
	EXPECT(strstr(why, "does not follow the one before it"));
	*before(&b) = cpu_to_le64(b.part_at);
	build_seal_rec(&b, b.part_at);
	EXPECT(read_sample(&b) == -EBADMSG);
	build_free(&b);
}

TEST(compares_hashes_of_every_part)
{
	struct kcr_img_index_run *run;
	char why[192];
	struct build b;
	size_t at;

	build_parts(&b);
	at = find_rec(&b, KCR_KIND_INDEX);
	run = (void *)((uint8_t *)(rec_at(&b, at) + 1) + sizeof(struct kcr_img_index));
	*(uint8_t *)(run + 1) ^= 1;
	build_seal_rec(&b, at);
	EXPECT(read_all(&b, b.len, true, why) == -EBADMSG);
	EXPECT(strstr(why, "another hash"));
	build_free(&b);
}

TEST(compares_the_totals_of_the_end)
{
	struct kcr_img_end *end;
	struct build b;
	size_t at, i;

	build_sample(&b);
	at = find_rec(&b, KCR_KIND_END);
	end = (void *)(rec_at(&b, at) + 1);
	for (i = 0; i < 6; i++) {
		((__le64 *)end)[i] ^= cpu_to_le64(1);
		build_seal_rec(&b, at);
		/* How many pages were left out can't be counted. */
		EXPECT(i == 3 || i == 4 ? read_sample(&b) > 0 :
					  read_sample(&b) == -EBADMSG);
		((__le64 *)end)[i] ^= cpu_to_le64(1);
	}
	build_free(&b);
}

TEST(refuses_ids_twice_and_owners_that_are_no_threads)
{
	struct build b;
	size_t at;

	build_sample(&b);
	at = find_rec(&b, KCR_KIND_THREAD);
	rec_at(&b, at)->id = cpu_to_le32(1);
	build_seal_rec(&b, at);
	EXPECT(read_sample(&b) == -EBADMSG);
	rec_at(&b, at)->id = cpu_to_le32(500);
	rec_at(&b, at)->owner = cpu_to_le32(1);
	build_seal_rec(&b, at);
	EXPECT(read_sample(&b) == -EBADMSG);
	build_free(&b);
}

TEST(never_believes_a_length)
{
	struct build b;
	size_t at;

	build_sample(&b);
	at = find_rec(&b, 4000);
	rec_at(&b, at)->len = cpu_to_le64(-1ull);
	rec_at(&b, at)->head_crc = cpu_to_le32(kcr_rec_head_crc(rec_at(&b, at)));
	EXPECT(read_sample(&b) == -EBADMSG);
	rec_at(&b, at)->len = cpu_to_le64(KCR_REC_MAX);
	rec_at(&b, at)->head_crc = cpu_to_le32(kcr_rec_head_crc(rec_at(&b, at)));
	EXPECT(read_sample(&b) == -EBADMSG);
	build_free(&b);
}

TEST(reads_from_files_and_pipes)
{
	char name[] = "/tmp/kcr-image-XXXXXX";
	int fd = mkstemp(name), pipes[2];
	struct image img;
	struct build b;
	int n = 0;

	unlink(name);
	build_sample(&b);
	EXPECT(write(fd, b.data, b.len) == (ssize_t)b.len);
	lseek(fd, 0, SEEK_SET);
	EXPECT(image_open_fd(&img, fd, false) == 0 && img.can_skip);
	while (image_next(&img) > 0)
		n++;
	EXPECT(n == (int)b.records);
	image_close(&img);

	EXPECT(!pipe(pipes) && b.len <= 65536 &&
	       write(pipes[1], b.data, b.len) == (ssize_t)b.len);
	close(pipes[1]);
	EXPECT(image_open_fd(&img, pipes[0], true) == 0 && !img.can_skip);
	while (image_next(&img) > 0)
		n--;
	EXPECT(n == 0);
	image_close(&img);
	build_free(&b);
}

KTAP_MAIN()
