// SPDX-License-Identifier: GPL-2.0
/*
 * Settings and window size of a terminal.
 */
#include "tty/tty.h"

static_assert(KCR_TERMIOS_CC == NCCS);

void kcr_termios_save(const struct ktermios *termios, struct kcr_img_termios *img)
{
	img->iflag = cpu_to_le32(termios->c_iflag);
	img->oflag = cpu_to_le32(termios->c_oflag);
	img->cflag = cpu_to_le32(termios->c_cflag);
	img->lflag = cpu_to_le32(termios->c_lflag);
	img->ispeed = cpu_to_le32(termios->c_ispeed);
	img->ospeed = cpu_to_le32(termios->c_ospeed);
	memcpy(img->cc, termios->c_cc, sizeof(img->cc));
	img->line = termios->c_line;
}

void kcr_termios_load(const struct kcr_img_termios *img, struct ktermios *termios)
{
	termios->c_iflag = le32_to_cpu(img->iflag);
	termios->c_oflag = le32_to_cpu(img->oflag);
	termios->c_cflag = le32_to_cpu(img->cflag);
	termios->c_lflag = le32_to_cpu(img->lflag);
	termios->c_ispeed = le32_to_cpu(img->ispeed);
	termios->c_ospeed = le32_to_cpu(img->ospeed);
	memcpy(termios->c_cc, img->cc, sizeof(img->cc));
	termios->c_line = img->line;
}

void kcr_winsize_save(const struct winsize *size, struct kcr_img_winsize *img)
{
	img->row = cpu_to_le16(size->ws_row);
	img->col = cpu_to_le16(size->ws_col);
	img->xpixel = cpu_to_le16(size->ws_xpixel);
	img->ypixel = cpu_to_le16(size->ws_ypixel);
}

void kcr_winsize_load(const struct kcr_img_winsize *img, struct winsize *size)
{
	size->ws_row = le16_to_cpu(img->row);
	size->ws_col = le16_to_cpu(img->col);
	size->ws_xpixel = le16_to_cpu(img->xpixel);
	size->ws_ypixel = le16_to_cpu(img->ypixel);
}
