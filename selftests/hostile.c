// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile images: whoever makes one makes its checksums right. Each restart
 * fails in one sentence, or makes something; nothing is left behind, and the
 * kernel bears it.
 *
 * The seed of what is random is printed, and taken from KCR_SEED; KCR_HOSTILE
 * says how many images to try, KCR_HOSTILE_LOG=1 has each told to the kernel's
 * log before it is tried.
 */
#define _GNU_SOURCE
#include "lies.h"

static struct bytes victims_image(void)
{
	return image_of(start_victim());
}

/* As it should be, taken apart and put together again. */

TEST_PLAIN(an_image_put_together_again_is_the_same)
{
	struct bytes b = victims_image(), again;
	struct image img = take_apart(b);
	struct outcome o;

	again = put_together(&img, true);
	EXPECT_EQ(b.len, again.len);
	EXPECT_EQ(0, memcmp(b.data, again.data, b.len));
	restart_bytes(again, 0, &o);
	tell("the same", &o);
	EXPECT_TRUE(o.ran);
}

/* Damage that checksums find */

TEST_PLAIN(a_bit_that_flips_is_noticed, .timeout = 240)
{
	struct bytes b = victims_image();
	int i, n = how_many(300);
	struct outcome o;
	char what[64];

	sow();
	for (i = 0; i < n; i++) {
		size_t bit = below(i % 2 ? 8 * b.len : 8 * 16384) % (8 * b.len);

		snprintf(what, sizeof(what), "bit %zu of byte %zu", bit % 8, bit / 8);
		announce(what);
		b.data[bit / 8] ^= 1 << bit % 8;
		restart_bytes(b, 0, &o);
		b.data[bit / 8] ^= 1 << bit % 8;
		if (o.ran) {
			/* Only what fills up to a multiple of 8 is not looked at. */
			EXPECT_EQ(0, b.data[bit / 8]);
			continue;
		}
		expect_said(&o, what);
		if (o.status.class != KCR_CLASS_IMAGE)
			kcr_fail(false, __FILE__, __LINE__, "%s: class %s: %s", what,
				 class_text(o.status.class), o.text);
	}
}

static void expect_bad(struct bytes b, const char *what)
{
	struct outcome o;

	announce(what);
	restart_bytes(b, 0, &o);
	EXPECT_FALSE(o.ran);
	expect_said(&o, what);
	if (o.status.class != KCR_CLASS_IMAGE)
		kcr_fail(false, __FILE__, __LINE__, "%s: class %s: %s", what,
			 class_text(o.status.class), o.text);
}

static void expect_bad_to(struct bytes b, size_t len)
{
	char what[64];

	if (len >= b.len)
		return;
	snprintf(what, sizeof(what), "the first %zu bytes of %zu", len, b.len);
	b.len = len;
	expect_bad(b, what);
}

TEST_PLAIN(an_image_cut_short_is_noticed, .timeout = 240)
{
	struct bytes b = victims_image();
	struct image img = take_apart(b);
	size_t i, off = sizeof(img.head);

	sow();
	expect_bad_to(b, 0);
	expect_bad_to(b, off - 1);
	for (i = 0; i < img.n; i++) {
		expect_bad_to(b, off);
		expect_bad_to(b, off + 1 + below(sizeof(img.rec->head) - 1));
		off += sizeof(img.rec->head);
		expect_bad_to(b, off + below(le64toh(img.rec[i].head.len)));
		off += (le64toh(img.rec[i].head.len) + 7) & ~7ull;
	}
	EXPECT_EQ(b.len, off);
}

/* Other versions */

static void expect_bad_image(struct image *img, const char *what)
{
	struct bytes b = put_together(img, true);

	expect_bad(b, what);
	free(b.data);
}

TEST_PLAIN(what_is_not_known_is_refused)
{
	struct image img = take_apart(victims_image());
	struct rec *rec = rec_of(&img, KCR_KIND_HOST);
	struct outcome o;

	img.head.version = htole16(2);
	expect_bad_image(&img, "version 2 of the format");
	img.head.version = htole16(KCR_IMAGE_VERSION);
	img.head.arch = htole16(77);
	expect_bad_image(&img, "architecture 77");
	img.head.arch = htole16(KCR_ARCH_X86_64);
	img.head.page_shift = htole16(16);
	expect_bad_image(&img, "pages of 64 KB");
	img.head.page_shift = htole16(12);
	img.head.flags = htole32(1u << 31);
	expect_bad_image(&img, "a flag of the image");
	img.head.flags = htole32(KCR_IMAGE_INCREMENT);
	expect_bad_image(&img, "an increment");
	img.head.flags = 0;

	rec->head.version = htole16(99);
	expect_bad_image(&img, "version 99 of a record");
	rec->head.version = htole16(1);
	rec->head.flags |= htole16(1u << 15);
	expect_bad_image(&img, "a flag of a record");
	rec->head.flags = htole16(KCR_REC_CRITICAL);
	rec->head.kind = htole32(59);
	expect_bad_image(&img, "a kind that does not exist");
	rec->head.flags = 0;	/* whoever does not know it may skip it */
	restart_bytes(put_together(&img, true), 0, &o);
	EXPECT_TRUE(o.ran);
}

