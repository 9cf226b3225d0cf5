// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile images, for the reader and for every printer of ckptinfo(1).
 *
 * The first byte of an input tells how to treat the rest: bit 0 looks at
 * everything (--verify), bit 1 makes the checksums right first, so that what
 * is wrong reaches the code behind them, bit 2 prints JSON.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../../tools/info/info.h"
#include "../../tools/info/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal_head(uint8_t *p)
{
	struct kcr_image_head *head = (void *)p;

	memcpy(head->magic, KCR_IMAGE_MAGIC, KCR_IMAGE_MAGIC_LEN);
	head->version = cpu_to_le16(KCR_IMAGE_VERSION);
	head->arch = cpu_to_le16(KCR_ARCH_X86_64);
	head->page_shift = cpu_to_le16(KCR_PARSE_PAGE_SHIFT);
	head->flags = 0;
	head->reserved0 = 0;
	memset(head->reserved, 0, sizeof(head->reserved));
	head->crc = cpu_to_le32(kcr_image_head_crc(head));
}

/* Returns the bytes that the record takes up. */
static size_t seal_rec(uint8_t *p, size_t left, uint64_t offset)
{
	struct kcr_rec_head *rec = (void *)p;
	uint64_t len = le64_to_cpu(rec->len);

	left -= sizeof(*rec);
	if (len > left) {
		len = left & ~7ull;
		rec->len = cpu_to_le64(len);
	}
	rec->offset = cpu_to_le64(offset);
	rec->crc = cpu_to_le32(kcr_payload_crc(rec, rec + 1));
	rec->head_crc = cpu_to_le32(kcr_rec_head_crc(rec));
	return sizeof(*rec) + kcr_parse_padded(len);
}

static void seal(uint8_t *p, size_t size)
{
	uint64_t at = sizeof(struct kcr_image_head);

	if (size < at)
		return;
	seal_head(p);
	while (at < size && size - at >= sizeof(struct kcr_rec_head))
		at += seal_rec(p + at, size - at, at);
}

static FILE *nowhere(void)
{
	static FILE *file;

	if (!file)
		file = fopen("/dev/null", "w");
	if (!file)
		abort();
	return file;
}

static void read_image(const uint8_t *p, size_t size, bool verify, bool json)
{
	struct emit e = { .file = nowhere(), .json = json };
	struct summary s = { 0 };
	struct image img;

	image_open_memory(&img, p, size, verify);
	emit_begin(&e, NULL);
	emit_begin_list(&e, "records");
	while (image_next(&img) > 0) {
		summary_note(&s, &img.rec);
		info_print(&e, &img.rec);
	}
	emit_end(&e);
	summary_sort(&s);
	summary_emit(&e, &s, &img);
	emit_end(&e);
	summary_show(&s, &img, "fuzz", NULL);
	if (s.nr_processes > 1)
		summary_show(&s, &img, "fuzz", &s.processes[s.nr_processes - 1]);
	image_close(&img);
	summary_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (!size)
		return 0;
	/* A block of its own: a byte too far is seen. */
	copy = malloc(size - 1 ? size - 1 : 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 2)
		seal(copy, size - 1);
	read_image(copy, size - 1, data[0] & 1, data[0] & 4);
	free(copy);
	return 0;
}
