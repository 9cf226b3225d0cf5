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
#include "chance.h"
#include "victim.h"

static int how_many(int usual)
{
	const char *given = getenv("KCR_HOSTILE");

	return given ? atoi(given) : usual;
}

/* What a crash was about stands last in the kernel's log. */
static void announce(const char *what)
{
	static int log = -2;

	if (log == -2)
		log = getenv("KCR_HOSTILE_LOG") ? open("/dev/kmsg", O_WRONLY | O_CLOEXEC) : -1;
	if (log >= 0)
		dprintf(log, "hostile: %s\n", what);
}

static const char *class_text(unsigned int class)
{
	static const char *const names[] = {
		"ok", "usage", "permission", "unsupported", "transient",
		"environment", "image", "io",
	};

	return class < 8 ? names[class] : "?";
}

static void tell(const char *what, const struct outcome *o)
{
	fprintf(stderr, "%s: %s: %s\n", what,
		o->ran ? "runs" : class_text(o->status.class), o->text);
}

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

static uint64_t nasty(uint64_t now)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 7, 8, 9, 63, 64, 255, 4095, 4096, 4097, 0x7fff, 0xffff,
		0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000,
		0x7fffffffe000, 0x7ffffffff000, 0x800000000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xffff800000000000, 0xffff888000000000,
		0xffffffff81000000, 0xffffffffff600000, ~0ull - 4095, ~0ull,
	};

	switch (below(5)) {
	case 0:
		return now + 1 - 2 * below(2);
	case 1:
		return now ^ 1ull << below(64);
	case 2:
		return random64();
	default:
		return values[below(sizeof(values) / sizeof(values[0]))];
	}
}

static void put_number(void *at, size_t width, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, width);
}

static uint64_t get_number(const void *at, size_t width)
{
	uint64_t value = 0;

	memcpy(&value, at, width);
	return le64toh(value);
}

/* Mostly in what stands before the pages. */
static struct rec *any_rec(struct image *img)
{
	struct rec *rec;

	do {
		rec = &img->rec[below(img->n)];
	} while (is_run(rec) && below(4));
	return rec;
}

static void lie_in_field(struct image *img, char *what, size_t room)
{
	struct rec *rec = any_rec(img);
	size_t width = 1u << below(4), at;
	uint64_t now, value;

	if (rec->len < width) {
		snprintf(what, room, "nothing");
		return;
	}
	at = below((rec->len < 512 || !below(4) ? rec->len : 512) - width + 1);
	at -= at % width;
	now = get_number(rec->data + at, width);
	value = nasty(now);
	put_number(rec->data + at, width, value);
	snprintf(what, room, "kind %u: %zu bytes at %zu: %#llx, was %#llx", kind_of(rec),
		 width, at, (unsigned long long)value, (unsigned long long)now);
}

static void lie_in_head(struct image *img, char *what, size_t room)
{
	struct rec *rec = any_rec(img);
	uint32_t value = below(2) ? below(100) : nasty(0);

	switch (below(5)) {
	case 0:
		snprintf(what, room, "kind %u becomes %u", kind_of(rec), value % 64);
		rec->head.kind = htole32(value % 64);
		break;
	case 1:
		snprintf(what, room, "kind %u: id %u", kind_of(rec), value);
		rec->head.id = htole32(value);
		break;
	case 2:
		snprintf(what, room, "kind %u: owner %u", kind_of(rec), value);
		rec->head.owner = htole32(value);
		break;
	case 3:
		snprintf(what, room, "kind %u: version %u", kind_of(rec), value);
		rec->head.version = htole16(value);
		break;
	default:
		snprintf(what, room, "kind %u: flags %u", kind_of(rec), value);
		rec->head.flags = htole16(value & 3);
	}
}

static void lie_in_length(struct image *img, char *what, size_t room_left)
{
	struct rec *rec = any_rec(img);
	size_t len = below(3) ? below(rec->len + 64) : below(70000);
	uint8_t *data = room(len);
	size_t i, kept = len < rec->len ? len : rec->len;

	memcpy(data, rec->data, kept);
	for (i = kept; i < len && below(2); i++)
		data[i] = random64();
	snprintf(what, room_left, "kind %u: %zu bytes of %zu", kind_of(rec), len, rec->len);
	free(rec->data);
	rec->data = data;
	rec->len = len;
}

static void lie_in_order(struct image *img, char *what, size_t room)
{
	size_t a = below(img->n), b = below(img->n);
	struct rec rec = img->rec[a];

	if (below(3)) {
		snprintf(what, room, "kind %u changes places with kind %u",
			 kind_of(&rec), kind_of(&img->rec[b]));
		img->rec[a] = img->rec[b];
		img->rec[b] = rec;
		return;
	}
	snprintf(what, room, "no kind %u, which was record %zu", kind_of(&rec), a);
	free(rec.data);
	memmove(&img->rec[a], &img->rec[a + 1], (img->n - a - 1) * sizeof(rec));
	img->n--;
}

static void lie_twice(struct image *img, char *what, size_t room_left)
{
	size_t a = below(img->n);
	struct rec rec = img->rec[a];

	rec.data = room(rec.len);
	memcpy(rec.data, img->rec[a].data, rec.len);
	img->rec = realloc(img->rec, (img->n + 1) * sizeof(rec));
	ASSERT_TRUE(img->rec);
	memmove(&img->rec[a + 1], &img->rec[a], (img->n - a) * sizeof(rec));
	img->rec[a] = rec;
	img->n++;
	snprintf(what, room_left, "kind %u twice", kind_of(&rec));
}

static void lie(struct image *img, char *what, size_t room)
{
	switch (below(12)) {
	case 0:
		lie_in_head(img, what, room);
		break;
	case 1:
		lie_in_length(img, what, room);
		break;
	case 2:
		lie_in_order(img, what, room);
		break;
	case 3:
		lie_twice(img, what, room);
		break;
	default:
		lie_in_field(img, what, room);
	}
}

/* One lie, or a few. */
static void lie_some(struct image *img, char *what, size_t room)
{
	int i, n = below(3) ? 1 : 2 + below(4);

	*what = '\0';
	for (i = 0; i < n; i++) {
		size_t used = strlen(what);

		if (i)
			used += snprintf(what + used, room - used, "; ");
		lie(img, what + used, room - used);
	}
}

static void lie_and_restart(const struct image *good, unsigned int flags)
{
	struct image img = copy_of(good);
	char what[1024];
	struct outcome o;
	struct bytes b;

	lie_some(&img, what, sizeof(what));
	announce(what);
	b = put_together(&img, below(20));
	restart_bytes(b, flags, &o);
	if (!o.ran && o.error)
		expect_said(&o, what);
	tell(what, &o);
	free(b.data);
	free_image(&img);
}

static void lie_often(unsigned int flags, int n)
{
	struct image good = take_apart(victims_image());

	sow();
	while (n--)
		lie_and_restart(&good, flags);
}

TEST_PLAIN(lies_are_refused_or_harmless, .timeout = 600)
{
	lie_often(0, how_many(600));
}

TEST_PLAIN(lies_of_a_user_are_refused_or_harmless, .timeout = 600, .user = "alice")
{
	lie_often(0, how_many(600));
}

TEST_PLAIN(lies_are_seen_by_a_check_or_harmless, .timeout = 300)
{
	lie_often(KCR_RESTART_CHECK, how_many(300));
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
