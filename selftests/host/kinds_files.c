// SPDX-License-Identifier: GPL-2.0
/*
 * Of an image that holds every kind: open files, terminals and sockets.
 */
#include "../../uapi/image/chr.h"
#include "../../uapi/image/content.h"
#include "../../uapi/image/ctty.h"
#include "../../uapi/image/epoll.h"
#include "../../uapi/image/eventfd.h"
#include "../../uapi/image/external.h"
#include "../../uapi/image/fdtable.h"
#include "../../uapi/image/fifo.h"
#include "../../uapi/image/dnotify.h"
#include "../../uapi/image/fown.h"
#include "../../uapi/image/fs.h"
#include "../../uapi/image/given.h"
#include "../../uapi/image/inotify.h"
#include "../../uapi/image/locks.h"
#include "../../uapi/image/pidfd.h"
#include "../../uapi/image/pipe.h"
#include "../../uapi/image/pipe_end.h"
#include "../../uapi/image/procfs.h"
#include "../../uapi/image/procmem.h"
#include "../../uapi/image/reg.h"
#include "../../uapi/image/signalfd.h"
#include "../../uapi/image/timerfd.h"
#include "../../uapi/image/unix.h"
#include "../../uapi/image/unix_dial.h"
#include "../../uapi/image/unix_msg.h"
#include "../../uapi/image/unix_peer.h"
#include "../../uapi/image/tty_end.h"
#include "kinds.h"

static void put_reg(struct build *b, uint32_t id, uint32_t content,
		    uint32_t flags, const char *path)
{
	struct kcr_img_reg reg = {
		.content = cpu_to_le32(content),
		.flags = cpu_to_le32(flags),
		.pos = cpu_to_le64(12345),
		.uid = cpu_to_le32(1000),
		.path_len = cpu_to_le32(strlen(path) + 1),
	};

	PUT_TAIL(b, KCR_KIND_REG, id, 0, &reg, path, strlen(path) + 1);
}

void kinds_put_content(struct build *b)
{
	struct kcr_img_content file = {
		.type = cpu_to_le32(KCR_CONTENT_FILE),
		.flags = cpu_to_le32(KCR_CONTENT_UNLINKED),
		.mode = cpu_to_le32(0600),
		.size = cpu_to_le64(5),
	};
	struct kcr_img_content data = {
		.type = cpu_to_le32(KCR_CONTENT_DATA),
		.file = cpu_to_le32(ID_CONTENT),
		.len = cpu_to_le64(5),
	};
	struct kcr_img_content hash = {
		.type = cpu_to_le32(KCR_CONTENT_HASH),
		.file = cpu_to_le32(ID_EXE),
		.flags = cpu_to_le32(KCR_CONTENT_WHOLE),
		.len = cpu_to_le64(1000),
		.size = cpu_to_le64(1000),
		.hash = "0123456789abcde",
	};

	PUT_TAIL(b, KCR_KIND_CONTENT, ID_CONTENT, 0, &file, "/tmp/gone", 10);
	PUT_TAIL(b, KCR_KIND_CONTENT, 0, 0, &data, "hello", 5);
	put_reg(b, ID_OUTPUT, ID_CONTENT, KCR_FILE_WRITE | KCR_FILE_APPEND,
		"/tmp/gone");
	put_reg(b, ID_EXE, 0, KCR_FILE_READ, "/usr/bin/sample \xff\"x\"");
	PUT(b, KCR_KIND_CONTENT, 0, 0, &hash);
}

