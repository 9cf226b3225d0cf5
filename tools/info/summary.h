/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ckptinfo(1) remembers of an image, to tell it as a person would ask.
 *
 * It grows with the records that are really there, and with nothing that they
 * only speak of.
 */
#ifndef _KCR_SUMMARY_H
#define _KCR_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "../../uapi/image/host.h"
#include "../../uapi/image/mm.h"
#include "../../uapi/image/process.h"
#include "../../uapi/image/x86_cpu.h"
#include "../lib/emit.h"
#include "../lib/image.h"

/* Kinds that are not known here get a line each, up to so many. */
#define SUMMARY_UNKNOWN	16

struct summary_unknown {
	uint32_t kind;
	uint64_t records;
};

/**
 * struct summary_process - a process, also one that has ended
 * @id: of its record; what belongs to it names that as its owner
 * @depth: generations from the first
 * @has_mm: @mm holds
 * @img: what its record tells
 * @mm: its address space
 * @mm_id: id of that
 * @comm: name of its first thread; that which it ended with
 * @cwd: working directory, or NULL
 * @nr_threads: of them
 * @nr_fds: open descriptors
 * @nr_vmas: mappings
 * @bytes: of them all
 * @pages: of its own whose bytes are in the image
 */
struct summary_process {
	uint32_t id;
	uint32_t depth;
	bool has_mm;
	struct kcr_img_process img;
	struct kcr_img_mm mm;
	uint32_t mm_id;
	char comm[17];
	char *cwd;
	size_t nr_threads;
	size_t nr_fds;
	size_t nr_vmas;
	uint64_t bytes;
	uint64_t pages;
};

struct summary_thread {
	uint32_t id;
	uint32_t process;	/* its owner */
	uint32_t tid;
	uint32_t call;		/* enum kcr_blocked_call, 0: none told */
	bool ended;
	char comm[17];
};

struct summary_vma {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	uint64_t pages;		/* whose bytes are in the image */
	uint32_t mm;
	uint32_t file;
	uint32_t flags;
};

/* An open file, or another object that is referred to by id. */
struct summary_object {
	uint32_t id;
	uint32_t kind;
	uint32_t flags;		/* KCR_FILE_* */
	uint32_t of;		/* id of the object that it shows, 0: itself */
	uint64_t pos;
	uint64_t pages;		/* whose bytes are in the image */
	char *text;		/* path, or what it is; NULL if there is none */
};

struct summary_fd {
	uint32_t process;	/* its owner */
	uint32_t fd;
	uint32_t file;
	uint32_t flags;		/* KCR_FD_* */
};

/* Bytes that the image has, because no file has them. */
struct summary_content {
	uint64_t files;
	uint64_t bytes;
};

/**
 * struct summary - what is remembered of an image
 * @has_host: @host holds
 * @has_cpu: @cpu holds
 * @host: the machine
 * @cpu: instructions that it may use
 * @processes: in the order of the image: parents first
 * @nr_processes: of them
 * @threads: in the order of the image
 * @nr_threads: of them
 * @vmas: in the order of the image; with @sorted, of address spaces and addresses
 * @nr_vmas: of them
 * @sorted: that @vmas are
 * @objects: in the order of the image
 * @nr_objects: of them
 * @fds: in the order of the image
 * @nr_fds: of them
 * @content: contents of files
 * @features: bits of XSAVE that some thread has in use
 * @unknown: kinds that are not known here
 * @nr_unknown: of them
 * @huge: pages that were part of a huge page
 * @earlier: pages of KCR_PAGES_EARLIER
 * @zero_runs: pages of KCR_PAGES_ZERO
 * @pages_zero: of the end record
 * @pages_file: of the end record
 * @failed: memory was short, something is missing
 */
struct summary {
	bool has_host;
	bool has_cpu;
	struct kcr_img_host host;
	struct kcr_img_x86_cpu cpu;
	struct summary_process *processes;
	size_t nr_processes;
	struct summary_thread *threads;
	size_t nr_threads;
	struct summary_vma *vmas;
	size_t nr_vmas;
	bool sorted;
	struct summary_object *objects;
	size_t nr_objects;
	struct summary_fd *fds;
	size_t nr_fds;
	struct summary_content content;
	uint64_t features;
	struct summary_unknown unknown[SUMMARY_UNKNOWN];
	size_t nr_unknown;
	uint64_t huge;
	uint64_t earlier;
	uint64_t zero_runs;
	uint64_t pages_zero;
	uint64_t pages_file;
	bool failed;
};

void summary_note(struct summary *s, const struct image_rec *rec);
void summary_sort(struct summary *s);
void summary_free(struct summary *s);

struct summary_thread *summary_add_thread(struct summary *s, uint32_t owner);
struct summary_vma *summary_add_vma(struct summary *s, uint32_t mm);
struct summary_fd *summary_add_fd(struct summary *s, uint32_t owner);
struct summary_object *summary_add_object(struct summary *s,
					  const struct image_rec *rec,
					  uint32_t flags, uint64_t pos,
					  const char *text, size_t len);
void summary_add_pages(struct summary *s, uint32_t mm, uint64_t addr,
		       uint64_t count);

const struct summary_object *summary_object(const struct summary *s, uint32_t id);
struct summary_process *summary_process(struct summary *s, uint32_t id);
const struct summary_process *summary_pid(const struct summary *s, uint32_t pid);
struct summary_thread *summary_thread(const struct summary *s, uint32_t id);
bool summary_owns(const struct summary *s, const struct summary_process *p,
		  uint32_t owner);
const char *summary_text(const struct summary *s,
			 const struct summary_object *o);
const char *summary_vma_name(const struct summary *s,
			     const struct summary_process *p,
			     const struct summary_vma *v);
uint64_t summary_saved(const struct summary *s, const struct summary_vma *v);

void summary_show(const struct summary *s, const struct image *img,
		  const char *name, const struct summary_process *one);
void summary_emit(struct emit *e, const struct summary *s,
		  const struct image *img);

#endif /* _KCR_SUMMARY_H */
