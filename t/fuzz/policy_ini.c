/*
 * The text of the policy: the input is dray.conf up to the first NUL, and a
 * file of routes or of providers, in turn, after each.  Every mistake must have a line that the
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
#include "cmd/dray-policy/explain.h"
#include "cmd/dray-policy/view.h"

#define PACK "etc/packs/p/"

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
	static struct explain_query q = { .stream = "bulk",
		.tenant = "t",
		.campaign = "c",
		.sender = "a@example.com",
		.issender = 1 };
	const struct conf_item *item;
	size_t i;

	if (view_show(v, null) == -1)
		abort();
	for (i = 0; i < c->statics.n && i < 50; i++) {
		item = c->statics.item[i];
		memcpy(q.domain, item->name, sizeof q.domain);
		if (explain(v, &q, null) == -1)
			abort();
	}
}

/* Every key that the section sets is in force. */
static void
check_limits(
    const struct conf_limits *set, const struct policy_limits *in_force)
{
	const struct policykey *k = policykey_limits.key;
	int i;

	for (i = 0; i < policykey_limits.n; i++)
		if (set->where[i].line && strncmp(k[i].name, "backoff", 7) &&
		    policykey_get(&k[i], &set->v) !=
			policykey_get(&k[i], in_force))
			abort();
}

static void
check_route(const struct view *v, const struct conf_static *st)
{
	char domain[POLICY_NAMEMAX + 2];
	struct policy_where w = { .domain = domain };
	struct policy_limits l;
	struct policy_route r;

	/* One below a suffix, where there is room for a name so long. */
	snprintf(domain, sizeof domain, "%s%s", *st->is.name == '.' ? "x" : "",
	    st->is.name);
	w.len = strlen(domain);
	if (w.len > POLICY_NAMEMAX)
		return;
	if (policy_route(&v->policy, domain, w.len, &r) != 1)
		abort();
	if (strcmp(r.name, st->is.name) != 0)
		return;
	if (r.n != st->n ||
	    (r.n && memcmp(r.addr, st->addr, r.n * sizeof *r.addr)))
		abort();
	policy_limits(&v->policy, &w, &l);
	check_limits(&st->limits, &l);
}

static void
check_provider(const struct view *v, const struct conf_provider *p)
{
	struct policy_where w = { .provider = p->is.name };
	char name[POLICY_LABELMAX + 1];
	struct policy_limits l;
	struct policy_mx m = { .domain = "" };
	size_t i;

	policy_limits(&v->policy, &w, &l);
	check_limits(&p->limits, &l);
	for (i = 0; i < p->domains.n; i++) {
		m.domain = p->domains.word[i];
		m.len = strlen(m.domain);
		if (policy_provider(&v->policy, &m, name) != 1 ||
		    strcmp(name, p->is.name) != 0)
			abort();
	}
}

/* Every rule that the text has, in its order; what is built in comes behind. */
static void
check_matches(const struct conf *c, const struct view *v)
{
	struct streamrule_set *set = policy_matches(&v->policy);
	const struct streamrule_text *t;
	const struct conf_match *m;
	size_t i;

	if (!set || set->n < c->matches.n ||
	    (set->n > c->matches.n) != c->queue.built_in_rules)
		abort();
	for (i = 0; i < c->matches.n; i++) {
		m = c->matches.item[i];
		t = set->rule[i].text;
		if (t[STREAMRULE_STREAM].len != strlen(m->stream) ||
		    strncmp(t[STREAMRULE_NAME].s, m->is.name,
			t[STREAMRULE_NAME].len) != 0 ||
		    set->rule[i].nheader != m->nheader)
			abort();
	}
	streamrule_unref(set);
}

static void
check_signers(const struct conf *c, const struct view *v)
{
	struct policy_signer s[POLICY_SIGNERS];
	const struct conf_dkim *k;
	size_t i;
	int n;

	for (i = 0; i < c->dkims.n; i++) {
		k = c->dkims.item[i];
		n = policy_signers(&v->policy, k->is.name, s);
		if (n < 1 || n > POLICY_SIGNERS ||
		    strcmp(s[0].domain, k->is.name) != 0)
			abort();
	}
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
	for (i = 0; i < c->statics.n; i++)
		check_route(&v, c->statics.item[i]);
	for (i = 0; i < c->providers.n; i++)
		check_provider(&v, c->providers.item[i]);
	check_signers(c, &v);
	check_matches(c, &v);
	check_views(c, &v);
	view_close(&v);
}

static void
read_part(struct conf *c, const uint8_t *s, size_t n, enum conf_place place)
{
	char name[32];
	FILE *f = n ? fmemopen((void *)(uintptr_t)s, n, "r") : NULL;

	if (!f)
		return;
	snprintf(name, sizeof name, "%spart %u",
	    c->nfile && c->nfile % 4 == 0 ? PACK : "", c->nfile);
	if (conf_read_file(c, f, name, place) == -1)
		abort();
	fclose(f);
}

/* dray.conf, then in turn files of routes, of providers, of keys and of
 * providers, the last in a pack. */
static enum conf_place
place(const struct conf *c)
{
	if (!c->nfile)
		return CONF_MAIN;
	if (c->nfile % 4 == 3)
		return CONF_DKIM;
	return c->nfile % 4 == 1 ? CONF_ROUTES : CONF_PROVIDERS;
}

/* Each mistake is one line of clean text with a line number in range. */
static void
check_mistakes(const struct conf *c, const char *s, size_t textlen)
{
	unsigned int count = 0, file, line;
	int used;

	for (; *s; s += strcspn(s, "\n") + 1, count++) {
		if (!strncmp(s, PACK, strlen(PACK)))
			s += strlen(PACK);
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
		read_part(&c, s, (size_t)(nul - s), place(&c));
	read_part(&c, s, (size_t)(e - s), place(&c));
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
