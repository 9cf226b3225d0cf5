// SPDX-License-Identifier: GPL-2.0
/*
 * The vDSO where the kernel has another one than the image: here the image is
 * made to say so. (selftests/across/run boots other kernels.)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "maps.h"
#include "victim.h"
#include "../uapi/image/vdso.h"
#include "../uapi/image/vma.h"
#include "../uapi/image/x86_regs.h"

#define REG_IP	16

/*
 * A program that reads a clock once it is asked to, through the address that it
 * was started with, and ends with 42 if it is right.
 */

static int (*read_clock)(clockid_t clock, struct timespec *ts);

static int is_right(const struct timespec *before)
{
	char *known = (char *)getauxval(AT_SYSINFO_EHDR);
	struct timespec got, after;
	struct mapping m = { 0 };

	if (read_clock(CLOCK_MONOTONIC, &got))
		return 43;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after);
	if (got.tv_sec < before->tv_sec || got.tv_sec > after.tv_sec)
		return 44;
	if (!mapping_of(known, &m))
		return 45;
	if (!access("moved", F_OK) && !strcmp(m.path, "[vdso]"))
		return 46;
	/* What lies before it is for nobody. */
	if (!access("moved", F_OK) && (!mapping_of(known - 1, &m) || strncmp(m.perms, "---", 3)))
		return 47;
	return 42;
}

static void __attribute__((noreturn)) reader(int ready)
{
	struct timespec before;

	setsid();
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &before);
	if (write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	while (access("go", F_OK))
		usleep(10000);
	_exit(is_right(&before));
}

static pid_t start_reader(void)
{
	void *lib = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	int ready[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;
	char c;

	if (!lib)
		skip("no vDSO");
	read_clock = dlsym(lib, "__vdso_clock_gettime");
	ASSERT_TRUE(read_clock);
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		dup2(ready[1], 9);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close_range(3, 8, 0);
		closefrom(10);
		reader(9);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);
	return pid;
}

static struct kcr_img_vdso *vdso_of(struct image *img)
{
	return (void *)rec_of(img, KCR_KIND_VDSO)->data;
}

/* As if it had been made by another kernel. */
static void make_other(struct image *img)
{
	vdso_of(img)->hash[0] ^= 1;
}

static void make_first_version(struct image *img)
{
	struct rec *rec = rec_of(img, KCR_KIND_VDSO);

	rec->head.version = htole16(1);
	rec->len = sizeof(struct kcr_img_vdso);
}

static int begin_restart(struct image *img, struct outcome *o, int *dev)
{
	struct kcr_restart request = { .size = sizeof(request) };
	struct kcr_run run = { .size = sizeof(run), .image_fd = memfd_create("image", 0) };
	struct bytes b = put_together(img, true);
	int op;

	*dev = open_device();
	op = ioctl(*dev, KCR_IOC_RESTART, &request);
	ASSERT_LE(0, op);
	ASSERT_EQ((ssize_t)b.len, write(run.image_fd, b.data, b.len));
	ASSERT_EQ(0, lseek(run.image_fd, 0, SEEK_SET));
	free(b.data);
	memset(o, 0, sizeof(*o));
	o->error = ioctl(op, KCR_IOC_RUN, &run) ? errno : 0;
	look_at(op, o);
	close(run.image_fd);
	return op;
}

/* Restarted, and let go on: how it ends. */
static int end_of(struct image *img)
{
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_COMMIT };
	int dev, op, status = 0;
	struct outcome o;

	op = begin_restart(img, &o, &dev);
	fprintf(stderr, "%s\n", o.text);
	ASSERT_EQ(0, o.error);
	ASSERT_EQ(0, ioctl(op, KCR_IOC_FINISH, &finish));
	ASSERT_EQ(o.status.pid, waitpid(o.status.pid, &status, __WALL));
	close(op);
	close(dev);
	return status;
}

static void expect_refused(struct image *img, enum kcr_class class, const char *words)
{
	struct outcome o;
	int dev, op = begin_restart(img, &o, &dev);

	EXPECT_NE(0, o.error);
	expect_said(&o, words);
	EXPECT_EQ(class, o.status.class);
	if (!strstr(o.text, words))
		kcr_fail(false, __FILE__, __LINE__, "said: %s", o.text);
	close(op);
	close(dev);
}

