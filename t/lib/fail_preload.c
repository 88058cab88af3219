/*
 * fail_preload - LD_PRELOAD: counts the calls by which a process changes files
 * or talks to others, and strikes at the n-th.
 *
 *   FAIL_AT     n; 0 or nothing: only count
 *   FAIL_HOW    kill (default), exit (111), or an error: EIO, ENOSPC
 *   FAIL_WHEN   of kill and exit: before (default) or after the call
 *   FAIL_FOR    of errors: so many calls in a row fail (1)
 *   FAIL_CALLS  letters of the groups that count (default: all)
 *                 w write pwrite writev pwritev...   y fsync fdatasync
 *                 r rename*   l link*   u unlink*    t ftruncate fallocate
 *                 o open with O_CREAT                s send* sendfile
 *                 v recv*, and read on a socket
 *   FAIL_FORK   k: the calls of the k-th process that it forks count, not its own
 *   FAIL_LOG    file to report to; see struct report
 *
 * Errors hit files and directories as they are asked for; on a socket EIO
 * becomes ECONNRESET and ENOSPC becomes ENOBUFS, which are what can happen
 * there.  Pipes, eventfds and standard error are left out, since no disk fails
 * under them.
 *
 * The report is a mapped page: a process that has given up opening files and
 * letting them grow can still write it, and it is there after a SIGKILL.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct report {
	_Atomic uint64_t calls; /* counted so far, in the machine's order */
	uint64_t struck; /* at this one, 0 not yet */
	char text[112]; /* the same in words */
};

#define EVENTFDS 256

enum how { KILL, EXIT, FAIL };

static struct report own, *report = &own;
static uint64_t fail_at, fail_for = 1, fail_fork;
static enum how how = KILL;
static int after, error;
static const char *groups = "wyrlutosv";
static pid_t self;
static char eventfds[EVENTFDS]; /* they are made at the start, and stay */

static uint64_t
number(const char *name, uint64_t usual)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 10) : usual;
}

static void
map_report(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p = MAP_FAILED;

	if (fd != -1 && ftruncate(fd, 4096) == 0)
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		report = p;
	if (fd != -1)
		close(fd);
}

__attribute__((constructor)) static void
setup(void)
{
	const char *s = getenv("FAIL_HOW");
	uint64_t at = number("FAIL_AT", 0);

	if (s && strcmp(s, "exit") == 0)
		how = EXIT;
	if (s && strcmp(s, "EIO") == 0)
		error = EIO;
	if (s && strcmp(s, "ENOSPC") == 0)
		error = ENOSPC;
	if (error)
		how = FAIL;
	s = getenv("FAIL_WHEN");
	after = s && strcmp(s, "after") == 0;
	fail_for = number("FAIL_FOR", 1);
	s = getenv("FAIL_CALLS");
	if (s && *s)
		groups = s;
	s = getenv("FAIL_LOG");
	if (s && *s)
		map_report(s);
	/* A child that this process starts counts for itself, nowhere. */
	unsetenv("LD_PRELOAD");
	fail_fork = number("FAIL_FORK", 0);
	self = fail_fork ? 0 : getpid();
	atomic_store(&report->calls, 0);
	fail_at = at;
}

static void
die(void)
{
	if (how == EXIT)
		_exit(111);
	for (;;)
		syscall(SYS_kill, getpid(), SIGKILL);
}

static void
strike(uint64_t n, const char *name)
{
	static const char *hows[] = { "kill", "exit", "fail" };

	if (report->struck)
		return;
	report->struck = n;
	snprintf(report->text, sizeof report->text, "%s %s %s, call %llu",
	    hows[how],
	    how == FAIL ? "at"
		: after ? "after"
			: "before",
	    name, (unsigned long long)n);
}

static int
is_socket(int fd)
{
	int saved = errno, type;
	socklen_t n = sizeof type;
	int r = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;

	errno = saved;
	return r;
}

/* A process that is shut in may not be allowed to use fstat, and lseek takes an
 * eventfd for a file. */