/* Fields that lie */

TEST_PLAIN(lies_are_refused_or_harmless, .timeout = 600)
{
	lie_often(victims_image(), 0, how_many(600));
}

TEST_PLAIN(lies_of_a_user_are_refused_or_harmless, .timeout = 600, .user = "alice")
{
	lie_often(victims_image(), 0, how_many(600));
}

TEST_PLAIN(lies_are_seen_by_a_check_or_harmless, .timeout = 300)
{
	lie_often(victims_image(), KCR_RESTART_CHECK, how_many(300));
}

/*
 * So many that whoever looked for each owner from the first record on would
 * take hours: their owner stands behind them all.
 */

#define CROWD	1000000

static void add_crowd(struct image *img, size_t n)
{
	struct rec model = *rec_of(img, KCR_KIND_SIGTHREAD);
	size_t i, at = rec_of(img, KCR_KIND_THREAD) - img->rec;

	img->rec = realloc(img->rec, (img->n + n) * sizeof(model));
	ASSERT_TRUE(img->rec);
	memmove(&img->rec[at + n], &img->rec[at], (img->n - at) * sizeof(model));
	for (i = 0; i < n; i++)
		img->rec[at + i] = model;
	img->n += n;
}

/* Without the room for alignment that put_together() leaves for each. */
static int crowd_file(struct image *img)
{
	int fd = memfd_create("crowd", MFD_CLOEXEC);
	size_t i, off = sizeof(img->head);
	FILE *file = fdopen(dup(fd), "we");

	ASSERT_TRUE(file);
	fwrite(&img->head, sizeof(img->head), 1, file);
	for (i = 0; i < img->n; i++) {
		struct rec *rec = &img->rec[i];
		size_t len = sizeof(rec->head) + rec->len + pad_of(rec, off);
		uint8_t *to = room(len + 8);

		emit_rec(to, rec, off);
		len = (len + 7) & ~(size_t)7;
		fwrite(to, len, 1, file);
		off += len;
		free(to);
	}
	ASSERT_EQ(0, fclose(file));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	return fd;
}

struct giver_up {
	int op, fd;
	long error;
};

static void *run_it(void *arg)
{
	struct giver_up *g = arg;
	struct kcr_run run = { .size = sizeof(run), .image_fd = g->fd };

	g->error = ioctl(g->op, KCR_IOC_RUN, &run) ? errno : 0;
	return NULL;
}

/* A restart that is looked at only, of an image with so many records more. */
static struct giver_up crowd_check(size_t n)
{
	struct kcr_restart request = { .size = sizeof(request), .flags = KCR_RESTART_CHECK };
	struct image img = take_apart(victims_image());
	int dev = open_device();
	struct giver_up g = { .op = ioctl(dev, KCR_IOC_RESTART, &request) };

	close(dev);
	ASSERT_LE(0, g.op);
	add_crowd(&img, n);
	g.fd = crowd_file(&img);
	free(img.rec);
	return g;
}

static long long crowd_ms(size_t n)
{
	struct giver_up g = crowd_check(n);
	long long begun = now_ms(CLOCK_MONOTONIC);

	run_it(&g);
	begun = now_ms(CLOCK_MONOTONIC) - begun;
	fprintf(stderr, "%zu records: %lld ms, errno %ld\n", n, begun, g.error);
	close(g.op);
	close(g.fd);
	return begun;
}

/* Ten times as many may take thirty times as long, not a hundred times. */
TEST_PLAIN(a_crowd_of_records_takes_no_longer_than_it_must, .timeout = 600)
{
	long long few = crowd_ms(CROWD / 10);

	EXPECT_GT(30 * few + 1000, crowd_ms(CROWD));
}

TEST_PLAIN(one_may_give_up_a_crowd_of_records, .timeout = 240)
{
	long long whole = crowd_ms(CROWD / 10), begun;
	struct giver_up g = crowd_check(CROWD);
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, run_it, &g));
	usleep(1000 * whole);
	begun = now_ms(CLOCK_MONOTONIC);
	ASSERT_EQ(0, ioctl(g.op, KCR_IOC_CANCEL));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(EINTR, g.error == ECANCELED ? EINTR : g.error);
	EXPECT_GT(1000 + whole, now_ms(CLOCK_MONOTONIC) - begun);
	close(g.op);
	close(g.fd);
}
