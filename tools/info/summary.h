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
#include "../lib/image.h"

/* Kinds that are not known here get a line each, up to so many. */
#define SUMMARY_UNKNOWN	16

struct summary_unknown {
	uint32_t kind;
	uint64_t records;
};

struct summary_thread {
	uint32_t id;
	uint32_t tid;
	uint32_t call;		/* enum kcr_blocked_call, 0: none told */
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
 * @has_process: @process holds
 * @has_mm: @mm holds
 * @has_cpu: @cpu holds
 * @host: the machine
 * @process: the process
 * @mm: its address space
 * @cpu: instructions that it may use
 * @mm_id: id of that
 * @threads: in the order of the image
 * @nr_threads: of them
 * @vmas: in the order of the image
 * @nr_vmas: of them
 * @objects: in the order of the image
 * @nr_objects: of them
 * @fds: in the order of the image
 * @nr_fds: of them
 * @content: contents of files
 * @cwd: working directory, or NULL
 * @features: bits of XSAVE that some thread has in use
 * @unknown: kinds that are not known here
 * @nr_unknown: of them
 * @huge: pages that were part of a huge page
 * @zero_runs: pages of KCR_PAGES_ZERO
 * @pages_zero: of the end record
 * @pages_file: of the end record
 * @failed: memory was short, something is missing
 */
struct summary {
	bool has_host;
	bool has_process;
	bool has_mm;
	bool has_cpu;
	struct kcr_img_host host;
	struct kcr_img_process process;
	struct kcr_img_mm mm;
	struct kcr_img_x86_cpu cpu;
	uint32_t mm_id;
	struct summary_thread *threads;
	size_t nr_threads;
	struct summary_vma *vmas;
	size_t nr_vmas;
	struct summary_object *objects;
	size_t nr_objects;
	struct summary_fd *fds;
	size_t nr_fds;
	struct summary_content content;
	char *cwd;
	uint64_t features;
	struct summary_unknown unknown[SUMMARY_UNKNOWN];
	size_t nr_unknown;
	uint64_t huge;
	uint64_t zero_runs;
	uint64_t pages_zero;
	uint64_t pages_file;
	bool failed;
};

void summary_note(struct summary *s, const struct image_rec *rec);
void summary_sort(struct summary *s);
void summary_free(struct summary *s);

struct summary_thread *summary_add_thread(struct summary *s);
struct summary_vma *summary_add_vma(struct summary *s);
struct summary_fd *summary_add_fd(struct summary *s);
struct summary_object *summary_add_object(struct summary *s,
					  const struct image_rec *rec,
					  uint32_t flags, uint64_t pos,
					  const char *text, size_t len);
void summary_add_pages(struct summary *s, uint32_t mm, uint64_t addr,
		       uint64_t count);

const struct summary_object *summary_object(const struct summary *s, uint32_t id);
struct summary_thread *summary_thread(const struct summary *s, uint32_t id);
const char *summary_text(const struct summary *s,
			 const struct summary_object *o);
const char *summary_vma_name(const struct summary *s,
			     const struct summary_vma *v);

void summary_show(const struct summary *s, const struct image *img,
		  const char *name);
void summary_emit(struct emit *e, const struct summary *s,
		  const struct image *img);

#endif /* _KCR_SUMMARY_H */
