// SPDX-License-Identifier: GPL-2.0
/*
 * What an image asks for, and does not get: rights that the restarter lacks.
 * And what a restarter is confined by, and stays confined by.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/stat.h>

#include "victim.h"
#include "../uapi/image/cred.h"
#include "../uapi/image/reg.h"
#include "../uapi/image/unix.h"
#include "../uapi/image/unix_msg.h"

#define ALICE	1000

/* Restart what was made of an image of alice's; it must be refused. */
static void expect_refused(struct image *img, unsigned int class, const char *words)
{
	struct bytes b = put_together(img, true);
	struct outcome o;

	restart_bytes(b, 0, &o);
	free(b.data);
	EXPECT_FALSE(o.ran);
	expect_said(&o, words);
	if (o.status.class != class || !strstr(o.text, words))
		kcr_fail(false, __FILE__, __LINE__, "class %u, not %u, for \"%s\": %s",
			 o.status.class, class, words, o.text);
}

static struct kcr_img_cred *cred_of(struct image *img)
{
	return (void *)rec_of(img, KCR_KIND_CRED)->data;
}

static struct image my_image(void)
{
	return take_apart(image_of(start_victim()));
}

TEST_PLAIN(ids_of_others_are_refused, .user = "alice")
{
	struct image img = my_image();
	struct kcr_img_cred *cred = cred_of(&img), was = *cred;

	cred->uid = htole32(0);
	expect_refused(&img, KCR_CLASS_PERMISSION, "user id 0");
	*cred = was;
	cred->euid = htole32(1001);
	expect_refused(&img, KCR_CLASS_PERMISSION, "user id 1001");
	*cred = was;
	cred->suid = htole32(0);
	expect_refused(&img, KCR_CLASS_PERMISSION, "user id 0");
	*cred = was;
	cred->fsuid = htole32(0);
	expect_refused(&img, KCR_CLASS_PERMISSION, "user id 0");
	*cred = was;
	cred->uid = htole32(-1);
	expect_refused(&img, KCR_CLASS_PERMISSION, "user id");
	*cred = was;
	cred->gid = htole32(0);
	expect_refused(&img, KCR_CLASS_PERMISSION, "group id 0");
	*cred = was;
	cred->fsgid = htole32(4);
	expect_refused(&img, KCR_CLASS_PERMISSION, "group id 4");
}

TEST_PLAIN(groups_of_others_are_refused, .user = "alice")
{
	struct image img = my_image();
	struct rec *rec = rec_of(&img, KCR_KIND_CRED);
	struct kcr_img_cred *cred = (void *)rec->data;
	__le32 *group = (void *)(cred + 1);

	ASSERT_LT(0, le32toh(cred->groups));
	*group = htole32(0);
	expect_refused(&img, KCR_CLASS_PERMISSION, "supplementary group 0");
	/* Nor may one leave a group: it may be there to keep one out. */
	cred->groups = 0;
	rec->len = sizeof(*cred);
	expect_refused(&img, KCR_CLASS_PERMISSION, "supplementary groups");
}

TEST_PLAIN(capabilities_are_refused, .user = "alice")
{
	struct image img = my_image();
	struct kcr_img_cred *cred = cred_of(&img), was = *cred;

	cred->permitted = htole64(1u << 21);
	expect_refused(&img, KCR_CLASS_PERMISSION, "capability 21");
	cred->effective = htole64(1u << 21);
	expect_refused(&img, KCR_CLASS_PERMISSION, "capability 21");
	*cred = was;
	cred->inheritable = htole64(1);
	expect_refused(&img, KCR_CLASS_PERMISSION, "capability 0");
	*cred = was;
	cred->securebits = htole32(1);
	expect_refused(&img, KCR_CLASS_PERMISSION, "securebits");
	*cred = was;
	cred->effective = htole64(1);
	expect_refused(&img, KCR_CLASS_IMAGE, "");
}

/* The file that is open in alice's image becomes another one. */
static void name_file(struct image *img, const char *path)
{
	size_t i, len = strlen(path) + 1;

	for (i = 0; i < img->n; i++) {
		struct rec *rec = &img->rec[i];
		struct kcr_img_reg *reg = (void *)rec->data;
		uint8_t *data;

		if (kind_of(rec) != KCR_KIND_REG || reg->content ||
		    !(le32toh(reg->flags) & KCR_FILE_WRITE))
			continue;
		data = room(sizeof(*reg) + len);
		reg->path_len = htole32(len);
		memcpy(data, reg, sizeof(*reg));
		memcpy(data + sizeof(*reg), path, len);
		rec->data = data;
		rec->len = sizeof(*reg) + len;
		return;
	}
	kcr_fail(true, __FILE__, __LINE__, "no file is open for writing");
}

TEST_PLAIN(files_are_opened_with_ones_own_rights, .user = "alice")
{
	struct image img = my_image();

	name_file(&img, "/etc/shadow");
	expect_refused(&img, KCR_CLASS_UNSUPPORTED, "/etc/shadow");
	name_file(&img, "/etc/passwd");
	expect_refused(&img, KCR_CLASS_UNSUPPORTED, "/etc/passwd");
}

