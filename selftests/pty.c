// SPDX-License-Identifier: GPL-2.0
/* Promises: pseudo terminals, with both ends in the tree, or the master. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "kcr_harness.h"
#include "terminals.h"

FIXTURE(pty) {
	int master, slave;
	char name[64];
};

FIXTURE_SETUP(pty)
{
	self->master = posix_openpt(O_RDWR | O_NOCTTY);
	ASSERT_LE(0, self->master);
	ASSERT_EQ(0, grantpt(self->master));
	ASSERT_EQ(0, unlockpt(self->master));
	ASSERT_EQ(0, ptsname_r(self->master, self->name, sizeof(self->name)));
	self->slave = open(self->name, O_RDWR | O_NOCTTY);
	ASSERT_LE(0, self->slave);
}

FIXTURE_TEARDOWN(pty)
{
	close(self->slave);
	close(self->master);
}

/* Waits for so many bytes, or for half a second of none. */
static const char *get(int fd, size_t len)
{
	static char buf[8192];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t got = 0;
	ssize_t n;

	while (got < len && poll(&p, 1, 500) > 0) {
		n = read(fd, buf + got, len - got);
		if (n <= 0)
			break;
		got += n;
	}
	buf[got] = 0;
	return buf;
}

static void make_raw(int fd)
{
	struct termios t;

	ASSERT_EQ(0, tcgetattr(fd, &t));
	cfmakeraw(&t);
	ASSERT_EQ(0, tcsetattr(fd, TCSANOW, &t));
}

static int input(int fd)
{
	int n = -1;

	ioctl(fd, FIONREAD, &n);
	return n;
}

static void wait_input(int fd, int n)
{
	for (int i = 0; i < 1000 && input(fd) < n; i++)
		usleep(2000);
	ASSERT_LE(n, input(fd));
}

TEST_F(pty, goes_both_ways)
{
	cut();
	put(self->master, "to the slave\n");
	EXPECT_STREQ("to the slave\n", get(self->slave, 13));
	EXPECT_STREQ("to the slave\r\n", get(self->master, 14));
	put(self->slave, "to the master\n");
	EXPECT_STREQ("to the master\r\n", get(self->master, 15));
}

TEST_F(pty, keeps_its_name)
{
	char name[64] = "";
	struct stat st;

	ASSERT_EQ(0, fchmod(self->slave, 0640));
	cut();
	EXPECT_EQ(0, ptsname_r(self->master, name, sizeof(name)));
	EXPECT_STREQ(self->name, name);
	EXPECT_STREQ(self->name, ttyname(self->slave) ?: "none");
	EXPECT_EQ(0, stat(name, &st));
	EXPECT_EQ(0640, st.st_mode & 07777);
}

TEST_F(pty, keeps_settings)
{
	struct termios before, after;

	ASSERT_EQ(0, tcgetattr(self->slave, &before));
	before.c_iflag = IXANY | IUTF8;
	before.c_oflag = OPOST | OCRNL;
	before.c_lflag = ECHO | TOSTOP;
	before.c_cc[VMIN] = 7;
	before.c_cc[VINTR] = 'x';
	cfsetspeed(&before, B9600);
	ASSERT_EQ(0, tcsetattr(self->slave, TCSANOW, &before));
	ASSERT_EQ(0, tcgetattr(self->slave, &before));
	cut();
	EXPECT_EQ(0, tcgetattr(self->slave, &after));
	EXPECT_EQ(before.c_iflag, after.c_iflag);
	EXPECT_EQ(before.c_oflag, after.c_oflag);
	EXPECT_EQ(before.c_cflag, after.c_cflag);
	EXPECT_EQ(before.c_lflag, after.c_lflag);
	EXPECT_EQ(0, memcmp(before.c_cc, after.c_cc, sizeof(after.c_cc)));
	EXPECT_EQ(B9600, cfgetospeed(&after));
}

TEST_F(pty, keeps_locked_settings)
{
	struct termios t;
	struct {
		tcflag_t iflag, oflag, cflag, lflag;
		cc_t line, cc[19];
	} got = { 0 }, want = { .lflag = ECHO };

	ASSERT_EQ(0, ioctl(self->slave, TIOCSLCKTRMIOS, &want));
	cut();
	EXPECT_EQ(0, ioctl(self->slave, TIOCGLCKTRMIOS, &got));
	EXPECT_EQ(ECHO, got.lflag);
	EXPECT_EQ(0, tcgetattr(self->slave, &t));
	t.c_lflag &= ~(ECHO | ICANON);
	tcsetattr(self->slave, TCSANOW, &t);
	EXPECT_EQ(0, tcgetattr(self->slave, &t));
	EXPECT_EQ(ECHO, t.c_lflag & (ECHO | ICANON));
}

