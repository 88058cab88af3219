#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/sock.h"
#include "t/lib/tap.h"

static char dir[] = "/tmp/dray-sock.XXXXXX";

static const char *
in(const char *d, const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", d, name);
	return path;
}

/* The lowest descriptor that is free: what is left open raises it. */
static int
lowest(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void
goes_through(const char *path, const char *name)
{
	int l = sock_listen(path, 0600), c, s;
	struct stat st;
	char b[2];
	uid_t uid;
	pid_t pid;

	ok(l != -1, name);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "its mode");
	ok(sock_accept(l) == -1 && errno == EAGAIN, "no client yet");
	c = sock_connect(path);
	s = sock_accept(l);
	ok(c != -1 && s != -1, "a client");
	ok(write(c, "x", 1) == 1 && read(s, b, 2) == 1 && *b == 'x',
	    "is heard");
	ok(sock_peer(s, &uid, &pid) == 0 && uid == getuid() && pid == getpid(),
	    "and known");
	ok(sock_listen(path, 0600) == -1 && errno == EADDRINUSE,
	    "a living server is not replaced");
	close(s);
	close(c);
	close(l);
	ok(sock_connect(path) == -1 && errno == ECONNREFUSED,
	    "nobody is there any more");
	l = sock_listen(path, 0600);
	ok(l != -1, "a dead one is replaced");
	c = sock_connect_nonblock(path);
	ok(c != -1 && read(c, b, 1) == -1 && errno == EAGAIN,
	    "a client that does not block");
	close(c);
	close(l);
	unlink(path);
}

static void
fails(void)
{
	char far[PATH_MAX + 10];
	int before = lowest(), fd;

	memset(far, 'x', sizeof far - 1);
	far[sizeof far - 1] = '\0';
	ok(sock_connect(far) == -1 && errno == ENAMETOOLONG, "too long");
	ok(sock_listen(far, 0600) == -1 && errno == ENAMETOOLONG, "too long");
	ok(sock_connect(in(dir, "none")) == -1 && errno == ENOENT, "no socket");
	ok(sock_listen(in(dir, "none/x"), 0600) == -1 && errno == ENOENT,
	    "no directory");
	fd = lowest();
	is_int(fd, before, "nothing is left open");
}

/* A path that does not fit into sun_path. */
static void
long_path(void)
{
	char deep[PATH_MAX], name[100];
	int before = lowest();

	memset(name, 'd', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(deep, sizeof deep, "%s/%s", dir, name);
	if (mkdir(deep, 0700) == -1)
		exit(111);
	goes_through(in(deep, "s"), "a long path");
	ok(sock_connect(in(deep, "none")) == -1 && errno == ENOENT,
	    "no socket there");
	is_int(lowest(), before, "nothing is left open");
	rmdir(deep);
}

int
main(void)
{
	if (!mkdtemp(dir))
		return 111;
	goes_through(in(dir, "s"), "a server");
	long_path();
	fails();
	rmdir(dir);
	return done_testing();
}
