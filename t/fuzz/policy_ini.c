/*
 * The text of the policy: the input is dray.conf up to the first NUL, and a
 * file of static routes after each.  Every mistake must have a line that the
 * text has, and what has no mistake must compile to a file that the reader
 * takes whole.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[256];
static int dirfd;
static FILE *null;

static void
end(void)
{
	rm_rf(dir);
}

/* On a disk of memory where there is one: each policy is synced. */
static void
begin(void)
{
	const char *tmp = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

	snprintf(dir, sizeof dir, "%s/dray-fuzz.XXXXXX", tmp);
	if (!mkdtemp(dir))
		abort();
	atexit(end);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	null = fopen("/dev/null", "w");
	if (dirfd == -1 || !null)
		abort();
}

static void
check_views(const struct conf *c, const struct view *v)
{
	const char *pattern;
	struct view text;
	size_t i;

	view_of(&text, c);
	if (view_show(v, null) == -1 || view_show(&text, null) == -1)
		abort();
	for (i = 0; i < c->nstatic && i < 50; i++) {
		pattern = c->statics[i]->pattern;
		if (view_explain(v, pattern, null) == -1 ||
		    view_explain(&text, pattern, null) == -1)
			abort();
	}
}

static void
check_route(const struct view *v, const struct conf_static *st)
{
	char domain[POLICY_NAMEMAX + 2];
	struct policy_limits l;
	struct policy_route r;
	size_t n;

	/* One below a suffix, where there is room for a name so long. */
	snprintf(domain, sizeof domain, "%s%s", *st->pattern == '.' ? "x" : "",
	    st->pattern);
	n = strlen(domain);
	if (n > POLICY_NAMEMAX)
		return;
	if (policy_route(&v->policy, domain, n, &r) != 1)
		abort();
	policy_limits(&v->policy, domain, n, &l);
	if (!strcmp(r.name, st->pattern) &&
	    (r.n != st->n || memcmp(r.addr, st->addr, r.n * sizeof *r.addr) ||
		memcmp(&l, &st->limits, sizeof l)))
		abort();
}

static void
check_compiled(const struct conf *c)
{
	char path[sizeof dir + 16];
	struct view v;
	size_t i;

	snprintf(path, sizeof path, "%s/policy.cdb", dir);
	if (compile_write(dirfd, c, 7) == -1 || compile_generation(path) != 7 ||
	    view_open(&v, path) == -1)
		abort();
	for (i = 0; i < c->nstatic; i++)
		check_route(&v, c->statics[i]);
	check_views(c, &v);
	view_close(&v);
}

static void
read_part(struct conf *c, const uint8_t *s, size_t n, int routes)
{
	char name[32];
	FILE *f = n ? fmemopen((void *)(uintptr_t)s, n, "r") : NULL;

	if (!f)
		return;
	snprintf(name, sizeof name, "part %u", c->nfile);
	if (conf_read_file(c, f, name, routes) == -1)
		abort();
	fclose(f);
}

/* Each mistake is one line of clean text with a line number in range. */
static void
check_mistakes(const struct conf *c, const char *s, size_t textlen)
{
	unsigned int count = 0, file, line;
	int used;

	for (; *s; s += strcspn(s, "\n") + 1, count++) {
		used = 0;
		if (sscanf(s, "part %u:%u: %n", &file, &line, &used) != 2 ||
		    !used || file >= c->nfile || !line || line > textlen + 1)
			abort();
	}
	if (count != c->mistakes)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *s = data, *e = data + n, *nul;
	char *text = NULL;
	size_t len = 0;
	struct conf c;
	FILE *err;

	if (!null)
		begin();
	err = open_memstream(&text, &len);
	if (!err)
		abort();
	conf_init(&c, err);
	for (; (nul = memchr(s, 0, (size_t)(e - s))); s = nul + 1)
		read_part(&c, s, (size_t)(nul - s), c.nfile > 0);
	read_part(&c, s, (size_t)(e - s), c.nfile > 0);
	if (c.nfile)
		conf_finish(&c);
	fclose(err);
	check_mistakes(&c, text, n);
	if (c.nfile && !c.mistakes)
		check_compiled(&c);
	conf_free(&c);
	free(text);
	return 0;
}
