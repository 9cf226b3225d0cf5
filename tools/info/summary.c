// SPDX-License-Identifier: GPL-2.0
/*
 * What ckptinfo(1) remembers of an image.
 */
#include <stdlib.h>

#include "../../uapi/image/vma.h"
#include "info.h"
#include "summary.h"

/* One more item in an array, zeroed; NULL if memory is short. */
static void *add(struct summary *s, void *array, size_t *count, size_t size)
{
	void **p = array;
	void *bigger;

	/* Room for 16, 32, 64 and so on. */
	if (!*count || (*count >= 16 && !(*count & (*count - 1)))) {
		bigger = realloc(*p, size * (*count ? *count * 2 : 16));
		if (!bigger) {
			s->failed = true;
			return NULL;
		}
		*p = bigger;
	}
	return memset((char *)*p + size * (*count)++, 0, size);
}

static struct summary_process *find_process(const struct summary *s, uint32_t id)
{
	size_t i;

	for (i = s->nr_processes; i--;)		/* mostly the last one */
		if (s->processes[i].id == id)
			return &s->processes[i];
	return NULL;
}

/**
 * summary_process() - a process
 * @s: where to
 * @id: of its record, which may stand behind what it owns
 *
 * Returns NULL if memory is short.
 */
struct summary_process *summary_process(struct summary *s, uint32_t id)
{
	struct summary_process *p = find_process(s, id);

	if (p)
		return p;
	/* Records of the one process of the first format had no owner. */
	if (s->nr_processes == 1 && (!id || !s->processes->id)) {
		s->processes->id = id ? id : s->processes->id;
		return s->processes;
	}
	p = add(s, &s->processes, &s->nr_processes, sizeof(*s->processes));
	if (p)
		p->id = id;
	return p;
}

/* summary_pid() - a process by its pid, or NULL */
const struct summary_process *summary_pid(const struct summary *s, uint32_t pid)
{
	size_t i;

	for (i = 0; i < s->nr_processes; i++)
		if (le32_to_cpu(s->processes[i].img.pid) == pid)
			return &s->processes[i];
	return NULL;
}

/* summary_owns() - whether what has that owner belongs to a process */
bool summary_owns(const struct summary *s, const struct summary_process *p,
		  uint32_t owner)
{
	return owner ? owner == p->id : s->nr_processes == 1;
}

struct summary_thread *summary_add_thread(struct summary *s, uint32_t owner)
{
	struct summary_process *p = summary_process(s, owner);
	struct summary_thread *t = add(s, &s->threads, &s->nr_threads,
				       sizeof(*s->threads));

	if (t)
		t->process = owner;
	if (t && p)
		p->nr_threads++;
	return t;
}

struct summary_vma *summary_add_vma(struct summary *s, uint32_t mm)
{
	struct summary_vma *v = add(s, &s->vmas, &s->nr_vmas, sizeof(*s->vmas));

	s->sorted = false;
	if (v)
		v->mm = mm;
	return v;
}

struct summary_fd *summary_add_fd(struct summary *s, uint32_t owner)
{
	struct summary_process *p = summary_process(s, owner);
	struct summary_fd *fd = add(s, &s->fds, &s->nr_fds, sizeof(*s->fds));

	if (fd)
		fd->process = owner;
	if (fd && p)
		p->nr_fds++;
	return fd;
}

/**
 * summary_add_object() - something that is referred to by id
 * @s: where to
 * @rec: its record
 * @flags: KCR_FILE_*
 * @pos: position
 * @text: path, or what it is; may be NULL
 * @len: bytes of @text, if it does not end before with a NUL
 *
 * Returns NULL if memory is short.
 */
struct summary_object *summary_add_object(struct summary *s,
					  const struct image_rec *rec,
					  uint32_t flags, uint64_t pos,
					  const char *text, size_t len)
{
	struct summary_object *o = add(s, &s->objects, &s->nr_objects,
				       sizeof(*s->objects));

	if (!o)
		return NULL;
	o->id = rec->id;
	o->kind = rec->kind;
	o->flags = flags;
	o->pos = pos;
	o->text = text ? strndup(text, len) : NULL;
	return o;
}

static int by_mm(const void *a, const void *b)
{
	const struct summary_vma *x = a, *y = b;

	if (x->mm != y->mm)
		return (x->mm > y->mm) - (x->mm < y->mm);
	return (x->start > y->start) - (x->start < y->start);
}

static void sort_vmas(struct summary *s)
{
	if (!s->sorted && s->nr_vmas)
		qsort(s->vmas, s->nr_vmas, sizeof(*s->vmas), by_mm);
	s->sorted = true;
}

static bool before(const struct summary_vma *v, uint32_t mm, uint64_t addr)
{
	return v->mm < mm || (v->mm == mm && v->end <= addr);
}

/* The mapping of an address. */
static struct summary_vma *find_vma(const struct summary *s, uint32_t mm,
				    uint64_t addr)
{
	size_t low = 0, high = s->nr_vmas, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (before(&s->vmas[middle], mm, addr))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->nr_vmas || s->vmas[low].start > addr ||
	    s->vmas[low].mm != mm)
		return NULL;
	return &s->vmas[low];
}

static void add_object_pages(struct summary *s, uint32_t id, uint64_t count)
{
	size_t i;

	for (i = s->nr_objects; i--;)
		if (s->objects[i].id == id) {
			s->objects[i].pages += count;
			return;
		}
}

