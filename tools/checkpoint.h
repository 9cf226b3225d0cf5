/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What checkpoint(1) can be asked for.
 */
#ifndef _KCR_CHECKPOINT_H
#define _KCR_CHECKPOINT_H

#include <getopt.h>

static const char help[] =
"Usage: checkpoint [OPTION]... PID > IMAGE\n"
"  or:  checkpoint [OPTION]... --cgroup=PATH [PID] > IMAGE\n"
"  or:  checkpoint [OPTION]... --every=INTERVAL -o DIR PID\n"
"  or:  checkpoint --list [--json]\n"
"Save the running process PID with all its descendants into an image, from which\n"
"restart(1) makes them again. They go on.\n"
"\n"
"  -o, --output FILE   write to FILE, which appears when it is complete\n"
"      --cached        write it through the page cache also where it could go to the\n"
"                      disk past that\n"
"      --parent=FILE   save only what has changed since the image FILE; given again:\n"
"                      where the images are that FILE itself needs\n"
"  -z, --zstd[=LEVEL]  compress the image, 1 to 19 (3); also -zLEVEL\n"
"      --lz4           compress it, faster and less\n"
"      --threads=N     compress in so many threads (as many as processors)\n"
"      --every=INTERVAL  save them so often, to DIR/PID.NUMBER.kcr, until PID ends:\n"
"                      minutes, m:s, h:m:s, d-h, d-h:m or d-h:m:s\n"
"      --keep=N        keep so many of these images, the newest (2)\n"
"      --full-every=N  of so many only one in full, then what changes (1)\n"
"      --track=HOW     what spares looking at pages that have not changed: hash (nothing)\n"
"                      or snapshot (of the image before, kept meanwhile)\n"
"      --max-load=L    leave one out when the load is higher\n"
"      --max-extra=SIZE  stop the program if what it writes to meanwhile would take\n"
"                      more than SIZE of memory (1G, 512M), until the image is written\n"
"  -k, --kill          kill all of them once the image is safe\n"
"      --stop          stop them (as SIGSTOP does) once the image is safe\n"
"      --single        PID alone; it must have no children\n"
"      --session       also all other processes of its session\n"
"      --group         also all other processes of its process group\n"
"      --cgroup=PATH   also all of the cgroup PATH and of those below it\n"
"      --check         list what can't be saved, estimate the size, write nothing\n"
"      --external KEY=inherit:FD|reconnect|close|eof\n"
"                      what becomes of the pipe or socket KEY that others hold too:\n"
"                      pipe:[INODE] or socket:[INODE]; may be given repeatedly\n"
"      --with-files    put the contents of files open for writing in the image\n"
"      --list          list the checkpoints and restarts under way, yours and those\n"
"                      of processes that you may trace\n"
"  -t, --timeout SEC   how long to wait until every thread has stopped (10)\n"
"  -q, --quiet         no progress, only errors\n"
"  -v, --verbose       tell how long the process was stopped, and more\n"
"      --json          tell how it went as one JSON object\n"
"  -h, --help          print this\n"
"  -V, --version       print the version\n"
"\n"
"Exit status: 0 done, 1 usage, 2 not permitted, 3 holds something that can't be\n"
"saved, 4 not now (would not stop in time, is gone), 5 environment, 6 bad image\n"
"with --parent, 7 I/O.\n";

enum {
	OPT_STOP = 256,
	OPT_CHECK,
	OPT_WITH_FILES,
	OPT_CACHED,
	OPT_EXTERNAL,
	OPT_SINGLE,
	OPT_SESSION,
	OPT_GROUP,
	OPT_CGROUP,
	OPT_JSON,
	OPT_LIST,
	OPT_PARENT,
	OPT_LZ4,
	OPT_THREADS,
	OPT_EVERY,
	OPT_KEEP,
	OPT_FULL_EVERY,
	OPT_MAX_LOAD,
	OPT_MAX_EXTRA,
	OPT_TRACK,
};

static const struct option options[] = {
	{ "output",	required_argument, NULL, 'o' },
	{ "parent",	required_argument, NULL, OPT_PARENT },
	{ "zstd",	optional_argument, NULL, 'z' },
	{ "lz4",	no_argument, NULL, OPT_LZ4 },
	{ "threads",	required_argument, NULL, OPT_THREADS },
	{ "every",	required_argument, NULL, OPT_EVERY },
	{ "keep",	required_argument, NULL, OPT_KEEP },
	{ "full-every",	required_argument, NULL, OPT_FULL_EVERY },
	{ "max-load",	required_argument, NULL, OPT_MAX_LOAD },
	{ "max-extra",	required_argument, NULL, OPT_MAX_EXTRA },
	{ "track",	required_argument, NULL, OPT_TRACK },
	{ "kill",	no_argument, NULL, 'k' },
	{ "stop",	no_argument, NULL, OPT_STOP },
	{ "check",	no_argument, NULL, OPT_CHECK },
	{ "external",	required_argument, NULL, OPT_EXTERNAL },
	{ "with-files",	no_argument, NULL, OPT_WITH_FILES },
	{ "cached",	no_argument, NULL, OPT_CACHED },
	{ "single",	no_argument, NULL, OPT_SINGLE },
	{ "session",	no_argument, NULL, OPT_SESSION },
	{ "group",	no_argument, NULL, OPT_GROUP },
	{ "cgroup",	required_argument, NULL, OPT_CGROUP },
	{ "list",	no_argument, NULL, OPT_LIST },
	{ "timeout",	required_argument, NULL, 't' },
	{ "quiet",	no_argument, NULL, 'q' },
	{ "verbose",	no_argument, NULL, 'v' },
	{ "json",	no_argument, NULL, OPT_JSON },
	{ "help",	no_argument, NULL, 'h' },
	{ "version",	no_argument, NULL, 'V' },
	{ }
};

#endif /* _KCR_CHECKPOINT_H */