TEST_F(pty, keeps_its_size)
{
	struct winsize want = { 37, 111, 5, 6 }, got = { 0 };

	ASSERT_EQ(0, ioctl(self->master, TIOCSWINSZ, &want));
	cut();
	EXPECT_EQ(0, ioctl(self->slave, TIOCGWINSZ, &got));
	EXPECT_EQ(0, memcmp(&want, &got, sizeof(got)));
	got.ws_row = 1;
	EXPECT_EQ(0, ioctl(self->master, TIOCGWINSZ, &got));
	EXPECT_EQ(37, got.ws_row);
}

TEST_F(pty, keeps_lines_and_a_part_of_one)
{
	put(self->master, "one\ntwo\n\nthr");
	wait_input(self->slave, 9);
	EXPECT_STREQ("one\r\ntwo\r\n\r\nthr", get(self->master, 15));
	cut();
	EXPECT_EQ(9, input(self->slave));
	EXPECT_STREQ("one\n", get(self->slave, 4));
	EXPECT_STREQ("two\n", get(self->slave, 4));
	EXPECT_STREQ("\n", get(self->slave, 1));
	EXPECT_EQ(0, input(self->slave));
	put(self->master, "e\177ee\n");
	EXPECT_STREQ("three\n", get(self->slave, 6));
}

TEST_F(pty, keeps_an_end_of_file)
{
	char c;

	put(self->master, "part\x04\x04");
	wait_input(self->slave, 4);
	usleep(50000);
	cut();
	EXPECT_STREQ("part", get(self->slave, 4));
	EXPECT_EQ(0, read(self->slave, &c, 1));
	put(self->master, "more\n");
	EXPECT_STREQ("more\n", get(self->slave, 5));
}

TEST_F(pty, keeps_a_quote)
{
	put(self->master, "a\x16");
	usleep(50000);
	cut();
	put(self->master, "\177b\n");
	EXPECT_STREQ("a\177b\n", get(self->slave, 4));
}

TEST_F(pty, keeps_raw_bytes)
{
	make_raw(self->slave);
	put(self->master, "\x03\x04\xff\n\rxyz");
	wait_input(self->slave, 8);
	cut();
	EXPECT_EQ(8, input(self->slave));
	EXPECT_STREQ("\x03\x04\xff\n\rxyz", get(self->slave, 8));
}

TEST_F(pty, keeps_output)
{
	put(self->slave, "out\nput");
	wait_input(self->master, 8);
	cut();
	EXPECT_STREQ("out\r\nput", get(self->master, 8));
}

/* More than the line discipline takes: the rest waits in the queue. */
TEST_F(pty, keeps_what_waits_for_room)
{
	static char sent[9000];
	ssize_t n, m;

	make_raw(self->slave);
	for (n = 0; n < (ssize_t)sizeof(sent); n++)
		sent[n] = 'a' + n % 23;
	fcntl(self->master, F_SETFL, O_NONBLOCK);
	for (n = 0; n < (ssize_t)sizeof(sent); n += m) {
		m = write(self->master, sent + n, sizeof(sent) - n);
		if (m <= 0)
			break;
	}
	ASSERT_LT(5000, n);
	cut();
	for (m = 0; m < n; m += strlen(get(self->slave, 1)))
		;
	EXPECT_EQ(n, m);
	EXPECT_EQ(0, input(self->slave));
	put(self->master, "end");
	EXPECT_STREQ("end", get(self->slave, 3));
}

TEST_F(pty, keeps_the_order_of_what_waits)
{
	static char sent[6000];
	struct termios t;
	size_t n;

	ASSERT_EQ(0, tcgetattr(self->slave, &t));
	t.c_oflag = 0;
	ASSERT_EQ(0, tcsetattr(self->slave, TCSANOW, &t));
	for (n = 0; n < sizeof(sent) - 1; n++)
		sent[n] = 'a' + n % 19;
	put(self->slave, sent);
	cut();
	EXPECT_STREQ(sent, get(self->master, sizeof(sent) - 1));
}

