// SPDX-License-Identifier: GPL-2.0
/*
 * Intervals as users of Slurm write them.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>

#include "interval.h"
#include "tool.h"

#define NUMBERS_MAX	3

/* One number, and no sign or blank before it, which strtoull() would take. */
static int take_number(const char **text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -1;
	*number = strtoull(*text, &end, 10);
	*text = end;
	return *number <= INTERVAL_MAX ? 0 : -1;
}

/* Up to three numbers with colons between them. */
static int take_numbers(const char **text, uint64_t *number, size_t *count)
{
	for (*count = 0; *count < NUMBERS_MAX; ++*text) {
		if (take_number(text, &number[(*count)++]) < 0)
			return -1;
		if (**text != ':')
			return 0;
	}
	return -1;
}

/**
 * interval_parse() - how long an interval is
 * @text: MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS,
 *	DAYS-HOURS:MINUTES or DAYS-HOURS:MINUTES:SECONDS
 * @seconds: where it goes, 1 to INTERVAL_MAX
 *
 * Return: 0, or -1 if it is none of these.
 */
int interval_parse(const char *text, uint64_t *seconds)
{
	/* What the first number counts, without days before it and with them. */
	static const uint64_t first_unit[] = { 60, 60, 3600 };
	uint64_t days = 0, sum = 0, unit, number[NUMBERS_MAX];
	size_t count, i;

	if (take_numbers(&text, number, &count) < 0)
		return -1;
	unit = first_unit[count - 1];
	if (*text == '-') {
		days = number[0];
		text++;
		if (count != 1 || take_numbers(&text, number, &count) < 0)
			return -1;
		unit = 3600;
	}
	if (*text)
		return -1;
	for (i = 0; i < count; i++, unit /= 60)
		sum += number[i] * unit;
	if (days > INTERVAL_MAX || sum > INTERVAL_MAX)
		return -1;
	*seconds = sum + days * 24 * 3600;
	return *seconds >= 1 && *seconds <= INTERVAL_MAX ? 0 : -1;
}