void kinds_put_files(struct build *b)
{
	struct kcr_img_external terminal = {
		.type = cpu_to_le32(KCR_EXTERNAL_TERMINAL),
		.streams = cpu_to_le32(5),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};
	struct kcr_img_chr null = {
		.device = cpu_to_le32(KCR_CHR_NULL),
		.flags = cpu_to_le32(KCR_FILE_WRITE),
		.path_len = cpu_to_le32(10),
	};
	struct kcr_img_procfs procfs = {
		.flags = cpu_to_le32(KCR_FILE_READ), .path_len = cpu_to_le32(11),
	};
	struct kcr_img_procmem procmem = {
		.pid = cpu_to_le32(4711), .flags = cpu_to_le32(KCR_FILE_READ),
	};
	struct kcr_img_pipe pipe = { cpu_to_le32(65536), cpu_to_le32(1) };
	struct {
		struct kcr_img_pipe_buf buf;
		char data[3];
	} piece = { .buf.len = cpu_to_le32(3), .data = "abc" };
	struct kcr_img_pipe_end end = {
		cpu_to_le32(ID_PIPE), cpu_to_le32(KCR_FILE_READ)
	};
	struct kcr_img_given given = {
		.type = cpu_to_le32(KCR_GIVEN_PIPE), .ino = cpu_to_le64(1234),
		.flags = cpu_to_le32(KCR_FILE_READ), .fd = cpu_to_le32(7),
		.unread = cpu_to_le32(3),
	};
	struct kcr_img_fifo fifo = {
		.flags = cpu_to_le32(KCR_FILE_READ),
		.state = cpu_to_le32(KCR_FIFO_QUIET),
		.capacity = cpu_to_le32(65536),
		.mode = cpu_to_le32(0600),
		.path_len = cpu_to_le32(10),
	};
	struct kcr_img_inotify inotify = {
		.flags = cpu_to_le32(KCR_FILE_READ), .watches = cpu_to_le32(1),
	};
	struct {
		struct kcr_img_inotify_item item;
		char path[5];
	} __attribute__((packed)) watch = {
		.item = {
			.type = cpu_to_le32(KCR_INOTIFY_WATCH), .wd = cpu_to_le32(1),
			.mask = cpu_to_le32(2), .len = cpu_to_le32(5),
		},
		.path = "/tmp",
	};
	struct kcr_img_pidfd pidfd = {
		.id = cpu_to_le32(4711),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};
	struct kcr_img_eventfd eventfd = { .count = cpu_to_le64(7) };
	struct kcr_img_timerfd timerfd = {
		.state = cpu_to_le32(KCR_TIMERFD_ARMED), .ticks = cpu_to_le64(2),
		.until_ns = cpu_to_le64(1500000000),
	};
	struct kcr_img_signalfd signalfd = { .mask = cpu_to_le64(1 << 9) };
	struct kcr_img_epoll epoll = { .count = cpu_to_le32(1) };
	struct kcr_img_epoll_item item = {
		.fd = cpu_to_le32(4), .file = cpu_to_le32(ID_PIPE_READ),
	};

	PUT(b, KCR_KIND_EXTERNAL, ID_TERMINAL, 0, &terminal);
	PUT_TAIL(b, KCR_KIND_CHR, ID_NULL, 0, &null, "/dev/null", 10);
	PUT_TAIL(b, KCR_KIND_PROCFS, ID_PROCFS, 0, &procfs, "/proc/stat", 11);
	PUT(b, KCR_KIND_PROCMEM, ID_PROCMEM, 0, &procmem);
	PUT_TAIL(b, KCR_KIND_PIPE, ID_PIPE, 0, &pipe, &piece, 11);
	PUT(b, KCR_KIND_PIPE_END, ID_PIPE_READ, 0, &end);
	PUT_TAIL(b, KCR_KIND_GIVEN, ID_GIVEN, 0, &given, "abc", 3);
	PUT_TAIL(b, KCR_KIND_FIFO, ID_FIFO, 0, &fifo, "/tmp/fifo", 10);
	PUT_TAIL(b, KCR_KIND_INOTIFY, ID_INOTIFY, 0, &inotify, &watch, sizeof(watch));
	PUT(b, KCR_KIND_PIDFD, ID_PIDFD, 0, &pidfd);
	PUT(b, KCR_KIND_EVENTFD, ID_EVENTFD, 0, &eventfd);
	PUT(b, KCR_KIND_TIMERFD, ID_TIMERFD, 0, &timerfd);
	PUT(b, KCR_KIND_SIGNALFD, ID_SIGNALFD, 0, &signalfd);
	PUT_TAIL(b, KCR_KIND_EPOLL, ID_EPOLL, 0, &epoll, &item, sizeof(item));
}

void kinds_put_sockets(struct build *b)
{
	struct {
		struct kcr_img_unix sock;
		struct kcr_img_unix_option option;
		char name[10];
	} open = {
		.sock = {
			.type = cpu_to_le32(KCR_UNIX_STREAM),
			.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
			.state = cpu_to_le32(KCR_UNIX_CONNECTED),
			.mode = cpu_to_le32(0777), .options = cpu_to_le32(1),
			.name_len = cpu_to_le32(10),
		},
		.option = { cpu_to_le32(7), cpu_to_le32(212992) },
		.name = "\0abstract",
	};
	struct kcr_img_unix gone = {
		.type = cpu_to_le32(KCR_UNIX_STREAM), .state = cpu_to_le32(KCR_UNIX_GONE),
	};
	struct kcr_img_unix_dial dial = { cpu_to_le32(ID_UNIX), cpu_to_le32(6) };
	struct kcr_img_unix_peer peer = { cpu_to_le32(ID_UNIX), cpu_to_le32(ID_UNIX_GONE) };
	struct {
		struct kcr_img_unix_msg msg;
		__le32 file;
		char data[5];
	} msg = {
		.msg = {
			.to = cpu_to_le32(ID_UNIX), .from = cpu_to_le32(ID_UNIX_GONE),
			.files = cpu_to_le32(1), .len = cpu_to_le32(5),
		},
		.file = cpu_to_le32(ID_EVENTFD), .data = "hello",
	};

	build_rec(b, KCR_KIND_UNIX, ID_UNIX, 0, &open,
		  sizeof(open.sock) + sizeof(open.option) + sizeof(open.name));
	PUT(b, KCR_KIND_UNIX_SOCK, ID_UNIX_GONE, 0, &gone);
	PUT(b, KCR_KIND_UNIX_PEER, 0, 0, &peer);
	PUT_TAIL(b, KCR_KIND_UNIX_DIAL, 0, 0, &dial, "/door", 6);
	build_rec(b, KCR_KIND_UNIX_MSG, ID_UNIX_MSG, 0, &msg, sizeof(msg.msg) + 9);
}