TEST_F(pty, stays_stopped)
{
	put(self->master, "\x13");
	usleep(50000);
	fcntl(self->slave, F_SETFL, O_NONBLOCK);
	ASSERT_EQ(-1, write(self->slave, "x", 1));
	cut();
	EXPECT_EQ(-1, write(self->slave, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
	put(self->master, "\x11");
	usleep(50000);
	EXPECT_EQ(1, write(self->slave, "x", 1));
	EXPECT_STREQ("x", get(self->master, 1));
}

TEST_F(pty, stays_switched_off)
{
	ASSERT_EQ(0, tcflow(self->slave, TCOOFF));
	cut();
	fcntl(self->slave, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(-1, write(self->slave, "x", 1));
	put(self->master, "\x11");
	usleep(50000);
	EXPECT_EQ(-1, write(self->slave, "x", 1));
	EXPECT_EQ(0, tcflow(self->slave, TCOON));
	EXPECT_EQ(1, write(self->slave, "x", 1));
}

TEST_F(pty, keeps_echoes_that_wait)
{
	put(self->master, "\x13");
	usleep(50000);
	put(self->master, "abc");
	usleep(50000);
	EXPECT_EQ(0, input(self->master));
	cut();
	EXPECT_EQ(0, input(self->master));
	EXPECT_EQ(0, tcflow(self->slave, TCOOFF));
	EXPECT_EQ(0, tcflow(self->slave, TCOON));
	put(self->master, "\n");
	EXPECT_STREQ("abc\r\n", get(self->master, 5));
}

TEST_F(pty, keeps_packet_mode)
{
	int on = 1;

	put(self->slave, "before\n");
	wait_input(self->master, 8);
	ASSERT_EQ(0, ioctl(self->master, TIOCPKT, &on));
	ASSERT_EQ(0, tcflow(self->slave, TCOOFF));
	cut();
	on = 0;
	EXPECT_EQ(0, ioctl(self->master, TIOCGPKT, &on));
	EXPECT_EQ(1, on);
	EXPECT_EQ(TIOCPKT_STOP, *get(self->master, 1));
	EXPECT_EQ(0, memcmp("\0before\r\n", get(self->master, 9), 9));
}

TEST_F(pty, stays_locked)
{
	int lock = 1;

	ASSERT_EQ(0, ioctl(self->master, TIOCSPTLCK, &lock));
	cut();
	EXPECT_EQ(-1, open(self->name, O_RDWR | O_NOCTTY));
	EXPECT_EQ(EIO, errno);
	lock = 0;
	EXPECT_EQ(0, ioctl(self->master, TIOCSPTLCK, &lock));
	EXPECT_LE(0, open(self->name, O_RDWR | O_NOCTTY));
}

TEST_F(pty, stays_exclusive, .user = "alice")
{
	int on = 0;

	ASSERT_EQ(0, ioctl(self->slave, TIOCEXCL));
	cut();
	EXPECT_EQ(-1, open(self->name, O_RDWR | O_NOCTTY));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(0, ioctl(self->slave, TIOCGEXCL, &on));
	EXPECT_EQ(1, on);
	EXPECT_EQ(0, ioctl(self->slave, TIOCNXCL));
	EXPECT_LE(0, open(self->name, O_RDWR | O_NOCTTY));
}

TEST_F(pty, keeps_several_open_files)
{
	int again = open(self->name, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	int twin = dup(self->slave);
	char c;

	ASSERT_LE(0, again);
	cut();
	EXPECT_EQ(O_NONBLOCK, fcntl(again, F_GETFL) & (O_NONBLOCK | O_ACCMODE));
	EXPECT_EQ(O_RDWR, fcntl(twin, F_GETFL) & (O_NONBLOCK | O_ACCMODE));
	EXPECT_EQ(-1, read(again, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	fcntl(twin, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(O_NONBLOCK, fcntl(self->slave, F_GETFL) & O_NONBLOCK);
	put(self->master, "x\n");
	EXPECT_STREQ("x\n", get(again, 2));
}

TEST_F(pty, keeps_a_closed_slave)
{
	char c;

	put(self->slave, "last words");
	wait_input(self->master, 10);
	close(self->slave);
	cut();
	EXPECT_STREQ("last words", get(self->master, 10));
	EXPECT_EQ(-1, read(self->master, &c, 1));
	EXPECT_EQ(EIO, errno);
	self->slave = open(self->name, O_RDWR | O_NOCTTY);
	put(self->slave, "back");
	EXPECT_STREQ("back", get(self->master, 4));
}

TEST(keeps_a_slave_that_nobody_opened)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	char c;

	ASSERT_LE(0, master);
	put(master, "first\n");
	cut();
	EXPECT_STREQ("first\r\n", get(master, 7));
	EXPECT_EQ(-1, read(master, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, open(ptsname(master), O_RDWR | O_NOCTTY));
	EXPECT_EQ(0, unlockpt(master));
	EXPECT_STREQ("first\n", get(open(ptsname(master), O_RDWR | O_NOCTTY), 6));
}

TEST_F(pty, stays_hung_up)
{
	struct pollfd p = { .fd = self->slave };
	char c;

	close(self->master);
	cut();
	EXPECT_EQ(0, read(self->slave, &c, 1));
	EXPECT_EQ(-1, write(self->slave, "x", 1));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_TRUE(p.revents & POLLHUP);
	EXPECT_EQ(-1, access(self->name, F_OK));
	self->master = -1;
}

TEST(keeps_many)
{
	int master[20], slave[20], i;
	char name[64], text[8];

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, openpty(&master[i], &slave[i], NULL, NULL, NULL));
	for (i = 0; i < 20; i += 3) {
		close(master[i]);
		close(slave[i]);
	}
	cut();
	for (i = 0; i < 20; i++) {
		if (i % 3 == 0)
			continue;
		EXPECT_EQ(0, ptsname_r(master[i], name, sizeof(name)));
		EXPECT_STREQ(name, ttyname(slave[i]) ?: "none");
		snprintf(text, sizeof(text), "%d\n", i);
		put(master[i], text);
		EXPECT_STREQ(text, get(slave[i], strlen(text)));
	}
}
