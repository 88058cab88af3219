/*
 * cage_preload - tries, from inside a daemon that has shut itself in, what must
 * not work there.  Preloaded; acts once, when the daemon first waits with a
 * seccomp filter in force.
 *
 *   CAGE_TRY    what to try, with commas between (the names below)
 *   CAGE_FD     an inherited descriptor: for each of them a line NAME ERRNO,
 *               0 it worked.  What is deadly gives no line
 *   CAGE_FILE   a file that its user may read and remove
 *   CAGE_DIR    a directory that its user may write into
 *   CAGE_SOCK   a local socket where somebody listens
 *   CAGE_PORT   a TCP port on 127.0.0.1 where somebody listens; CAGE_PORT2
 *               another one
 *   CAGE_PID    a process of the same user
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *
env(const char *name)
{
	const char *s = getenv(name);

	return s ? s : "";
}

static int
open_file(void)
{
	return open(env("CAGE_FILE"), O_RDONLY);
}

static int
open_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY);
}

static int
open_proc(void)
{
	return open("/proc/self/environ", O_RDONLY);
}

static const char *
in_dir(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof path, "%s/%s", env("CAGE_DIR"), name);
	return path;
}

static int
create(void)
{
	return open(in_dir("made"), O_WRONLY | O_CREAT, 0600);
}

static int
remove_file(void)
{
	return unlink(env("CAGE_FILE"));
}

static int
rename_file(void)
{
	return rename(env("CAGE_FILE"), in_dir("moved"));
}

static int
make_dir(void)
{
	return mkdir(in_dir("dir"), 0700);
}

static int
change_mode(void)
{
	return chmod(env("CAGE_FILE"), 0777);
}

static int
connect_to(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((unsigned short)atoi(port));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&a, sizeof a);
}

static int
tcp(void)
{
	return connect_to(env("CAGE_PORT"));
}

static int
tcp2(void)
{
	return connect_to(env("CAGE_PORT2"));
}

/* The other way to connect. */
static int
fastopen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct msghdr m = { .msg_name = &a, .msg_namelen = sizeof a };
	char octet = 0;
	struct iovec v = { &octet, 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((unsigned short)atoi(env("CAGE_PORT2")));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	return fd == -1 ? -1 : (int)sendmsg(fd, &m, MSG_FASTOPEN);
}

static int
udp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons(9);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd == -1
	    ? -1
	    : (int)sendto(fd, "", 1, 0, (struct sockaddr *)&a, sizeof a);
}

static int
listen_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : listen(fd, 1);
}

/* On a socket that was made before. */
static int listener = -1;

static int
accept_other(void)
{
	return accept4(listener, NULL, NULL, SOCK_NONBLOCK);
}

static int
local(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", env("CAGE_SOCK"));
	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&a, sizeof a);
}

static int
netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int
kill_other(void)
{
	return kill((pid_t)atoi(env("CAGE_PID")), SIGKILL);
}

static int
executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
	    ? -1
	    : 0;
}

static int
memfd(void)
{
	return memfd_create("x", 0);
}

static int
be_root(void)
{
	return setuid(0);
}

static int
run(void)
{
	char name[] = "/bin/true", *argv[] = { name, NULL };

	return execve(name, argv, argv);
}

static int
fork_(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
trace(void)
{
	return (int)ptrace(
	    PTRACE_ATTACH, (pid_t)atoi(env("CAGE_PID")), NULL, NULL);
}

static const struct {
	const char *name;
	int (*try)(void);
} attempts[] = {
	{ "open", open_file },
	{ "root", open_root },
	{ "proc", open_proc },
	{ "create", create },
	{ "remove", remove_file },
	{ "rename", rename_file },
	{ "mkdir", make_dir },
	{ "chmod", change_mode },
	{ "tcp", tcp },
	{ "tcp2", tcp2 },
	{ "fastopen", fastopen },
	{ "udp", udp },
	{ "listen", listen_tcp },
	{ "accept", accept_other },
	{ "local", local },
	{ "netlink", netlink_socket },
	{ "raw", raw },
	{ "kill", kill_other },
	{ "execmem", executable },
	{ "memfd", memfd },
	{ "setuid", be_root },
	{ "exec", run },
	{ "fork", fork_ },
	{ "ptrace", trace },
};

static int
wanted(const char *name)
{
	const char *s = env("CAGE_TRY");
	size_t n = strlen(name);

	for (; *s; s += strcspn(s, ","), s += *s == ',')
		if (!strncmp(s, name, n) && (!s[n] || s[n] == ','))
			return 1;
	return 0;
}

static void
report(const char *name, int e)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%s %d\n", name, e);

	if (write(atoi(env("CAGE_FD")), line, (size_t)n) != n)
		abort();
}

/* In a filter prctl itself is forbidden. */
static int
shut_in(void)
{
	return prctl(PR_GET_SECCOMP) != 0;
}

static void
look(void)
{
	static int done;
	size_t i;

	if (done || !shut_in())
		return;
	done = 1;
	for (i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		if (!wanted(attempts[i].name))
			continue;
		errno = 0;
		report(attempts[i].name, attempts[i].try() == -1 ? errno : 0);
	}
	report("end", 0);
}

__attribute__((constructor)) static void
start(void)
{
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	listen(listener, 1);
}

int
epoll_wait(int fd, struct epoll_event *ev, int max, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
	look();
	return real(fd, ev, max, timeout);
}

int
poll(struct pollfd *p, nfds_t n, int timeout)
{
	static int (*real)(struct pollfd *, nfds_t, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "poll");
	look();
	return real(p, n, timeout);
}

int
ppoll(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *s)
{
	static int (*real)(
	    struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ppoll");
	look();
	return real(p, n, t, s);
}