static void make_file(const char *name)
{
	close(open(name, O_CREAT | O_WRONLY, 0600));
}

TEST_PLAIN(jumps_to_this_kernels)
{
	struct image img = take_apart(image_of(start_reader()));

	make_other(&img);
	make_file("go");
	make_file("moved");
	EXPECT_EQ(42 << 8, end_of(&img));
	EXPECT_EQ(42 << 8, end_of(&img));
}

TEST_PLAIN(jumps_to_this_kernels_for_a_user, .user = "alice")
{
	struct image img = take_apart(image_of(start_reader()));

	make_other(&img);
	make_file("go");
	make_file("moved");
	EXPECT_EQ(42 << 8, end_of(&img));
}

TEST_PLAIN(first_version_needs_the_same)
{
	struct image img = take_apart(image_of(start_reader()));

	make_first_version(&img);
	make_file("go");
	EXPECT_EQ(42 << 8, end_of(&img));
	make_other(&img);
	expect_refused(&img, KCR_CLASS_UNSUPPORTED, "restart needs the same kernel");
}

TEST_PLAIN(a_thread_inside_is_refused)
{
	struct image img = take_apart(image_of(start_reader()));
	struct kcr_img_x86_regs *regs = (void *)rec_of(&img, KCR_KIND_X86_REGS)->data;

	make_other(&img);
	regs->reg[REG_IP] = htole64(le64toh(vdso_of(&img)->vdso) + 100);
	expect_refused(&img, KCR_CLASS_UNSUPPORTED, "was inside of it");
	regs->reg[REG_IP] = htole64(le64toh(vdso_of(&img)->vdso) +
				    le64toh(vdso_of(&img)->vdso_len) - 1);
	expect_refused(&img, KCR_CLASS_UNSUPPORTED, "was inside of it");
}

TEST_PLAIN(lies_about_its_place_are_refused)
{
	struct image img = take_apart(image_of(start_reader()));
	struct kcr_img_vma *vma = (void *)rec_of(&img, KCR_KIND_VMA)->data;
	struct kcr_img_vdso *vdso = vdso_of(&img);
	uint64_t len = le64toh(vdso->vdso_len), vvar_len = le64toh(vdso->vvar_len);

	make_other(&img);
	vdso->vdso = vma->start;
	vdso->vvar = htole64(le64toh(vma->start) - vvar_len);
	expect_refused(&img, KCR_CLASS_ENVIRONMENT, "can't be mapped at");
	vdso->vdso_len = htole64(len + PAGE);
	expect_refused(&img, KCR_CLASS_IMAGE, "vDSO of");
	vdso->vdso_len = htole64(len - PAGE);
	expect_refused(&img, KCR_CLASS_IMAGE, "vDSO of");
}

static void change_code(struct image *img, int changes, size_t within)
{
	uint8_t *code = rec_of(img, KCR_KIND_VDSO)->data + sizeof(struct kcr_img_vdso);

	while (changes--)
		code[rand() % within] = rand();
}

/* How far it is read, and what is written over, comes from tables in it. */
TEST_PLAIN(lies_in_its_code_are_refused_or_harmless, .timeout = 300)
{
	struct image good = take_apart(image_of(start_victim())), img;
	const char *seed = getenv("KCR_SEED");
	struct outcome o;
	struct bytes b;
	int i;

	srand(seed ? atoi(seed) : 1);
	make_other(&good);
	for (i = 0; i < 100; i++) {
		img = copy_of(&good);
		change_code(&img, 1 + i % 4, i % 2 ? 2048 : 1024);
		b = put_together(&img, true);
		restart_bytes(b, 0, &o);
		free(b.data);
		free_image(&img);
		if (!o.ran)
			expect_said(&o, "lies in its code");
	}
	memset(rec_of(&good, KCR_KIND_VDSO)->data + sizeof(struct kcr_img_vdso), 0, PAGE);
	expect_refused(&good, KCR_CLASS_IMAGE, "it can't be read");
}
