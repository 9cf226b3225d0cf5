// SPDX-License-Identifier: GPL-2.0
/*
 * Text for people: strings that came from elsewhere, sizes and times.
 */
#include <inttypes.h>

#include "text.h"
#include "tool.h"

/*
 * How many bytes a sequence has that begins with this one, and what the byte
 * after it may be: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
static size_t sequence(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c == 0xe0)
		*low = 0xa0;
	if (c == 0xed)
		*high = 0x9f;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	if (c == 0xf0)
		*low = 0x90;
	if (c == 0xf4)
		*high = 0x8f;
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	return 0;
}

/**
 * text_utf8() - length of the character at the beginning of a string
 * @s: the string
 * @len: its bytes, at least one
 *
 * Returns 0 if there is no valid UTF-8 character that could be printed:
 * control characters are none.
 */
size_t text_utf8(const char *s, size_t len)
{
	const unsigned char *c = (const unsigned char *)s;
	unsigned char low, high;
	size_t n, i;

	if (c[0] < 0x80)
		return c[0] >= 0x20 && c[0] != 0x7f;
	n = sequence(c[0], &low, &high);
	if (!n || n > len || c[1] < low || c[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* U+0080 to U+009F are control characters too. */
	return c[0] == 0xc2 && c[1] < 0xa0 ? 0 : n;
}

/**
 * text_print() - print a string that someone else has chosen
 * @file: where to
 * @s: the string
 * @len: its bytes
 *
 * What a terminal could take for a command is shown as \xNN.
 */
void text_print(FILE *file, const char *s, size_t len)
{
	while (len) {
		size_t n = text_utf8(s, len);

		if (n)
			fwrite(s, 1, n, file);
		else
			fprintf(file, "\\x%02x", (unsigned char)*s);
		n = n ? n : 1;
		s += n;
		len -= n;
	}
}

/**
 * text_bytes() - a size as a person says it
 * @buf: TEXT_NUMBER bytes, returned
 * @bytes: the size
 */
const char *text_bytes(char *buf, uint64_t bytes)
{
	static const char units[][3] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit < ARRAY_SIZE(units) - 1) {
		value /= 1000;
		unit++;
	}
	snprintf(buf, TEXT_NUMBER, "%.*f %s", unit && value < 99.95, value,
		 units[unit]);
	return buf;
}

/**
 * text_ns() - a span of time as a person says it
 * @buf: TEXT_NUMBER bytes, returned
 * @ns: nanoseconds
 */
const char *text_ns(char *buf, uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (ns < 1000000)
		snprintf(buf, TEXT_NUMBER, "%.1f us", ns / 1e3);
	else if (!s)
		snprintf(buf, TEXT_NUMBER, "%.1f ms", ns / 1e6);
	else if (s < 60)
		snprintf(buf, TEXT_NUMBER, "%.1f s", ns / 1e9);
	else if (s < 3600)
		snprintf(buf, TEXT_NUMBER, "%" PRIu64 " min %" PRIu64 " s",
			 s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, TEXT_NUMBER, "%" PRIu64 " h %" PRIu64 " min",
			 s / 3600, s / 60 % 60);
	else
		snprintf(buf, TEXT_NUMBER, "%" PRIu64 " d %" PRIu64 " h",
			 s / 86400, s / 3600 % 24);
	return buf;
}
