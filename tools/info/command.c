// SPDX-License-Identifier: GPL-2.0
/* The command line of the process that was asked for. */
#include "show.h"

/* Bytes of the command line, 0 if the image does not have all of them. */
static size_t command_len(const struct image *img)
{
	size_t len = img->spot.len;

	if (img->spot.got != len)
		return 0;
	while (len && !img->spot.bytes[len - 1])
		len--;
	return len;
}

/* One argument, from @at on; returns where the next one begins. */
static size_t command_next(const struct image *img, size_t at, size_t len)
{
	return at + strnlen((const char *)img->spot.bytes + at, len - at) + 1;
}

void show_command(const struct image *img)
{
	const char *args = (const char *)img->spot.bytes;
	size_t len = command_len(img), at, next;

	if (!len)
		return;
	printf(MARGIN "command: ");
	for (at = 0; at < len; at = next) {
		next = command_next(img, at, len);
		text_print(stdout, args + at, next - at - 1);
		if (next < len)
			printf(" ");
	}
	printf("%s\n", img->spot.len == IMAGE_SPOT ? " ..." : "");
}

void emit_command(struct emit *e, const struct image *img)
{
	size_t len = command_len(img), at, next;

	if (!len)
		return;
	emit_begin_list(e, "command");
	for (at = 0; at < len; at = next) {
		next = command_next(img, at, len);
		emit_text(e, NULL, img->spot.bytes + at, next - at - 1);
	}
	emit_end(e);
}