void kinds_put_terminal(struct build *b)
{
	struct kcr_img_pty pty = {
		.index = cpu_to_le32(3), .flags = cpu_to_le32(KCR_PTY_PACKET),
		.mode = cpu_to_le32(0620), .path_len = cpu_to_le32(10),
		.winsize = { .row = cpu_to_le16(24), .col = cpu_to_le16(80) },
		.side = { { .queued = cpu_to_le32(2) } },
	};
	struct kcr_img_tty_end end = {
		.pty = cpu_to_le32(ID_PTY), .end = cpu_to_le32(KCR_TTY_END_MASTER),
		.flags = cpu_to_le32(KCR_FILE_READ | KCR_FILE_WRITE),
	};
	struct kcr_img_ctty ctty = {
		.type = cpu_to_le32(KCR_CTTY_OUTSIDE), .pgrp = cpu_to_le32(4711),
	};

	PUT_TAIL(b, KCR_KIND_PTY, ID_PTY, 0, &pty, "/dev/ptmx\0hi", 12);
	PUT(b, KCR_KIND_TTY_END, ID_TTY_END, 0, &end);
	PUT(b, KCR_KIND_CTTY, 0, 0, &ctty);
}

void kinds_put_tables(struct build *b)
{
	static const uint32_t files[] = {
		ID_TERMINAL, ID_OUTPUT, ID_TERMINAL, ID_NULL, ID_PIPE_READ,
		ID_EVENTFD, ID_EPOLL, ID_MEMFD,
	};
	enum { COUNT = ARRAY_SIZE(files) };
	struct kcr_img_fdtable table = { .count = cpu_to_le32(COUNT) };
	struct kcr_img_fd fds[COUNT] = { 0 };
	struct kcr_img_fs fs = {
		.umask = cpu_to_le32(022), .cwd_len = cpu_to_le32(6),
	};
	struct kcr_img_fown fown = { .count = cpu_to_le32(1) };
	struct kcr_img_fown_file owned = {
		.flags = cpu_to_le32(KCR_FOWN_ASYNC), .signum = cpu_to_le32(29),
		.type = cpu_to_le32(KCR_FOWN_PROCESS), .id = cpu_to_le32(1203),
	};
	char signals[sizeof(fown) + sizeof(owned)];
	struct kcr_img_dnotify dnotify = { .count = cpu_to_le32(1) };
	struct kcr_img_dnotify_watch watch = {
		.fd = cpu_to_le32(2),
		.events = cpu_to_le32(KCR_DNOTIFY_CREATE | KCR_DNOTIFY_MULTISHOT),
	};
	struct kcr_img_locks locks = { .count = cpu_to_le32(1) };
	struct kcr_img_lock lock = {
		.fd = cpu_to_le32(1), .type = cpu_to_le32(KCR_LOCK_FLOCK),
		.flags = cpu_to_le32(KCR_LOCK_EXCLUSIVE),
	};
	char home[sizeof(fs) + 6];
	uint32_t i;

	for (i = 0; i < COUNT; i++) {
		fds[i].fd = cpu_to_le32(i);
		fds[i].file = cpu_to_le32(files[i]);
	}
	PUT_TAIL(b, KCR_KIND_FDTABLE, 0, 0, &table, fds, sizeof(fds));
	memcpy(home + sizeof(fs), "/home", 6);
	memcpy(home, &fs, sizeof(fs));
	build_rec_flags(b, KCR_KIND_FS, 2, KCR_REC_CRITICAL, home, sizeof(home));
	PUT_TAIL(b, KCR_KIND_LOCKS, 0, 0, &locks, &lock, sizeof(lock));
	memcpy(signals, &fown, sizeof(fown));
	memcpy(signals + sizeof(fown), &owned, sizeof(owned));
	build_rec_flags(b, KCR_KIND_FOWN, 2, KCR_REC_CRITICAL, signals, sizeof(signals));
	PUT_TAIL(b, KCR_KIND_DNOTIFY, 0, 0, &dnotify, &watch, sizeof(watch));
}
