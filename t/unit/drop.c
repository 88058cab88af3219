/*
 * drop - from inside: what was given up fails, what was promised works.  Each
 * attempt is made by a process of its own, since some of them kill.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/drop.h"
#include "t/lib/tap.h"

#define REMOTE (DROP_LOOP | DROP_INET | DROP_FDS)
#define BOUNCE (DROP_LOCAL | DROP_DIRS)
#define DNS (DROP_LOOP | DROP_INET | DROP_UDP | DROP_ACCEPT)

static int listener, other, file, local;
static int listeners[2]; /* listener, and one more */
static uint16_t port[2]; /* for those who may connect to some only */
static unsigned int nport;
static struct sockaddr_in here;
static struct sockaddr_un unix_here, path_here;
static char top[] = "/tmp/dray-drop.XXXXXX";
static struct drop_dir dir[3];
static unsigned int ndir;

typedef int attempt(void);

static int
reads(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
writes(void)
{
	return open("/tmp/dray-drop-test", O_WRONLY | O_CREAT, 0600);
}

static int
lists(void)
{
	return open("/", O_RDONLY | O_DIRECTORY);
}

static int
runs(void)
{
	char *argv[] = { NULL };

	return execve("/bin/true", argv, argv);
}

static int
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
traces(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
kills_parent(void)
{
	return kill(getppid(), 0);
}

static int
makes_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

/* With a socket made before. */
static int
connects_unix(void)
{
	return connect(local, (struct sockaddr *)&unix_here, sizeof unix_here);
}

static int
makes_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int
connects(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? -1
			: connect(fd, (struct sockaddr *)&here, sizeof here);
}

static int
connects_fast(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 ||
	    sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&here,
		sizeof here) != -1)
		return 0;
	if (errno == EOPNOTSUPP)
		errno = EPERM;
	return -1;
}

static int
listens(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : listen(fd, 1);
}

static int
accepts(void)
{
	int fd = accept(listener, NULL, NULL);

	return fd == -1 && errno == EAGAIN ? 0 : fd;
}

static int
accepts_on_both(void)
{
	int fd = accept(listeners[1], NULL, NULL);

	return fd == -1 && errno == EAGAIN ? accepts() : -1;
}

static int
accepts_elsewhere(void)
{
	return accept4(other, NULL, NULL, SOCK_NONBLOCK);
}

static int
sends_udp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP);
	struct sockaddr_in any = { .sin_family = AF_INET };

	if (fd == -1 || bind(fd, (struct sockaddr *)&any, sizeof any) == -1 ||
	    connect(fd, (struct sockaddr *)&here, sizeof here) == -1)
		return -1;
	return (int)send(fd, "x", 1, 0);
}

static int
executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int
memory(void)
{
	void *p = malloc(10000000);

	free(p);
	return p ? 0 : -1;
}

static int
waits(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd == -1 || epoll_ctl(fd, EPOLL_CTL_ADD, listener, &ev) == -1)
		return -1;
	return epoll_wait(fd, &ev, 1, 0);
}

static int
uses_file(void)
{
	int p[2];
	char c;
	off_t off = 0;

	if (pread(file, &c, 1, 0) != 1)
		return -1;
	/* No pipe can be made inside: standard output will do. */
	p[1] = 1;
	return sendfile(p[1], file, &off, 0) == 0 ? 0 : -1;
}

static int
grows(void)
{
	return write(file, "x", 1) == 1 ? 0 : -1;
}

static int
says(void)
{
	return write(2, "", 0) == 0 ? 0 : -1;
}

/* Where the kernel has no seccomp or no Landlock, less is promised. */
static void
inside(unsigned int promises, attempt *try)
{
	int fd = open("/dev/null", O_WRONLY);

	/* What it says is not a part of this test. */
	if (fd == -1 || dup2(fd, 2) == -1)
		_exit(3);
	drop_enter(&(struct drop){
	    .promises = promises,
	    .listener = listeners,
	    .nlistener = 2,
	    .port = port,
	    .nport = nport,
	    .dir = dir,
	    .ndir = ndir,
	});
	if (try() != -1)
		_exit(0);
	_exit(errno == EPERM || errno == EACCES || errno == EFBIG ? 1 : 2);
}

/* 0 it worked, 1 it was forbidden, 2 it failed otherwise, 128 + the signal that it died of. */
static int
outcome(unsigned int promises, attempt *try)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		inside(promises, try);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void
works(unsigned int promises, attempt *try, const char *name)
{
	is_int(outcome(promises, try), 0, name);
}

static void
fails(attempt *try, const char *name)
{
	is_int(outcome(REMOTE, try), 1, name);
}