static int
is_file(int fd)
{
	int saved = errno, r;
	struct stat st;

	if (fd >= 0 && fd < EVENTFDS && eventfds[fd])
		return 0;
	if (fstat(fd, &st) == 0)
		r = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
	else
		r = lseek(fd, 0, SEEK_CUR) != -1;
	errno = saved;
	return r;
}

/* The error that this descriptor can have, or 0 if none. */
static int
possible(int fd)
{
	if (fd == AT_FDCWD || is_file(fd))
		return error;
	if (is_socket(fd))
		return error == EIO ? ECONNRESET : ENOBUFS;
	return 0;
}

/* Before the call: 1 it is to fail, with errno set; *mine_r: strike after. */
static int
enter(char group, const char *name, int fd, int *mine_r)
{
	uint64_t n;
	int e = 0;

	*mine_r = 0;
	if (!strchr(groups, group) || fd == 2 || getpid() != self)
		return 0;
	if (how == FAIL && (e = possible(fd)) == 0)
		return 0;
	n = atomic_fetch_add(&report->calls, 1) + 1;
	if (fail_at == 0 || n < fail_at ||
	    n >= fail_at + (how == FAIL ? fail_for : 1))
		return 0;
	if (how == FAIL) {
		strike(n, name);
		errno = e;
		return 1;
	}
	*mine_r = 1;
	strike(n, name);
	if (!after)
		die();
	return 0;
}

#define REAL(name)                     \
	static __typeof__(name) *real; \
	int mine;                      \
	if (!real)                     \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

