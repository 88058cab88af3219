#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/inifile.h"
#include "cmd/dray-policy/match.h"
#include "cmd/dray-policy/packs.h"
#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/section.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/warmup.h"
#include "cmd/dray-policy/tree.h"
#include "common/chars.h"

static const char *const places[CONF_PLACES] = { "etc/dray.conf", "etc/routes",
	"etc/dkim", "etc/providers", RULEBOOK_DIR };

void *
conf_alloc(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (!p)
		strerr_diefusys(111, "allocate memory");
	return p;
}

void *
conf_zero(size_t size)
{
	return memset(conf_alloc(NULL, 1, size), 0, size);
}

char *
conf_copy(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(conf_alloc(NULL, n, 1), s, n);
}

void
conf_init(struct conf *c, FILE *err)
{
	static const struct policy_retry retry = {
		.n = 5,
		.after = { 300, 600, 1200, 2400, 3600 },
		.then = 7200,
	};
	static const struct conf zero;

	*c = zero;
	c->err = err;
	policykey_defaults(&policykey_queue, &c->queue);
	policykey_defaults(&policykey_limits, &c->limits.v);
	policykey_defaults(&policykey_notices, &c->notices);
	policykey_defaults(&policykey_dns, &c->dns);
	policykey_defaults(&policykey_smtpd, &c->smtpd);
	policykey_defaults(&policykey_suppression, &c->suppression);
	policykey_defaults(&policykey_returns, &c->returns);
	policykey_defaults(&policykey_signing, &c->signing);
	policykey_defaults(&policykey_breaker, &c->breaker);
	policykey_defaults(&policykey_tune, &c->tune);
	c->retry = retry;
	stream_defaults(c);
}

void
conf_words_free(struct conf_words *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		free(w->word[i]);
	free(w->word);
}

static void
free_static(void *item)
{
	struct conf_static *st = item;

	free(st->addr);
	free(st);
}

static void
free_route(void *item)
{
	struct conf_route *r = item;

	conf_words_free(&r->streams);
	conf_words_free(&r->tenants);
	conf_words_free(&r->senders);
	free(r->source);
	free(r);
}

static void
free_provider(void *item)
{
	struct conf_provider *p = item;

	conf_words_free(&p->mx);
	conf_words_free(&p->domains);
	conf_words_free(&p->networks);
	conf_words_free(&p->aliases);
	free(p);
}

void
conf_free(struct conf *c)
{
	size_t i;

	rulebook_free(c);
	list_free(&c->names, free);
	list_free(&c->patterns, free);
	list_free(&c->choices, free);
	list_free(&c->plans, free);
	list_free(&c->warmups, warmup_free);
	list_free(&c->matches, match_free);
	list_free(&c->statics, free_static);
	list_free(&c->routes, free_route);
	list_free(&c->sources, free);
	list_free(&c->providers, free_provider);
	list_free(&c->pairs, free);
	list_free(&c->tenants, free);
	list_free(&c->campaigns, free);
	list_free(&c->listeners, free);
	list_free(&c->certificates, free);
	list_free(&c->senders, free);
	list_free(&c->dkims, free);
	list_free(&c->breakers, free);
	list_free(&c->dnsbls, free);
	for (i = 0; i < POLICY_RETURNS; i++)
		conf_words_free(&c->return_words[i]);
	for (i = 0; i < c->nfile; i++) {
		free(c->file[i]);
		free(c->text[i].s);
	}
	free(c->file);
	free(c->text);
	free(c->trouble);
}

const char *
conf_file(const struct conf *c, const struct conf_where *w)
{
	return c->file[w->file];
}

int
conf_ispack(const struct conf *c, const struct conf_where *w)
{
	return !strncmp(c->file[w->file], PACKS "/", sizeof PACKS);
}

int
conf_yields(const struct conf *c, const struct conf_where *w,
    const struct conf_where *first)
{
	return conf_ispack(c, w) && !conf_ispack(c, first);
}

