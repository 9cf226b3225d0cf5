// SPDX-License-Identifier: GPL-2.0
/*
 * A look into an image before it is restarted.
 */
#include <unistd.h>

#include "../../uapi/image/external.h"
#include "packed.h"
#include "peek.h"

#define STREAM_INPUT	(1u << 0)

static bool is_terminal_input(const struct image_rec *rec)
{
	const struct kcr_img_external *external = rec->data;

	if (rec->kind != KCR_KIND_EXTERNAL || !rec->known)
		return false;
	return le32_to_cpu(external->type) == KCR_EXTERNAL_TERMINAL &&
	       le32_to_cpu(external->streams) & STREAM_INPUT;
}

static bool looks_for_terminal(struct image *img)
{
	bool found = false;

	while (!img->error && !found && image_next(img) > 0 &&
	       img->rec.kind != KCR_KIND_PAGES)
		found = is_terminal_input(&img->rec);
	return found || img->error;
}

static bool look_into_packed(int fd)
{
	struct packed packed;
	struct image img;
	bool found = true;

	if (!packed_open(&packed, fd)) {
		image_open_source(&img, &packed.source, false);
		found = looks_for_terminal(&img);
		image_close(&img);
	}
	packed_close(&packed);
	return found;
}

static bool look_into(int fd)
{
	struct image img;
	bool found;

	image_open_fd(&img, fd, false);
	found = looks_for_terminal(&img);
	image_close(&img);
	return found;
}

/**
 * peek_wants_terminal() - was a terminal the program's standard input?
 * @fd: the image, at its beginning; is there again afterwards
 *
 * Whatever can't be read twice, or makes no sense, is for the module to read:
 * the answer is then yes, which is what most programs are run from.
 */
bool peek_wants_terminal(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	bool found;

	if (at < 0)
		return true;
	found = packed_is(fd) ? look_into_packed(fd) : look_into(fd);
	lseek(fd, at, SEEK_SET);
	return found;
}