#define CALL(type, group, name, fd, call)           \
	do {                                        \
		type result;                        \
		if (enter(group, #name, fd, &mine)) \
			return -1;                  \
		result = call;                      \
		if (mine)                           \
			die();                      \
		return result;                      \
	} while (0)

/* clang-format off */
#define WRAP(type, group, name, fd, args, call) \
type name args; \
type name args \
{ \
	REAL(name); \
	CALL(type, group, name, fd, call); \
}

WRAP(ssize_t, 'w', write, fd, (int fd, const void *b, size_t n),
    real(fd, b, n))
WRAP(ssize_t, 'w', pwrite, fd, (int fd, const void *b, size_t n, off_t o),
    real(fd, b, n, o))
WRAP(ssize_t, 'w', pwrite64, fd, (int fd, const void *b, size_t n, off64_t o),
    real(fd, b, n, o))
WRAP(ssize_t, 'w', writev, fd, (int fd, const struct iovec *v, int n),
    real(fd, v, n))
WRAP(ssize_t, 'w', pwritev, fd, (int fd, const struct iovec *v, int n, off_t o),
    real(fd, v, n, o))
WRAP(ssize_t, 'w', pwritev64, fd,
    (int fd, const struct iovec *v, int n, off64_t o), real(fd, v, n, o))
WRAP(ssize_t, 'w', pwritev2, fd,
    (int fd, const struct iovec *v, int n, off_t o, int f),
    real(fd, v, n, o, f))
WRAP(ssize_t, 'w', pwritev64v2, fd,
    (int fd, const struct iovec *v, int n, off64_t o, int f),
    real(fd, v, n, o, f))
WRAP(int, 'y', fsync, fd, (int fd), real(fd))
WRAP(int, 'y', fdatasync, fd, (int fd), real(fd))
WRAP(int, 'r', rename, AT_FDCWD, (const char *a, const char *b), real(a, b))
WRAP(int, 'r', renameat, ad, (int ad, const char *a, int bd, const char *b),
    real(ad, a, bd, b))
WRAP(int, 'r', renameat2, ad,
    (int ad, const char *a, int bd, const char *b, unsigned int f),
    real(ad, a, bd, b, f))
WRAP(int, 'l', link, AT_FDCWD, (const char *a, const char *b), real(a, b))
WRAP(int, 'l', linkat, ad,
    (int ad, const char *a, int bd, const char *b, int f),
    real(ad, a, bd, b, f))
WRAP(int, 'u', unlink, AT_FDCWD, (const char *a), real(a))
WRAP(int, 'u', unlinkat, d, (int d, const char *a, int f), real(d, a, f))
WRAP(int, 't', ftruncate, fd, (int fd, off_t n), real(fd, n))
WRAP(int, 't', ftruncate64, fd, (int fd, off64_t n), real(fd, n))
WRAP(int, 't', fallocate, fd, (int fd, int m, off_t o, off_t n),
    real(fd, m, o, n))
WRAP(int, 't', fallocate64, fd, (int fd, int m, off64_t o, off64_t n),
    real(fd, m, o, n))
WRAP(ssize_t, 's', send, fd, (int fd, const void *b, size_t n, int f),
    real(fd, b, n, f))
WRAP(ssize_t, 's', sendto, fd,
    (int fd, const void *b, size_t n, int f, const struct sockaddr *a,
    socklen_t l), real(fd, b, n, f, a, l))
WRAP(ssize_t, 's', sendmsg, fd, (int fd, const struct msghdr *m, int f),
    real(fd, m, f))
WRAP(int, 's', sendmmsg, fd,
    (int fd, struct mmsghdr *m, unsigned int n, int f), real(fd, m, n, f))
WRAP(ssize_t, 's', sendfile, fd, (int fd, int in, off_t *o, size_t n),
    real(fd, in, o, n))
WRAP(ssize_t, 's', sendfile64, fd, (int fd, int in, off64_t *o, size_t n),
    real(fd, in, o, n))
WRAP(ssize_t, 'v', recv, fd, (int fd, void *b, size_t n, int f),
    real(fd, b, n, f))
WRAP(ssize_t, 'v', recvfrom, fd,
    (int fd, void *b, size_t n, int f, struct sockaddr *a, socklen_t *l),
    real(fd, b, n, f, a, l))
WRAP(ssize_t, 'v', recvmsg, fd, (int fd, struct msghdr *m, int f),
    real(fd, m, f))
WRAP(ssize_t, 'v', __recv_chk, fd, (int fd, void *b, size_t n, size_t l, int f),
    real(fd, b, n, l, f))
WRAP(ssize_t, 'v', __recvfrom_chk, fd,
    (int fd, void *b, size_t n, size_t k, int f, struct sockaddr *a,
    socklen_t *l), real(fd, b, n, k, f, a, l))

pid_t
fork(void)
{
	static pid_t (*real)(void);
	static uint64_t n;
	pid_t pid;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fork");
	n++;
	pid = real();
	if (pid == 0 && fail_fork && n == fail_fork)
		self = getpid();
	return pid;
}

int eventfd(unsigned int n, int flags);
int
eventfd(unsigned int n, int flags)
{
	static int (*real)(unsigned int, int);
	int fd;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "eventfd");
	fd = real(n, flags);
	if (fd >= 0 && fd < EVENTFDS)
		eventfds[fd] = 1;
	return fd;
}

#define WRAP_READ(name, args, call) \
ssize_t name args; \
ssize_t name args \
{ \
	REAL(name); \
	if (!is_socket(fd)) \
		return call; \
	CALL(ssize_t, 'v', name, fd, call); \
}

WRAP_READ(read, (int fd, void *b, size_t n), real(fd, b, n))
WRAP_READ(__read_chk, (int fd, void *b, size_t n, size_t l), real(fd, b, n, l))
WRAP_READ(readv, (int fd, const struct iovec *v, int n), real(fd, v, n))

#define MODE \
	va_start(ap, flags); \
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0; \
	va_end(ap)

#define WRAP_OPEN(name, fd, args, values) \
int name args; \
int name args \
{ \
	mode_t mode; \
	va_list ap; \
	REAL(name); \
	MODE; \
	if (!(flags & O_CREAT)) \
		return real values; \
	CALL(int, 'o', name, fd, real values); \
}

WRAP_OPEN(open, AT_FDCWD, (const char *path, int flags, ...),
    (path, flags, mode))
WRAP_OPEN(open64, AT_FDCWD, (const char *path, int flags, ...),
    (path, flags, mode))
WRAP_OPEN(openat, d, (int d, const char *path, int flags, ...),
    (d, path, flags, mode))
WRAP_OPEN(openat64, d, (int d, const char *path, int flags, ...),
    (d, path, flags, mode))
/* clang-format on */