/**
 * summary_add_pages() - pages whose bytes are in the image
 * @s: where to
 * @mm: id of the address space or shared object
 * @addr: of the first one
 * @count: how many
 */
void summary_add_pages(struct summary *s, uint32_t mm, uint64_t addr,
		       uint64_t count)
{
	struct summary_vma *v;

	sort_vmas(s);
	for (; count; count--, addr += KCR_PARSE_PAGE_SIZE) {
		v = find_vma(s, mm, addr);
		if (!v) {
			add_object_pages(s, mm, count);
			return;
		}
		v->pages++;
	}
}

static int by_id(const void *a, const void *b)
{
	const struct summary_object *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static struct summary_process *process_of_mm(const struct summary *s, uint32_t mm)
{
	size_t i;

	for (i = 0; i < s->nr_processes; i++)
		if (s->processes[i].has_mm && s->processes[i].mm_id == mm)
			return &s->processes[i];
	return NULL;
}

/* Sorted, they stand together: each process is looked for once. */
static void count_vmas(struct summary *s)
{
	struct summary_process *p = NULL;
	size_t i;

	for (i = 0; i < s->nr_vmas; i++) {
		const struct summary_vma *v = &s->vmas[i];

		if (!i || v->mm != v[-1].mm)
			p = process_of_mm(s, v->mm);
		if (!p)
			continue;
		p->nr_vmas++;
		p->bytes += v->end - v->start;
		p->pages += v->pages;
	}
}

/* Parents stand before their children. */
static void count_generations(struct summary *s)
{
	const struct summary_process *parent;
	struct summary_process *p;

	for (p = s->processes; p < s->processes + s->nr_processes; p++) {
		parent = p->img.parent ? find_process(s, le32_to_cpu(p->img.parent)) : NULL;
		p->depth = parent && parent < p ? parent->depth + 1 : 0;
	}
}

/* summary_sort() - to be called once, when everything is there */
void summary_sort(struct summary *s)
{
	count_generations(s);
	if (s->nr_objects)
		qsort(s->objects, s->nr_objects, sizeof(*s->objects), by_id);
	sort_vmas(s);
	count_vmas(s);
}

/* summary_object() - what an id refers to, or NULL */
const struct summary_object *summary_object(const struct summary *s, uint32_t id)
{
	struct summary_object key = { .id = id };

	if (!id || !s->nr_objects)
		return NULL;
	return bsearch(&key, s->objects, s->nr_objects, sizeof(key), by_id);
}

/*
 * summary_thread() - a thread whose records are being read, or NULL
 *
 * What belongs to a thread follows it.
 */
struct summary_thread *summary_thread(const struct summary *s, uint32_t id)
{
	if (!s->nr_threads || s->threads[s->nr_threads - 1].id != id)
		return NULL;
	return &s->threads[s->nr_threads - 1];
}

/**
 * summary_text() - path of an object, or what it is
 * @s: summary_sort() has been called
 * @o: the object, or NULL
 */
const char *summary_text(const struct summary *s,
			 const struct summary_object *o)
{
	if (o && o->of)
		o = summary_object(s, o->of);
	return o && o->text ? o->text : "(unknown)";
}

static bool overlaps(const struct summary_vma *v, __le64 start, __le64 end)
{
	return v->start < le64_to_cpu(end) && v->end > le64_to_cpu(start);
}

/**
 * summary_vma_name() - what is mapped
 * @s: summary_sort() has been called
 * @p: whose it is
 * @v: the mapping
 *
 * Returns "" for anonymous memory without a known use.
 */
const char *summary_vma_name(const struct summary *s,
			     const struct summary_process *p,
			     const struct summary_vma *v)
{
	if (v->file)
		return summary_text(s, summary_object(s, v->file));
	if (v->flags & KCR_VMA_GROWSDOWN)
		return "[stack]";
	if (p->has_mm && overlaps(v, p->mm.start_brk, p->mm.brk))
		return "[heap]";
	return "";
}

/**
 * summary_saved() - pages of a mapping whose bytes are in the image
 * @s: summary_sort() has been called
 * @v: the mapping
 *
 * Of shared memory all that was saved, whatever part of it is mapped here.
 */
uint64_t summary_saved(const struct summary *s, const struct summary_vma *v)
{
	const struct summary_object *o = summary_object(s, v->file);

	if (o && o->of)
		o = summary_object(s, o->of);
	return v->pages + (o ? o->pages : 0);
}

static void note_unknown(struct summary *s, uint32_t kind)
{
	size_t i;

	for (i = 0; i < s->nr_unknown; i++)
		if (s->unknown[i].kind == kind)
			break;
	if (i == SUMMARY_UNKNOWN)
		return;
	if (i == s->nr_unknown)
		s->unknown[s->nr_unknown++].kind = kind;
	s->unknown[i].records++;
}

/**
 * summary_note() - remember what matters of a record
 * @s: where to
 * @rec: the record
 */
void summary_note(struct summary *s, const struct image_rec *rec)
{
	const struct info_ops *ops = info_find(rec);

	if (!rec->known)
		note_unknown(s, rec->kind);
	if (ops && ops->note)
		ops->note(s, rec);
}

void summary_free(struct summary *s)
{
	size_t i;

	for (i = 0; i < s->nr_objects; i++)
		free(s->objects[i].text);
	for (i = 0; i < s->nr_processes; i++)
		free(s->processes[i].cwd);
	free(s->processes);
	free(s->objects);
	free(s->threads);
	free(s->vmas);
	free(s->fds);
	memset(s, 0, sizeof(*s));
}