static void
dies(attempt *try, const char *name)
{
#ifdef DRAY_SANITIZE
	(void)try;
	printf("ok %d - %s # SKIP sanitizers need it\n", ++tap_n, name);
#else
	is_int(outcome(REMOTE, try), 128 + SIGSYS, name);
#endif
}

static void
prepare(void)
{
	char name[] = "/tmp/dray-drop.XXXXXX";
	socklen_t n = sizeof here;
	int fd;

	file = mkstemp(name);
	unlink(name);
	if (file == -1 || write(file, "abc", 3) != 3)
		exit(111);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	here.sin_family = AF_INET;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&here, n) == -1 ||
	    listen(listener, 5) == -1 ||
	    getsockname(listener, (struct sockaddr *)&here, &n) == -1)
		exit(111);
	listeners[0] = listener;
	listeners[1] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listen(listeners[1], 5) == -1)
		exit(111);
	/* An abstract name: only Landlock's scope stands in its way. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	unix_here.sun_family = AF_UNIX;
	snprintf(unix_here.sun_path + 1, sizeof unix_here.sun_path - 1,
	    "dray-drop-%ld", (long)getpid());
	if (bind(fd, (struct sockaddr *)&unix_here, sizeof unix_here) == -1 ||
	    listen(fd, 5) == -1)
		exit(111);
	local = socket(AF_UNIX, SOCK_STREAM, 0);
	other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listen(other, 5) == -1)
		exit(111);
}

static void
what_works(void)
{
	works(REMOTE, connects, "connects by TCP");
	works(REMOTE, waits, "waits with epoll");
	works(REMOTE, memory, "takes and gives memory");
	works(REMOTE, uses_file, "reads a file it was given");
	works(REMOTE, says, "writes to standard error");
	works(DROP_ACCEPT, accepts, "accepts, if that was promised");
	works(DROP_ACCEPT, accepts_on_both, "on each of its listeners");
}

/* The profile of a resolver. */
static void
dns(void)
{
	works(DNS, sends_udp, "sends by UDP, if that was promised");
	works(DNS, accepts, "accepts where it listens");
	is_int(outcome(DNS, accepts_elsewhere), 1, "and nowhere else");
	is_int(outcome(DNS, uses_file), 1, "uses no file");
	if (syscall(444, NULL, 0, 1) < 4)
		return;
	port[0] = 1;
	nport = 1;
	is_int(outcome(DNS, connects), 1, "connects to no other port");
	port[1] = ntohs(here.sin_port);
	nport = 2;
	works(DNS, connects, "connects to a port that it may");
	nport = 0;
}

static int
connects_path(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd == -1
	    ? -1
	    : connect(fd, (struct sockaddr *)&path_here, sizeof path_here);
}

static int
reads_from(void)
{
	return openat(dir[0].fd, "file", O_RDONLY);
}

static int
reads_into(void)
{
	return openat(dir[2].fd, "other", O_RDONLY);
}

static int
lists_from(void)
{
	return openat(dir[0].fd, ".", O_RDONLY | O_DIRECTORY);
}

static int
writes_from(void)
{
	return openat(dir[0].fd, "file", O_WRONLY);
}

static int
makes_from(void)
{
	return openat(dir[0].fd, "new", O_RDONLY | O_CREAT, 0600);
}

static int
moves(void)
{
	return renameat(dir[0].fd, "file", dir[1].fd, "file");
}

static int
moves_on(void)
{
	return renameat(dir[1].fd, "file", dir[2].fd, "file");
}

static int
moves_back(void)
{
	return renameat(dir[2].fd, "other", dir[1].fd, "other");
}

static int
removes(void)
{
	return unlinkat(dir[1].fd, "second", 0);
}

static int
removes_into(void)
{
	return unlinkat(dir[2].fd, "other", 0);
}

static int
moves_out(void)
{
	return renameat(dir[1].fd, "third", AT_FDCWD, "/tmp/dray-drop-out");
}

static void
touch(int at, const char *name)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT, 0600);

	if (fd == -1)
		exit(111);
	close(fd);
}

