/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc/self/smaps tells of a mapping. */
#ifndef KCR_MAPS_H
#define KCR_MAPS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct mapping {
	unsigned long start, end;
	char perms[5];
	char path[256];
	char flags[256];	/* " rd wr mr " */
	long rss_kb, huge_kb, swap_kb, page_kb;
};

/* The mapping of @addr; false if there is none. */
static inline bool mapping_of(const void *addr, struct mapping *m)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long a = (unsigned long)addr;
	bool inside = false, found = false;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		struct mapping n = { 0 };

		if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %255[^\n]", &n.start, &n.end,
			   n.perms, n.path) >= 3) {
			inside = n.start <= a && a < n.end;
			if (inside) {
				*m = n;
				found = true;
			}
		} else if (inside) {
			sscanf(line, "Rss: %ld", &m->rss_kb);
			sscanf(line, "Swap: %ld", &m->swap_kb);
			sscanf(line, "KernelPageSize: %ld", &m->page_kb);
			sscanf(line, "AnonHugePages: %ld", &m->huge_kb);
			if (!strncmp(line, "VmFlags:", 8))
				strcpy(m->flags, line + 8);
		}
	}
	if (f)
		fclose(f);
	return found;
}

static inline bool has_flag(const void *addr, const char *flag)
{
	char word[8];
	struct mapping m = { 0 };

	snprintf(word, sizeof(word), " %s ", flag);
	return mapping_of(addr, &m) && strstr(m.flags, word);
}

#endif
