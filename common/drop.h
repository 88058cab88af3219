/*
 * drop - a program gives up what it does not need, for good.
 *
 *   drop_enter(d)   from here on the process can do what d promises and no
 *                   more.  Called once, when all descriptors are open, before
 *                   the first octet from a peer.
 *
 * Always allowed: to read and write what is open, to close it, memory, time,
 * signals to itself, to end.  Besides, by promise:
 *
 *   DROP_LOOP     epoll, eventfd and timerfd, as an event loop needs them
 *   DROP_INET     TCP connections to others: socket, bind, connect; where d
 *                 names ports, to these only; never by TCP Fast Open
 *   DROP_UDP      UDP sockets: socket, bind, connect
 *   DROP_ACCEPT   to accept connections on those of d->listener, and nowhere
 *                 else
 *   DROP_FDS      use of files that a peer hands over: pread, sendfile, fstat
 *
 *   DROP_FILE     use of files that are open for writing: pwrite, fdatasync.
 *                 None of them grows over d->filemax octets
 *
 *   DROP_APPEND   use of files that are open for appending: they grow, are
 *                 locked, read, cut and synced
 *
 *   DROP_LOCAL    connections to local stream sockets that have a path
 *   DROP_DIRS     use of the directories in d->dir, and nothing elsewhere, each
 *                 with some of
 *                   DROP_DIR_READ   its files are opened for reading, it is
 *                                   listed
 *                   DROP_DIR_FROM   files in it are removed, or moved away
 *                   DROP_DIR_INTO   files of the others are moved into it
 *   DROP_MAKE    with DROP_DIRS: files are made in directories that say
 *                   DROP_DIR_MAKE   new ones, never one that is there
 *                 and written and synced; they grow
 *                 A file may not be moved where it could be read and could
 *                 not before.  Landlock keeps one directory from the other:
 *                 without it, or where it cannot allow moving (before its ABI
 *                 2), seccomp alone sees to it that nothing is written
 *
 * Never again: opening, making, naming or removing any file; a socket of any
 * other kind, so no local socket either; other programs, other processes,
 * threads, tracing; executable memory; new privileges by set-uid files; core
 * dumps; files that grow (unless standard error is one, or by DROP_MAKE or
 * DROP_APPEND).
 *
 * By: no_new_privs, rlimits, Landlock (file system; from its ABI 4 TCP for those
 * who promise nothing of it, or name ports; from 6 abstract sockets and
 * signals), seccomp.  A
 * forbidden system call fails with EPERM, so that a library which tries
 * something new fails softly; those that only an intruder wants (execve, fork,
 * ptrace and the like) end the process with SIGSYS.
 *
 * What the kernel lacks is said on standard error, and the rest is done all the
 * same.  Any other failure dies (111).
 *
 * A thread is shut in by itself: one that was started before has to call it,
 * too, first of all.  The limits on resources are those of the process, so all
 * of its threads promise the same of DROP_FILE.
 *
 * Built with sanitizers (DRAY_SANITIZE) the list of system calls is longer,
 * because their run-time library maps memory, starts a thread and traces.
 */
#ifndef DRAY_DROP_H
#define DRAY_DROP_H

#include <stdint.h>

#define DROP_LOOP 1u
#define DROP_INET 2u
#define DROP_ACCEPT 4u
#define DROP_FDS 8u
#define DROP_UDP 16u
#define DROP_LOCAL 32u
#define DROP_DIRS 64u
#define DROP_FILE 128u
#define DROP_MAKE 256u
#define DROP_APPEND 512u

#define DROP_DIR_READ 1u
#define DROP_DIR_FROM 2u
#define DROP_DIR_INTO 4u
#define DROP_DIR_MAKE 8u

struct drop_dir {
	int fd; /* open, if only as O_PATH */
	unsigned int may; /* DROP_DIR_* */
};

struct drop {
	unsigned int promises;
	const int *listener; /* with DROP_ACCEPT */
	unsigned int nlistener;
	const uint16_t *port; /* with DROP_INET, if nport is not 0 */
	unsigned int nport;
	const struct drop_dir *dir; /* with DROP_DIRS */
	unsigned int ndir;
	uint64_t filemax; /* with DROP_FILE */
};

void drop_enter(const struct drop *d);

#endif
