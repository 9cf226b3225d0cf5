// SPDX-License-Identifier: GPL-2.0
/*
 * Reading an image, record by record.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "verify.h"

#define IMAGE_STEP	(64u << 10)

/**
 * image_fail() - note what is wrong with an image
 * @img: the image
 * @error: negative errno, returned
 * @format: the sentence
 */
int image_fail(struct image *img, int error, const char *format, ...)
{
	va_list ap;

	img->error = error;
	va_start(ap, format);
	vsnprintf(img->why, sizeof(img->why), format, ap);
	va_end(ap);
	return error;
}

static int fail_structure(struct image *img, int error, const char *why)
{
	return image_fail(img, error, "byte %llu of the image: %s",
			  (unsigned long long)img->rec.offset, why);
}

static int fail_short(struct image *img)
{
	return image_fail(img, -EBADMSG, "the image ends early, at byte %llu",
			  (unsigned long long)img->sum.offset);
}

static ssize_t read_some(struct image *img, void *p, size_t len)
{
	ssize_t n;

	if (img->source)
		return img->source->read(img->source->arg, p, len);
	if (img->fd < 0) {
		len = len < img->left ? len : img->left;
		memcpy(p, img->memory, len);
		img->memory += len;
		img->left -= len;
		return len;
	}
	do
		n = read(img->fd, p, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int fail_read(struct image *img, int error)
{
	if (img->source)
		return image_fail(img, error, "%s", img->source->why(img->source->arg));
	return image_fail(img, error, "can't read the image: %s", strerror(-error));
}

static int read_all(struct image *img, void *p, size_t len)
{
	uint8_t *to = p;
	ssize_t n;

	while (len) {
		n = read_some(img, to, len);
		if (!n)
			return fail_short(img);
		if (n < 0)
			return fail_read(img, n);
		img->sum.offset += n;
		to += n;
		len -= n;
	}
	return 0;
}

static int skip(struct image *img, uint64_t len)
{
	int r = 0;

	if (img->sum.offset + len > img->size) {
		img->sum.offset = img->size;
		return fail_short(img);
	}
	if (img->source)
		r = img->source->skip(img->source->arg, len);
	else if (lseek(img->fd, len, SEEK_CUR) < 0)
		r = -errno;
	if (r)
		return fail_read(img, r);
	img->sum.offset += len;
	return 0;
}

/* Step by step: a length is believed only as far as there are bytes. */
static int read_payload(struct image *img, uint64_t len)
{
	uint64_t got = 0, step;
	uint8_t *buf;
	int r;

	while (got < len) {
		step = len - got < IMAGE_STEP ? len - got : IMAGE_STEP;
		if (got + step > img->room) {
			buf = realloc(img->buf, 2 * (got + step));
			if (!buf)
				return image_fail(img, -ENOMEM, "not enough memory");
			img->buf = buf;
			img->room = 2 * (got + step);
		}
		r = read_all(img, img->buf + got, step);
		if (r < 0)
			return r;
		got += step;
	}
	return 0;
}

static int read_padding(struct image *img)
{
	uint8_t zeros[KCR_REC_ALIGN] = { 0 }, padding[KCR_REC_ALIGN];
	size_t n = kcr_parse_padded(img->rec.len) - img->rec.len;
	int r = read_all(img, padding, n);

	if (!r && memcmp(padding, zeros, n))
		return fail_structure(img, -EBADMSG, "record's padding is damaged");
	return r;
}

static int read_rec_head(struct image *img)
{
	const struct kcr_rec_head *head = &img->rec_head;
	uint64_t offset = img->sum.offset;
	const char *why;
	int r = read_all(img, &img->rec_head, sizeof(img->rec_head));

	if (r < 0)
		return r;
	img->rec = (struct image_rec){
		.kind = le32_to_cpu(head->kind),
		.version = le16_to_cpu(head->version),
		.flags = le16_to_cpu(head->flags),
		.id = le32_to_cpu(head->id),
		.owner = le32_to_cpu(head->owner),
		.len = le64_to_cpu(head->len),
		.offset = offset,
		.known = kcr_parse_known(head),
	};
	r = kcr_parse_rec(head, offset, &why);
	if (r < 0)
		return fail_structure(img, r, why);
	img->sum.records++;
	return 0;
}

static int check_crc(struct image *img, uint32_t crc)
{
	const char *why;
	int r = kcr_parse_payload(&img->rec_head, crc, &why);

	return r < 0 ? fail_structure(img, r, why) : 0;
}

/* Does the spot begin below @end and end above @start? */
static bool spot_in(const struct image_spot *spot, uint64_t start, uint64_t end)
{
	return spot->mm && spot->start < end && spot->start + spot->len > start;
}

static void spot_take(struct image_spot *spot, const struct kcr_img_pages *run,
		      uint64_t addr, const uint8_t *bytes, uint64_t len)
{
	uint64_t from, to;

	if (spot->mm != le32_to_cpu(run->mm) || !spot_in(spot, addr, addr + len))
		return;
	from = addr > spot->start ? addr : spot->start;
	to = spot->start + spot->len;
	to = addr + len < to ? addr + len : to;
	memcpy(spot->bytes + (from - spot->start), bytes + (from - addr), to - from);
	spot->got += to - from;
}

static bool spot_in_run(const struct image_spot *spot, const struct kcr_img_pages *run)
{
	uint64_t addr = le64_to_cpu(run->addr);
	uint64_t bytes = (uint64_t)le32_to_cpu(run->count) * KCR_PARSE_PAGE_SIZE;

	return spot->mm == le32_to_cpu(run->mm) && spot_in(spot, addr, addr + bytes);
}

/* Whole pages, from where the first one begins. */
static int read_page_bytes(struct image *img, const struct kcr_img_pages *run,
			   uint32_t crc, uint64_t left)
{
	uint64_t step, addr = le64_to_cpu(run->addr);
	int r = 0;

	for (; left && !r; left -= step, addr += step) {
		step = left < IMAGE_STEP ? left : IMAGE_STEP;
		r = read_payload(img, step);
		if (r < 0)
			return r;
		crc = kcr_pages_crc(&img->rec_head, crc, img->buf, step);
		spot_take(&img->spot, run, addr, img->buf, step);
		if (img->verify)
			r = verify_pages(img, img->buf, step);
	}
	return r < 0 ? r : check_crc(img, crc);
}

static int read_page_run(struct image *img, const struct kcr_img_pages *run)
{
	uint32_t pad = le32_to_cpu(run->pad), crc = kcr_crc32(0, run, sizeof(*run));
	uint64_t left = img->rec.len - sizeof(*run) - pad;
	int r = read_payload(img, pad);

	if (r < 0)
		return r;
	return read_page_bytes(img, run, kcr_crc32(crc, img->buf, pad), left);
}

/* Pages that an image before this one has. */
static int read_earlier(struct image *img, struct kcr_img_pages_earlier *earlier)
{
	int r;

	if (!(le32_to_cpu(img->head.flags) & KCR_IMAGE_INCREMENT))
		return fail_structure(img, -EBADMSG, "pages of an image before it, which it has not");
	r = read_all(img, &earlier->first, sizeof(earlier->first));
	if (!r && le64_to_cpu(earlier->first) & KCR_INDEX_EARLIER)
		return fail_structure(img, -EBADMSG, "run of pages has an impossible place");
	if (!r && img->verify)
		r = verify_run(img, earlier);
	return r < 0 ? r : check_crc(img, kcr_crc32(0, earlier, sizeof(*earlier)));
}

/* Only the description of the run stays in memory. */
static int read_pages(struct image *img, struct kcr_img_pages_earlier *earlier)
{
	struct kcr_img_pages *run = &earlier->run;
	const char *why;
	int r = read_all(img, run, sizeof(*run));

	if (r < 0)
		return r;
	r = kcr_parse_pages(run, img->rec.offset, img->rec.len, &why);
	if (r < 0)
		return fail_structure(img, r, why);
	if (le32_to_cpu(run->flags) & KCR_PAGES_EARLIER)
		return read_earlier(img, earlier);
	if (!(le32_to_cpu(run->flags) & KCR_PAGES_NO_BYTES))
		img->sum.pages += le32_to_cpu(run->count);
	if (img->verify) {
		r = verify_run(img, earlier);
		if (r < 0)
			return r;
	} else if (img->can_skip && !spot_in_run(&img->spot, run)) {
		return skip(img, img->rec.len - sizeof(*run));
	}
	return read_page_run(img, run);
}

static int read_pages_rec(struct image *img)
{
	struct kcr_img_pages_earlier run = { 0 };
	int r = read_pages(img, &run);

	if (r < 0)
		return r;
	memcpy(img->buf, &run, sizeof(run));
	img->rec.data = img->buf;
	return 0;
}

static int read_rec(struct image *img)
{
	int r = read_payload(img, img->rec.len);

	if (r < 0)
		return r;
	img->rec.data = img->buf;
	return check_crc(img, kcr_crc32(0, img->buf, img->rec.len));
}

static int check_end(struct image *img)
{
	struct kcr_parse_sum sum = img->sum;
	const char *why;
	int r;

	sum.offset = img->rec.offset;
	r = kcr_parse_end(img->rec.data, &sum, &why);
	if (r < 0)
		return fail_structure(img, r, why);
	img->ended = true;
	return img->verify ? verify_end(img) : 0;
}

static int look_at_index(struct image *img)
{
	const char *why;
	int n = kcr_parse_index(&img->rec_head, img->rec.data, &img->sum.index, &why);

	if (n < 0)
		return fail_structure(img, n, why);
	return img->verify ? verify_index(img, n) : 0;
}

static int look_at_rec(struct image *img)
{
	if (!img->rec.known)
		return 0;
	if (img->rec.kind == KCR_KIND_END)
		return check_end(img);
	if (img->rec.kind != KCR_KIND_INDEX)
		return 0;
	return look_at_index(img);
}

/**
 * image_next() - read the next record into @rec
 * @img: the image
 *
 * Returns 1, 0 after the end, or a negative errno.
 */
int image_next(struct image *img)
{
	int r;

	if (img->error || img->ended)
		return img->error;
	r = read_rec_head(img);
	if (!r && img->verify)
		r = verify_rec(img);
	if (!r && img->rec.known && img->rec.kind == KCR_KIND_PAGES)
		r = read_pages_rec(img);
	else if (!r)
		r = read_rec(img);
	if (!r)
		r = read_padding(img);
	if (!r)
		r = look_at_rec(img);
	return r < 0 ? r : 1;
}

/**
 * image_more() - does something follow?
 * @img: the image, read to its end
 *
 * Returns 1, 0 or a negative errno.
 */
int image_more(struct image *img)
{
	char c;
	ssize_t n = read_some(img, &c, 1);

	return n < 0 ? fail_read(img, n) : n > 0;
}

/**
 * image_want() - keep a piece of memory when its pages are read
 * @img: the image
 * @mm: id of the address space
 * @start: first address
 * @end: behind the last one; no more than IMAGE_SPOT bytes are kept
 */
void image_want(struct image *img, uint32_t mm, uint64_t start, uint64_t end)
{
	memset(&img->spot, 0, sizeof(img->spot));
	if (start >= end || start > UINT64_MAX - IMAGE_SPOT)
		return;
	img->spot.mm = mm;
	img->spot.start = start;
	img->spot.len = end - start < IMAGE_SPOT ? end - start : IMAGE_SPOT;
}

static int open_image(struct image *img, bool verify)
{
	const char *why;
	int r = read_payload(img, sizeof(img->head));	/* so that there is @buf */

	if (r < 0)
		return r;
	memcpy(&img->head, img->buf, sizeof(img->head));
	r = kcr_parse_head(&img->head, &why);
	if (r < 0)
		return image_fail(img, r, "%s", why);
	img->verify = verify ? verify_new() : NULL;
	if (verify && !img->verify)
		return image_fail(img, -ENOMEM, "not enough memory");
	return 0;
}

/**
 * image_open_fd() - begin to read an image
 * @img: filled in
 * @fd: where from; from its position on
 * @verify: look at every byte
 */
int image_open_fd(struct image *img, int fd, bool verify)
{
	struct stat st;
	off_t at;

	memset(img, 0, sizeof(*img));
	img->fd = fd;
	at = lseek(fd, 0, SEEK_CUR);
	if (at >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		img->can_skip = true;
		img->size = st.st_size > at ? st.st_size - at : 0;
	}
	return open_image(img, verify);
}

/**
 * image_open_memory() - begin to read an image
 * @img: filled in
 * @p: where from
 * @len: bytes there
 * @verify: look at every byte
 */
int image_open_memory(struct image *img, const void *p, size_t len, bool verify)
{
	memset(img, 0, sizeof(*img));
	img->fd = -1;
	img->memory = p;
	img->left = len;
	return open_image(img, verify);
}

/**
 * image_open_source() - begin to read an image
 * @img: filled in
 * @source: where from; stays until image_close()
 * @verify: look at every byte
 */
int image_open_source(struct image *img, const struct image_source *source, bool verify)
{
	memset(img, 0, sizeof(*img));
	img->fd = -1;
	img->source = source;
	img->can_skip = source->skip;
	img->size = source->size;
	return open_image(img, verify);
}

void image_close(struct image *img)
{
	verify_free(img->verify);
	free(img->buf);
	img->verify = NULL;
	img->buf = NULL;
}

/**
 * image_class() - what a failure means to the exit status
 * @img: the image, after a failure
 */
enum kcr_class image_class(const struct image *img)
{
	return image_error_class(img->error);
}

/* image_error_class() - the same of a negative errno */
enum kcr_class image_error_class(int error)
{
	switch (error) {
	case 0:
		return KCR_CLASS_OK;
	case -ENOEXEC:
	case -EBADMSG:
	case -EPROTONOSUPPORT:
		return KCR_CLASS_IMAGE;
	case -ENOMEM:
	case -ELIBACC:
		return KCR_CLASS_ENVIRONMENT;
	default:
		return KCR_CLASS_IO;
	}
}

/**
 * image_kind_name() - stem of a kind
 * @kind: its number
 *
 * Returns NULL for a number that no kind has.
 */
const char *image_kind_name(uint32_t kind)
{
	switch (kind) {
#define KIND_NAME(nr, NAME, stem, text)	case nr: return #stem;
	KCR_KINDS(KIND_NAME)
#undef KIND_NAME
	}
	return NULL;
}

/* image_kind_text() - what a kind is, in words, or NULL */
const char *image_kind_text(uint32_t kind)
{
	switch (kind) {
#define KIND_TEXT(nr, NAME, stem, text)	case nr: return text;
	KCR_KINDS(KIND_TEXT)
#undef KIND_TEXT
	}
	return NULL;
}
