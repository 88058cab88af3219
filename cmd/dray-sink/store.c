#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conn.h"
#include "store.h"
#include "tls.h"

struct store {
	int dir; /* -1: no files */
	int ledger; /* -1: no ledger */
	char *text; /* a line or an envelope in the making */
	size_t len, room;
};

static int
open_dir(const char *dir)
{
	int fd;

	if (mkdir(dir, 0777) == -1 && errno != EEXIST)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if ((mkdirat(fd, "tmp", 0777) == -1 && errno != EEXIST) ||
	    (mkdirat(fd, "new", 0777) == -1 && errno != EEXIST)) {
		close(fd);
		return -1;
	}
	return fd;
}

struct store *
store_open(const char *dir, const char *ledger)
{
	struct store *st = calloc(1, sizeof *st);

	if (!st)
		return NULL;
	st->dir = st->ledger = -1;
	if (dir)
		st->dir = open_dir(dir);
	if (ledger)
		st->ledger = open(
		    ledger, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if ((dir && st->dir == -1) || (ledger && st->ledger == -1)) {
		free(st);
		return NULL;
	}
	return st;
}

int
store_wants(const struct store *st)
{
	return st != NULL;
}

static void
put(struct store *st, const char *s, size_t n)
{
	if (n > st->room - st->len) {
		st->room = 2 * (st->len + n) + 1024;
		st->text = realloc(st->text, st->room);
		if (!st->text)
			strerr_diefusys(111, "write a message down");
	}
	memcpy(st->text + st->len, s, n);
	st->len += n;
}

static void
puts_(struct store *st, const char *s)
{
	put(st, s, strlen(s));
}

/* An address: no blank, control character or backslash stays as it is. */
static void
put_addr(struct store *st, const char *s)
{
	char x[8];

	if (!*s)
		puts_(st, "<>");
	for (; *s; s++) {
		if ((unsigned char)*s > 32 && *s != 127 && *s != '\\') {
			put(st, s, 1);
			continue;
		}
		snprintf(x, sizeof x, "\\x%02x", (unsigned char)*s);
		puts_(st, x);
	}
}

/* The file is in tmp/ until the message is complete. */
int
store_begin(struct conn *c)
{
	struct store *st = c->sink->store;
	char name[160];
	FILE *f;
	int fd;

	c->body.file = NULL;
	c->file[0] = '\0';
	if (!st || st->dir == -1)
		return 0;
	snprintf(c->file, sizeof c->file, "%.6f.%ld.%" PRIu64 ".%" PRIu64,
	    ev_now(c->sink->loop), (long)getpid(), c->serial, c->messages + 1);
	snprintf(name, sizeof name, "tmp/%s", c->file);
	fd = openat(
	    st->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd == -1) {
		c->file[0] = '\0';
		return -1;
	}
	f = fdopen(fd, "w");
	if (!f)
		strerr_diefusys(111, "open a message");
	c->body.file = f;
	return 0;
}

void
store_abort(struct conn *c)
{
	char name[160];

	if (c->body.file)
		fclose(c->body.file);
	c->body.file = NULL;
	if (!c->file[0])
		return;
	snprintf(name, sizeof name, "tmp/%s", c->file);
	unlinkat(c->sink->store->dir, name, 0);
	c->file[0] = '\0';
}

static void
put_envelope(struct store *st, const struct conn *c)
{
	const char *p = c->env + c->t.tos, *end = c->env + c->envlen;
	char x[512];

	st->len = 0;
	snprintf(x, sizeof x,
	    "time %.6f\nsession %" PRIu64 "\nmessage %" PRIu64
	    "\npeer %s\nlocal %s\nhello %s %s\nby %s\nsize %" PRIu64
	    "\ncrc %08" PRIx32 "\n",
	    ev_now(c->sink->loop), c->serial, c->messages, c->peer, c->local,
	    c->hello == HELO_EHLO ? "EHLO" : "HELO", c->helo,
	    c->t.chunks ? "bdat" : "data", c->body.size, c->body.crc);
	puts_(st, x);
	if (c->tls) {
		tls_text(c, x, sizeof x);
		puts_(st, "tls ");
		puts_(st, x);
		puts_(st, "\n");
	}
	puts_(st, "from <");
	puts_(st, c->env + c->t.from);
	puts_(st, "> ");
	puts_(st, c->env + c->t.fromparams);
	while (p < end) {
		puts_(st, "\nrcpt <");
		puts_(st, p);
		p += strlen(p) + 1;
		puts_(st, "> ");
		puts_(st, p);
		p += strlen(p) + 1;
	}
	puts_(st, "\n");
}

static int
write_envelope(struct store *st, const char *name)
{
	int fd = openat(
	    st->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	ssize_t w;

	if (fd == -1)
		return -1;
	w = write(fd, st->text, st->len);
	if (w != -1 && (size_t)w != st->len)
		errno = ENOSPC;
	if (close(fd) == -1 || w == -1 || (size_t)w != st->len) {
		unlinkat(st->dir, name, 0);
		return -1;
	}
	return 0;
}

/* The envelope gets its name first: who sees a message sees both. */
static int
commit_file(struct store *st, struct conn *c)
{
	char tmp[160], to[160], env[160];
	int bad = c->body.failed;

	if (fclose(c->body.file) || bad) {
		c->body.file = NULL;
		return -1;
	}
	c->body.file = NULL;
	snprintf(tmp, sizeof tmp, "tmp/%s", c->file);
	snprintf(to, sizeof to, "new/%s.msg", c->file);
	snprintf(env, sizeof env, "new/%s.env", c->file);
	put_envelope(st, c);
	if (write_envelope(st, env) == -1)
		return -1;
	if (renameat(st->dir, tmp, st->dir, to) == -1) {
		unlinkat(st->dir, env, 0);
		return -1;
	}
	c->file[0] = '\0';
	return 0;
}

static int
commit_ledger(struct store *st, const struct conn *c)
{
	const char *p = c->env + c->t.tos, *end = c->env + c->envlen;
	char x[128];
	ssize_t w;
	off_t at;

	st->len = 0;
	while (p < end) {
		snprintf(x, sizeof x, "%.6f %" PRIu64 " %" PRIu64 " ",
		    ev_now(c->sink->loop), c->serial, c->messages);
		puts_(st, x);
		put_addr(st, c->env + c->t.from);
		puts_(st, " ");
		put_addr(st, p);
		p += strlen(p) + 1;
		p += strlen(p) + 1;
		snprintf(x, sizeof x, " %" PRIu64 " %08" PRIx32 " %s\n",
		    c->body.size, c->body.crc, c->t.chunks ? "bdat" : "data");
		puts_(st, x);
	}
	w = write(st->ledger, st->text, st->len);
	if (w == -1)
		return -1;
	if ((size_t)w == st->len)
		return 0;
	/* Half a line would be taken for one: take it back. */
	at = lseek(st->ledger, 0, SEEK_CUR);
	if (at == -1 || ftruncate(st->ledger, at - w) == -1)
		strerr_warnwusys("take back a part of the ledger");
	errno = ENOSPC;
	return -1;
}

int
store_commit(struct conn *c)
{
	struct store *st = c->sink->store;

	if (!st)
		return 0;
	if (c->body.file && commit_file(st, c) == -1) {
		store_abort(c);
		return -1;
	}
	return st->ledger == -1 ? 0 : commit_ledger(st, c);
}
