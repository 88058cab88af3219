#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/inifile.h"
#include "cmd/dray-policy/section.h"
#include "cmd/dray-policy/stream.h"
#include "common/chars.h"

#define ROUTES "etc/routes"

void *
conf_alloc(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (!p)
		strerr_diefusys(111, "allocate memory");
	return p;
}

static char *
copy(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(conf_alloc(NULL, n, 1), s, n);
}

void
conf_init(struct conf *c, FILE *err)
{
	static const struct conf zero;

	*c = zero;
	c->err = err;
	policykey_defaults(&policykey_queue, &c->queue);
	policykey_defaults(&policykey_limits, &c->limits);
	policykey_defaults(&policykey_notices, &c->notices);
	policykey_defaults(&policykey_dns, &c->dns);
	section_retry_defaults(&c->retry);
	stream_defaults(c);
}

int
conf_by_pattern(const void *a, const void *b)
{
	const struct conf_static *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

static void
ignore(void *p)
{
	(void)p;
}

void
conf_free(struct conf *c)
{
	size_t i;

	tdestroy(c->patterns, ignore);
	for (i = 0; i < c->nstatic; i++) {
		free(c->statics[i]->addr);
		free(c->statics[i]);
	}
	free(c->statics);
	for (i = 0; i < c->nfile; i++) {
		free(c->file[i]);
		free(c->text[i].s);
	}
	free(c->file);
	free(c->text);
	free(c->trouble);
}

void
conf_mistake(struct conf *c, const struct conf_where *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	chars_mask(text);
	c->mistakes++;
	if (!c->err)
		return;
	if (c->base)
		fprintf(c->err, "%s/", c->base);
	fprintf(c->err, "%s:%u: %s\n", c->file[w->file], w->line, text);
}

static void
mistake(void *user, unsigned int line, const char *text)
{
	struct conf *c = user;
	struct conf_where w = { c->nfile - 1, line };

	/* The line may have been a key of the section that is being read. */
	if (c->section == CONF_STATIC)
		c->now->bad = 1;
	else
		c->bad = 1;
	conf_mistake(c, &w, "%s", text);
}

/* All of f: generations keep the octets that were compiled, not those that
 * stand in the file a moment later. */
static int
slurp(FILE *f, struct conf_text *t)
{
	size_t room = 0;

	memset(t, 0, sizeof *t);
	do {
		if (t->n > CONF_FILEMAX) {
			errno = EFBIG;
			return -1;
		}
		if (t->n == room) {
			room = room ? 2 * room : 4096;
			t->s = conf_alloc(t->s, room, 1);
		}
		t->n += fread(t->s + t->n, 1, room - t->n, f);
	} while (!feof(f) && !ferror(f));
	return ferror(f) ? -1 : 0;
}

static int
read_text(const struct conf_text *t, const struct inifile_handler *h)
{
	FILE *f = fmemopen(t->s, t->n, "r");
	int r;

	if (!f)
		return -1;
	r = inifile_read(f, h);
	fclose(f);
	return r;
}

int
conf_read_file(struct conf *c, FILE *f, const char *name, int routes)
{
	struct inifile_handler h = {
		.section = section_start,
		.pair = section_pair,
		.mistake = mistake,
		.user = c,
	};

	struct conf_text *t;

	c->file = conf_alloc(c->file, c->nfile + 1, sizeof *c->file);
	c->text = conf_alloc(c->text, c->nfile + 1, sizeof *c->text);
	t = &c->text[c->nfile];
	c->file[c->nfile++] = copy(name);
	c->routes = routes;
	c->section = CONF_NONE;
	return slurp(f, t) == -1 ? -1 : read_text(t, &h);
}

static FILE *
open_regular(int dirfd, const char *name)
{
	struct stat st;
	FILE *f;
	int fd;

	/* O_NONBLOCK: a fifo must not stop us before we see what it is. */
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return NULL;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return NULL;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return f;
	fclose(f);
	errno = EINVAL;
	return NULL;
}

static int
trouble(struct conf *c, const char *name)
{
	int e = errno;

	c->trouble = copy(name);
	errno = e;
	return -1;
}

static int
read_name(struct conf *c, int dirfd, const char *name, int routes)
{
	FILE *f = open_regular(dirfd, name);
	int e, r;

	if (!f)
		return trouble(c, name);
	r = conf_read_file(c, f, name, routes);
	e = errno;
	fclose(f);
	errno = e;
	return r == -1 ? trouble(c, name) : 0;
}

static int
is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 &&
	    !strcmp(d->d_name + n - 5, ".conf");
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_routes(struct conf *c, int dirfd)
{
	char name[sizeof ROUTES + 1 + NAME_MAX];
	struct dirent **d;
	int i, n, r = 0;

	n = scandirat(dirfd, ROUTES, &d, is_conf, by_name);
	if (n == -1)
		return errno == ENOENT ? 0 : trouble(c, ROUTES);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s/%s", ROUTES, d[i]->d_name);
		if (r == 0)
			r = read_name(c, dirfd, name, 1);
		free(d[i]);
	}
	free(d);
	return r;
}

int
conf_read(struct conf *c, const char *base)
{
	int e, dirfd, r;

	c->base = base;
	dirfd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		return trouble(c, ".");
	r = read_name(c, dirfd, "etc/dray.conf", 0);
	if (r == 0)
		r = read_routes(c, dirfd);
	e = errno;
	close(dirfd);
	errno = e;
	if (r == 0)
		conf_finish(c);
	return r;
}
