/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Images with fields, heads, lengths and places that lie. KCR_HOSTILE says how
 * many to try, KCR_HOSTILE_LOG=1 has each told to the kernel's log before.
 */
#ifndef KCR_LIES_H
#define KCR_LIES_H

#include "chance.h"
#include "victim.h"

/* Fewer where all takes longer (KCR_SLOW): on a kernel that looks at every access. */
static inline int how_many(int usual)
{
	const char *given = getenv("KCR_HOSTILE"), *slow = getenv("KCR_SLOW");

	if (given)
		return atoi(given);
	return slow && atoi(slow) > 1 ? usual / atoi(slow) : usual;
}

/* What a crash was about stands last in the kernel's log. */
static inline void announce(const char *what)
{
	static int log = -2;

	if (log == -2)
		log = getenv("KCR_HOSTILE_LOG") ? open("/dev/kmsg", O_WRONLY | O_CLOEXEC) : -1;
	if (log >= 0)
		dprintf(log, "hostile: %s\n", what);
}

static inline const char *class_text(unsigned int class)
{
	static const char *const names[] = {
		"ok", "usage", "permission", "unsupported", "transient",
		"environment", "image", "io",
	};

	return class < 8 ? names[class] : "?";
}

static inline void tell(const char *what, const struct outcome *o)
{
	fprintf(stderr, "%s: %s: %s\n", what,
		o->ran ? "runs" : class_text(o->status.class), o->text);
}

static inline uint64_t nasty(uint64_t now)
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

static inline void put_number(void *at, size_t width, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, width);
}

static inline uint64_t get_number(const void *at, size_t width)
{
	uint64_t value = 0;

	memcpy(&value, at, width);
	return le64toh(value);
}

/* Mostly in what stands before the pages. */
static inline struct rec *any_rec(struct image *img)
{
	struct rec *rec;

	do {
		rec = &img->rec[below(img->n)];
	} while (is_run(rec) && below(4));
	return rec;
}

static inline void lie_in_rec(struct rec *rec, char *what, size_t room)
{
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

static inline void lie_in_field(struct image *img, char *what, size_t room)
{
	lie_in_rec(any_rec(img), what, room);
}

static inline void lie_in_head(struct image *img, char *what, size_t room)
{
	struct rec *rec = any_rec(img);
	uint32_t value = below(2) ? below(100) : nasty(0);

	switch (below(5)) {
	case 0:
		snprintf(what, room, "kind %u becomes %u", kind_of(rec), value % KCR_KIND_MAX);
		rec->head.kind = htole32(value % KCR_KIND_MAX);
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

static inline void lie_in_length(struct image *img, char *what, size_t room_left)
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

static inline void lie_in_order(struct image *img, char *what, size_t room)
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

static inline void lie_twice(struct image *img, char *what, size_t room_left)
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

static inline void lie(struct image *img, char *what, size_t room)
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
static inline void lie_some(struct image *img, char *what, size_t room)
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

static inline void lie_and_restart(const struct image *good, unsigned int flags)
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

/* So many damaged ones of an image that is good. */
static inline void lie_often(struct bytes b, unsigned int flags, int n)
{
	struct image good = take_apart(b);

	sow();
	while (n--)
		lie_and_restart(&good, flags);
}

#endif