static void
make_dirs(void)
{
	static const unsigned int may[] = { DROP_DIR_READ | DROP_DIR_FROM,
		DROP_DIR_READ | DROP_DIR_FROM | DROP_DIR_INTO, DROP_DIR_INTO };
	static const char *const names[] = { "from", "both", "into" };
	int i, fd;

	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	if (!mkdtemp(top) || chdir(top) == -1)
		exit(111);
	for (i = 0; i < 3; i++) {
		if (mkdir(names[i], 0700) == -1)
			exit(111);
		dir[i].fd = open(names[i], O_PATH | O_DIRECTORY);
		dir[i].may = may[i];
	}
	ndir = 3;
	touch(dir[0].fd, "file");
	touch(dir[1].fd, "second");
	touch(dir[1].fd, "third");
	touch(dir[2].fd, "other");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	path_here.sun_family = AF_UNIX;
	snprintf(path_here.sun_path, sizeof path_here.sun_path, "%s/s", top);
	if (bind(fd, (struct sockaddr *)&path_here, sizeof path_here) == -1 ||
	    listen(fd, 5) == -1)
		exit(111);
}

static void
remove_dirs(void)
{
	static const char *const names[] = { "both/third", "into/file",
		"into/other", "into/made", "from/file", "both/second",
		"both/made", "from/new", "s", "from", "both", "into" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		(void)remove(names[i]);
	if (chdir("/") == -1 || rmdir(top) == -1)
		exit(111);
}

static void
refused(attempt *try, const char *name)
{
	is_int(outcome(BOUNCE, try), 1, name);
}

/* The profile of dray-bounce. */
static void
dirs(void)
{
	make_dirs();
	works(BOUNCE, connects_path, "connects to a local socket");
	refused(makes_udp, "makes no other one");
	refused(connects, "nor one of TCP");
	works(BOUNCE, reads_from, "reads a file where it may");
	works(BOUNCE, lists_from, "lists a directory where it may");
	refused(writes_from, "writes to none");
	refused(makes_from, "makes none");
	if (syscall(444, NULL, 0, 1) >= 2) {
		refused(reads, "opens none elsewhere");
		refused(lists, "lists none elsewhere");
		refused(reads_into, "reads none where it may only put them");
		refused(removes_into, "nor removes one");
		refused(moves_back, "nor gets one back");
		refused(moves_out, "moves none out of its directories");
	}
	works(BOUNCE, moves, "moves a file");
	works(BOUNCE, moves_on, "and on to where it is read no more");
	works(BOUNCE, removes, "removes a file");
	is_int(outcome(REMOTE, lists_from), 1, "nothing without the promise");
	remove_dirs();
	ndir = 0;
}

static int
makes_both(void)
{
	int fd = openat(dir[1].fd, "made", O_RDWR | O_CREAT | O_EXCL, 0600);

	return fd != -1 && write(fd, "x", 1) == 1 && fsync(fd) == 0 &&
		fsync(dir[2].fd) != 2 &&
		renameat(dir[1].fd, "made", dir[2].fd, "made") == 0
	    ? 0
	    : -1;
}

static int
writes_over(void)
{
	return openat(dir[1].fd, "second", O_RDWR | O_CREAT, 0600);
}

/* The profile of its process for what comes back. */
static void
files(void)
{
	make_dirs();
	dir[1].may = DROP_DIR_MAKE | DROP_DIR_FROM;
	works(BOUNCE | DROP_MAKE, makes_both, "makes a file, and moves it");
	if (syscall(444, NULL, 0, 1) >= 2)
		is_int(outcome(BOUNCE | DROP_MAKE, makes_from), 1,
		    "makes none elsewhere");
#ifndef DRAY_SANITIZE
	is_int(outcome(BOUNCE | DROP_MAKE, writes_over), 1,
	    "opens none that is there for writing");
#else
	(void)writes_over;
#endif
	refused(makes_both, "and not without the promise");
	remove_dirs();
	ndir = 0;
}

static void
what_fails(void)
{
	fails(reads, "opens no file");
	fails(writes, "makes no file");
	fails(lists, "opens no directory");
	fails(makes_unix, "no local socket");
	fails(makes_udp, "no UDP");
	fails(connects_fast, "no TCP Fast Open");
	fails(listens, "listens nowhere");
	fails(accepts, "accepts nothing");
	fails(kills_parent, "no signals to others");
	fails(grows, "no file grows");
#ifndef DRAY_SANITIZE
	fails(executable, "no executable memory");
#else
	(void)executable;
#endif
	is_int(outcome(0, connects), 1, "without a promise no TCP");
	is_int(outcome(0, waits), 1, "without a promise no epoll");
	dies(runs, "to run a program is death");
	dies(forks, "to fork is death");
	dies(traces, "to trace is death");
}

int
main(void)
{
	PROG = "drop";
	prepare();
	what_works();
	what_fails();
	dns();
	dirs();
	files();
	/* From ABI 6 of Landlock on; by seccomp it cannot be seen. */
	if (syscall(444, NULL, 0, 1) >= 6)
		fails(connects_unix, "connects to no abstract local socket");
	return done_testing();
}