TEST_PLAIN(peers_of_others_are_refused, .user = "alice")
{
	struct image img = my_image();
	struct kcr_img_unix *sock = (void *)rec_of(&img, KCR_KIND_UNIX)->data, was = *sock;
	struct kcr_img_unix_msg *msg = (void *)rec_of(&img, KCR_KIND_UNIX_MSG)->data;

	ASSERT_TRUE(le32toh(sock->state) & KCR_UNIX_PEERCRED);
	sock->peer_uid = 0;
	expect_refused(&img, KCR_CLASS_PERMISSION, "user 0, which you may not claim");
	*sock = was;
	sock->peer_gid = 0;
	expect_refused(&img, KCR_CLASS_PERMISSION, "group 0, which you may not claim");
	*sock = was;
	sock->peer_pid = htole32(1);
	expect_refused(&img, KCR_CLASS_PERMISSION, "that id is somebody else's now");
	*sock = was;
	msg->flags |= htole32(KCR_UNIX_MSG_CREDS);
	msg->uid = 0;
	expect_refused(&img, KCR_CLASS_PERMISSION, "user 0, which you may not claim");
}

/* Whoever gets the descriptor of an operation does not run it. */

static int runs_it(int op, int image)
{
	struct kcr_run run = { .size = sizeof(run), .image_fd = image };

	return ioctl(op, KCR_IOC_RUN, &run) ? errno : 0;
}

static int as_alice(int op, int image)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ASSERT_EQ(0, initgroups("alice", ALICE));
		ASSERT_EQ(0, setgid(ALICE));
		ASSERT_EQ(0, setuid(ALICE));
		_exit(runs_it(op, image));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST_PLAIN(an_operation_is_run_by_whoever_began_it)
{
	struct kcr_restart request = { .size = sizeof(request) };
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_COMMIT };
	struct bytes b = image_of(start_victim());
	int dev = open_device(), op = ioctl(dev, KCR_IOC_RESTART, &request);
	int fd = memfd_create("image", 0);
	static struct outcome o;

	ASSERT_LE(0, op);
	ASSERT_EQ((ssize_t)b.len, write(fd, b.data, b.len));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(EPERM, as_alice(op, fd));
	ASSERT_EQ(0, runs_it(op, fd));
	ASSERT_EQ(0, setresuid(0, ALICE, 0));
	EXPECT_EQ(-1, ioctl(op, KCR_IOC_FINISH, &finish));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, setresuid(0, 0, 0));
	look_at(op, &o);
	EXPECT_EQ(KCR_PHASE_PREPARED, o.status.phase);
	close(op);
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG | __WALL));
}

/* Between opening an operation and running it, the target may have changed. */
TEST_PLAIN(rights_are_asked_for_again_once_all_is_parked, .user = "alice")
{
	struct kcr_checkpoint request = { .size = sizeof(request), .flags = KCR_CKPT_CHECK };
	int dev = open_device(), op, go[2];
	static struct outcome o;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ASSERT_EQ(1, read(go[0], &c, 1));
		prctl(PR_SET_DUMPABLE, 0);
		for (;;)
			poll(NULL, 0, 1000000000);
	}
	request.pid = pid;
	op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);
	ASSERT_LE(0, op);
	ASSERT_EQ(1, write(go[1], "", 1));
	usleep(200000);
	EXPECT_EQ(EPERM, runs_it(op, -1));
	look_at(op, &o);
	EXPECT_EQ(KCR_CLASS_PERMISSION, o.status.class);
	close(op);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
}

/* Confined restarters */

static long number_in_status(pid_t pid, const char *field)
{
	char path[64], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	ASSERT_TRUE(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, field, strlen(field)))
			value = strtol(strchr(line, ':') + 1, NULL, 10);
	fclose(file);
	return value;
}

/* Restart, with a look at the program while it runs. */
static long restarted_has(struct bytes b, const char *field)
{
	struct kcr_restart request = { .size = sizeof(request) };
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_COMMIT };
	int dev = open_device(), op = ioctl(dev, KCR_IOC_RESTART, &request);
	int fd = memfd_create("image", 0);
	static struct outcome o;
	long value;

	ASSERT_LE(0, op);
	ASSERT_EQ((ssize_t)b.len, write(fd, b.data, b.len));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(0, runs_it(op, fd));
	look_at(op, &o);
	if (o.status.error)
		kcr_fail(true, __FILE__, __LINE__, "no restart: %s", o.text);
	ASSERT_EQ(0, ioctl(op, KCR_IOC_FINISH, &finish));
	value = number_in_status(o.status.pid, field);
	kill(o.status.pid, SIGKILL);
	EXPECT_EQ(o.status.pid, waitpid(o.status.pid, NULL, __WALL));
	close(op);
	close(dev);
	close(fd);
	return value;
}

static void confine_by_seccomp(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog filter = { .len = 1, .filter = &allow };

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

TEST_PLAIN(seccomp_stays, .user = "alice")
{
	struct bytes b = image_of(start_victim());

	EXPECT_EQ(0, restarted_has(b, "Seccomp:"));
	confine_by_seccomp();
	EXPECT_EQ(SECCOMP_MODE_FILTER, restarted_has(b, "Seccomp:"));
	EXPECT_EQ(1, restarted_has(b, "Seccomp_filters:"));
	EXPECT_EQ(1, restarted_has(b, "NoNewPrivs:"));
}

/* Not for root either: a program that was confined does not come back free. */
TEST(a_confined_program_stays_confined)
{
	confine_by_seccomp();
	cut();
	EXPECT_EQ(SECCOMP_MODE_FILTER, prctl(PR_GET_SECCOMP));
}
