// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of what a program shares with others: --external and --inherit.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"

static int parse_fd(const char *arg, const char *end)
{
	char *stop;
	long fd;

	errno = 0;
	fd = strtol(arg, &stop, 10);
	return errno || stop == arg || stop != end || fd < 0 || fd > INT_MAX ? -1 : fd;
}

/* pipe:[INO] or socket:[INO]; returns what follows, or NULL */
static const char *parse_key(const char *arg, struct kcr_choice *choice)
{
	char *end;

	if (!strncmp(arg, "pipe:[", 6)) {
		choice->type = KCR_CHOICE_PIPE;
		arg += 6;
	} else if (!strncmp(arg, "socket:[", 8)) {
		choice->type = KCR_CHOICE_SOCKET;
		arg += 8;
	} else {
		return NULL;
	}
	errno = 0;
	choice->ino = strtoull(arg, &end, 10);
	return errno || end == arg || *arg == '-' || *end != ']' ? NULL : end + 1;
}

static int parse_what(const char *arg, struct kcr_choice *choice)
{
	if (!strcmp(arg, "close"))
		choice->what = KCR_CHOICE_CLOSE;
	else if (!strcmp(arg, "eof"))
		choice->what = KCR_CHOICE_EOF;
	else if (!strcmp(arg, "reconnect") && choice->type == KCR_CHOICE_SOCKET)
		choice->what = KCR_CHOICE_RECONNECT;
	else if (!strncmp(arg, "inherit:", 8))
		choice->what = KCR_CHOICE_INHERIT;
	else
		return -1;
	if (choice->what == KCR_CHOICE_INHERIT)
		choice->fd = parse_fd(arg + 8, arg + strlen(arg));
	return choice->fd < 0 ? -1 : 0;
}

/* The last one about an object counts. */
static int add(struct choices *c, const struct kcr_choice *choice)
{
	struct kcr_choice *list;
	__u32 i;

	for (i = 0; i < c->nr; i++)
		if (c->list[i].type == choice->type && c->list[i].ino == choice->ino) {
			c->list[i] = *choice;
			return 0;
		}
	list = reallocarray(c->list, c->nr + 1, sizeof(*list));
	if (!list || c->nr == KCR_CHOICES_MAX)
		return -1;
	c->list = list;
	list[c->nr++] = *choice;
	return 0;
}

/* choice_external() - KEY=inherit:FD, KEY=reconnect, KEY=close or KEY=eof; -1: it is none */
int choice_external(struct choices *c, const char *arg)
{
	struct kcr_choice choice = { 0 };
	const char *rest = parse_key(arg, &choice);

	if (!rest || *rest != '=' || parse_what(rest + 1, &choice) < 0)
		return -1;
	return add(c, &choice);
}

/* choice_inherit() - FD:KEY; -1: it is none */
int choice_inherit(struct choices *c, const char *arg)
{
	struct kcr_choice choice = { .what = KCR_CHOICE_INHERIT };
	const char *colon = strchr(arg, ':'), *rest;

	if (!colon)
		return -1;
	choice.fd = parse_fd(arg, colon);
	rest = parse_key(colon + 1, &choice);
	if (!rest || *rest || choice.fd < 0)
		return -1;
	return add(c, &choice);
}
