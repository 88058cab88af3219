/*
 * sock - local stream sockets between dray's programs.
 *
 *   sock_listen(path, mode)   binds and listens, non-blocking.  A socket file
 *                             left over by a dead server is replaced; one with
 *                             a living server is EADDRINUSE
 *   sock_accept(fd)           the next client, non-blocking; -1 errno.  When
 *                             descriptors are short (EMFILE, ENFILE) the client
 *                             is hung up on, so that the caller's loop does not
 *                             find it ready for ever
 *   sock_connect(path)        blocking; -1 errno
 *   sock_connect_nonblock(path)  never waits, and makes a non-blocking socket;
 *                             EAGAIN when the server has too many callers
 *   sock_peer(fd, uid_r, pid_r)  who is on the other side (SO_PEERCRED)
 *   sock_ours(fd)             1 if that is root, or has our user, or our group as
 *                             its own
 *   sock_nonblock(fd)         0, or -1
 *
 * Paths longer than sun_path go through /proc/self/fd of the directory, so
 * that an instance may live in any directory.  All descriptors are
 * close-on-exec.
 */
#ifndef DRAY_SOCK_H
#define DRAY_SOCK_H

#include <sys/types.h>

int sock_listen(const char *path, mode_t mode)
    __attribute__((warn_unused_result));
int sock_accept(int fd) __attribute__((warn_unused_result));
int sock_connect(const char *path) __attribute__((warn_unused_result));
int sock_connect_nonblock(const char *path) __attribute__((warn_unused_result));
int sock_peer(int fd, uid_t *uid_r, pid_t *pid_r)
    __attribute__((warn_unused_result));
int sock_ours(int fd);
int sock_nonblock(int fd) __attribute__((warn_unused_result));

#endif