struct conf_provider *
conf_provider(const struct conf *c, const char *name)
{
	const struct conf_claim *claim = list_find(&c->names, name);

	return claim ? list_find(&c->providers, claim->owner) : NULL;
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

int
conf_start(
    struct conf *c, struct list *l, struct conf_item *item, const char *kind)
{
	struct conf_item *first;

	if (l->n == CONF_ITEMMAX) {
		conf_mistake(c, &item->where, "more than %d sections [%s]",
		    CONF_ITEMMAX, kind);
		return -1;
	}
	first = list_add(l, item);
	if (first && conf_yields(c, &item->where, &first->where)) {
		c->now = first;
		c->now_bad = &first->bad;
		return 1;
	}
	if (first) {
		conf_mistake(c, &item->where, "[%s %s] is already at %s:%u",
		    kind, item->name, conf_file(c, &first->where),
		    first->where.line);
		return -1;
	}
	c->now = item;
	c->now_bad = &item->bad;
	return 0;
}

static void
mistake(void *user, unsigned int line, const char *text)
{
	struct conf *c = user;
	struct conf_where w = { c->nfile - 1, line };

	/* The line may have been a key of the section that is being read. */
	*c->now_bad = 1;
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
conf_read_file(struct conf *c, FILE *f, const char *name, enum conf_place place)
{
	struct inifile_handler h = {
		.section =
		    place == CONF_RULES ? rulebook_section : section_start,
		.pair = place == CONF_RULES ? rulebook_pair : section_pair,
		.mistake = mistake,
		.user = c,
	};

	struct conf_text *t;

	c->file = conf_alloc(c->file, c->nfile + 1, sizeof *c->file);
	c->text = conf_alloc(c->text, c->nfile + 1, sizeof *c->text);
	t = &c->text[c->nfile];
	c->file[c->nfile++] = conf_copy(name);
	c->place = place;
	c->section = NULL;
	c->isfirst = 1;
	c->now_bad = &c->bad;
	if (place == CONF_RULES)
		rulebook_file(c);
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

int
conf_trouble(struct conf *c, const char *name)
{
	int e = errno;

	c->trouble = conf_copy(name);
	errno = e;
	return -1;
}

/* The file at path, which is to be called name. */
static int
read_name(struct conf *c, int dirfd, const char *path, const char *name,
    enum conf_place place)
{
	FILE *f = open_regular(dirfd, path);
	int e, r;

	if (!f)
		return conf_trouble(c, name);
	r = conf_read_file(c, f, name, place);
	e = errno;
	fclose(f);
	errno = e;
	return r == -1 ? conf_trouble(c, name) : 0;
}

/* Every file of a directory, which need not be there. */
static int
read_dir(struct conf *c, int dirfd, const char *dir, const char *shown,
    enum conf_place place)
{
	char path[130 + NAME_MAX], name[130 + NAME_MAX];
	struct dirent **d;
	int i, n, r = 0;

	n = tree_files(
	    dirfd, dir, place == CONF_RULES ? RULEBOOK_SUFFIX : ".conf", &d);
	if (n == -1)
		return errno == ENOTDIR ? 0 : conf_trouble(c, shown);
	for (i = 0; i < n && r == 0; i++) {
		snprintf(path, sizeof path, "%.127s/%s", dir, d[i]->d_name);
		snprintf(name, sizeof name, "%.127s/%s", shown, d[i]->d_name);
		r = read_name(c, dirfd, path, name, place);
	}
	tree_list_free(d, n);
	return r;
}

static int
read_place(struct conf *c, int dirfd, enum conf_place place)
{
	return read_dir(c, dirfd, places[place], places[place], place);
}

struct reader {
	struct conf *c;
	int dirfd;
	enum conf_place place;
	const char *sub;
};

static int
read_pack(void *user, const char *name, const char *dir)
{
	const struct reader *r = user;
	char path[128], shown[128];

	snprintf(path, sizeof path, PACKS "/%.95s/%s", dir, r->sub);
	snprintf(shown, sizeof shown, PACKS "/%.95s/%s", name, r->sub);
	return read_dir(r->c, r->dirfd, path, shown, r->place);
}

/* The files in a directory of each pack: after the operator's, for they say
 * only what those do not. */
static int
read_packs(struct conf *c, int dirfd, const char *sub, enum conf_place place)
{
	struct reader r = { c, dirfd, place, sub };

	if (packs_each(dirfd, c->pack, c->pack_dir, read_pack, &r) == 0)
		return 0;
	return c->trouble ? -1 : conf_trouble(c, PACKS);
}

int
conf_read(struct conf *c, const char *base)
{
	int e, dirfd, r;

	c->base = base;
	dirfd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		return conf_trouble(c, ".");
	r = read_name(
	    c, dirfd, places[CONF_MAIN], places[CONF_MAIN], CONF_MAIN);
	if (r == 0)
		r = read_place(c, dirfd, CONF_ROUTES);
	if (r == 0)
		r = read_place(c, dirfd, CONF_DKIM);
	if (r == 0)
		r = read_place(c, dirfd, CONF_PROVIDERS);
	if (r == 0)
		r = read_packs(c, dirfd, "providers", CONF_PROVIDERS);
	if (r == 0)
		r = read_place(c, dirfd, CONF_RULES);
	if (r == 0)
		r = read_packs(c, dirfd, "rules", CONF_RULES);
	e = errno;
	close(dirfd);
	errno = e;
	if (r == 0)
		conf_finish(c);
	return r;
}
