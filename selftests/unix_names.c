// SPDX-License-Identifier: GPL-2.0
/* Promises: UNIX sockets that have names, and connections through these. */
#define _GNU_SOURCE
#include "unix_sockets.h"

/* Addresses, connections */

TEST(connections_and_names_stay)
{
	int l = listening(SOCK_STREAM, "here", 3), c = connected(SOCK_STREAM, "here");
	int s = accept(l, NULL, NULL), more;

	ASSERT_LE(0, s);
	say(c, "question");
	say(s, "answer");
	cut();
	EXPECT_STREQ("here", own_name(l));
	EXPECT_STREQ("here", own_name(s));
	EXPECT_STREQ("here", peer_name(c));
	EXPECT_STREQ("", own_name(c));
	EXPECT_STREQ("question", hear(s));
	EXPECT_STREQ("answer", hear(c));
	talk(c, s);
	EXPECT_EQ(1, option(l, SO_ACCEPTCONN));
	more = connected(SOCK_STREAM, "here");
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	EXPECT_LE(0, s);
	talk(more, s);
}

TEST(a_path_keeps_mode_and_name)
{
	struct stat st;
	int l;

	umask(0);
	ASSERT_EQ(0, mkdir("folder", 0755));
	ASSERT_EQ(0, chdir("folder"));
	l = listening(SOCK_SEQPACKET, "../there", 1);
	ASSERT_EQ(0, chdir(".."));
	ASSERT_EQ(0, chmod("there", 0640));
	cut();
	EXPECT_STREQ("../there", own_name(l));
	EXPECT_EQ(0, stat("there", &st));
	EXPECT_TRUE(S_ISSOCK(st.st_mode));
	EXPECT_EQ(0640, st.st_mode & 07777);
	EXPECT_LE(0, connected(SOCK_SEQPACKET, "there"));
	EXPECT_LE(0, accept(l, NULL, NULL));
	EXPECT_EQ(0, system("test -z \"$(ls -A | grep kcr-socket)\""));
}

TEST(a_path_that_was_renamed)
{
	int l = listening(SOCK_STREAM, "before", 1), c;

	ASSERT_EQ(0, rename("before", "after"));
	cut();
	EXPECT_STREQ("before", own_name(l));
	EXPECT_EQ(-1, access("before", F_OK));
	c = connected(SOCK_STREAM, "after");
	talk(c, accept(l, NULL, NULL));
}

TEST(a_deleted_path_stays_deleted)
{
	int l = listening(SOCK_STREAM, "gone", 1), c = connected(SOCK_STREAM, "gone");

	ASSERT_EQ(0, unlink("gone"));
	cut();
	EXPECT_STREQ("gone", own_name(l));
	EXPECT_STREQ("gone", peer_name(c));
	EXPECT_EQ(-1, access("gone", F_OK));
	EXPECT_LE(0, accept(l, NULL, NULL));
	EXPECT_EQ(-1, bind(l, (struct sockaddr *)&(struct sockaddr_un) { AF_UNIX, "x" }, 4));
	EXPECT_EQ(EINVAL, errno);
}

TEST(abstract_addresses_stay)
{
	int l = listening(SOCK_STREAM, "@kcr-abstract", 2), c, s;
	int d = bound(SOCK_DGRAM, "@kcr-datagrams"), a = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *who;
	char name[32];

	ASSERT_EQ(0, bind(a, (struct sockaddr *)&un, sizeof(sa_family_t)));
	strcpy(name, own_name(a));
	ASSERT_EQ(6, strlen(name));
	cut();
	c = connected(SOCK_STREAM, "@kcr-abstract");
	s = accept(l, NULL, NULL);
	talk(c, s);
	EXPECT_STREQ("@kcr-datagrams", own_name(d));
	EXPECT_STREQ(name, own_name(a));
	ASSERT_EQ(0, try_connect(a, "@kcr-datagrams"));
	say(a, "me");
	EXPECT_STREQ("me", hear_from(d, &who));
	EXPECT_STREQ(name, who);
}

TEST(who_waits_is_accepted_in_order)
{
	int l = listening(SOCK_STREAM, "@kcr-waiting", 2), c[3], s[3];

	for (int i = 0; i < 3; i++) {
		c[i] = connected(SOCK_STREAM, "@kcr-waiting");
		ASSERT_EQ(1, write(c[i], &"abc"[i], 1));
	}
	ASSERT_EQ(0, shutdown(c[1], SHUT_WR));
	close(c[2]);
	c[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	cut();
	EXPECT_EQ(-1, try_connect(c[2], "@kcr-waiting"));
	EXPECT_EQ(EAGAIN, errno);	/* the backlog is full, as it was */
	EXPECT_EQ(1, poll(&(struct pollfd) { l, POLLIN, 0 }, 1, 0));
	for (int i = 0; i < 3; i++)
		s[i] = accept(l, NULL, NULL);
	EXPECT_STREQ("a", hear(s[0]));
	EXPECT_STREQ("b", hear(s[1]));
	EXPECT_STREQ("", hear(s[1]));
	EXPECT_STREQ("c", hear(s[2]));
	EXPECT_STREQ("", hear(s[2]));
	EXPECT_STREQ("@kcr-waiting", own_name(s[0]));
	EXPECT_STREQ("@kcr-waiting", peer_name(c[0]));
	talk(c[0], s[0]);
	EXPECT_EQ(0, try_connect(c[2], "@kcr-waiting"));
}

TEST(datagrams_keep_their_senders)
{
	int r = bound(SOCK_DGRAM, "@kcr-r"), a = bound(SOCK_DGRAM, "from-a");
	int b = bound(SOCK_DGRAM, "@kcr-b"), n = socket(AF_UNIX, SOCK_DGRAM, 0);
	int self = bound(SOCK_DGRAM, "@kcr-self");
	const char *who;

	ASSERT_EQ(0, try_connect(a, "@kcr-r"));
	ASSERT_EQ(0, try_connect(b, "@kcr-r"));
	ASSERT_EQ(0, try_connect(n, "@kcr-r"));
	ASSERT_EQ(0, try_connect(self, "@kcr-self"));
	say(a, "1");
	say(b, "2");
	say(n, "3");
	say(a, "4");
	say(self, "soliloquy");
	close(b);
	cut();
	EXPECT_STREQ("1", hear_from(r, &who));
	EXPECT_STREQ("from-a", who);
	EXPECT_STREQ("2", hear_from(r, &who));
	EXPECT_STREQ("@kcr-b", who);
	EXPECT_STREQ("3", hear_from(r, &who));
	EXPECT_STREQ("", who);
	EXPECT_STREQ("4", hear_from(r, &who));
	EXPECT_STREQ("EAGAIN", hear(r));
	say(a, "still there");
	EXPECT_STREQ("still there", hear_from(r, &who));
	EXPECT_STREQ("from-a", who);
	EXPECT_STREQ("@kcr-r", peer_name(n));
	EXPECT_STREQ("soliloquy", hear(self));
	say(self, "again");
	EXPECT_STREQ("again", hear(self));
}

TEST(a_datagram_peer_that_is_gone)
{
	int r = bound(SOCK_DGRAM, "@kcr-brief"), a = socket(AF_UNIX, SOCK_DGRAM, 0);

	ASSERT_EQ(0, try_connect(a, "@kcr-brief"));
	close(r);
	cut();
	EXPECT_STREQ("@kcr-brief", peer_name(a));
	EXPECT_EQ(-1, send(a, "x", 1, 0));
	EXPECT_EQ(ECONNREFUSED, errno);
}
