#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/policy.h"
#include "common/policyfmt.h"
#include "common/rule.h"
#include "common/streamrule.h"
#include "common/table.h"

static int
find(const struct table *t, const char *key, const void **data_r, size_t *n_r)
{
	return table_find(t, key, strlen(key), data_r, n_r);
}

/* As find, where the record must be there. */
static int
need(const struct table *t, const char *key, const void **data_r, size_t *n_r)
{
	int r = find(t, key, data_r, n_r);

	if (r == 0)
		errno = EPROTO;
	return r == 1 ? 0 : -1;
}

static int
get_queue(const struct table *t, struct policy_queue *q_r)
{
	const void *p;
	size_t n;

	if (need(t, "queue", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_queue(p, n, q_r);
}

static int
get_retry(const struct table *t, struct policy_retry *r_r)
{
	const void *p;
	size_t n;

	if (need(t, "retry", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_retry(p, n, r_r);
}

static int
get_node(const struct table *t, struct policy_node *n_r)
{
	const void *p;
	size_t n;

	if (need(t, "node", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_node(p, n, n_r);
}

static int
get_notices(const struct table *t, struct policy_notices *n_r)
{
	const void *p;
	size_t n;

	if (need(t, "notices", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_notices(p, n, n_r);
}

static int
get_dns(const struct table *t, struct policy_dns *d_r)
{
	const void *p;
	size_t n;

	if (need(t, "dns", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_dns(p, n, d_r);
}

static int
get_streams(const struct table *t, struct policy_stream s_r[POLICY_STREAMMAX])
{
	const void *p;
	size_t n;

	if (need(t, "streams", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_streams(p, n, s_r);
}

static struct streamrule_set *
get_matches(const struct table *t)
{
	const void *p;
	size_t n;

	if (need(t, "match", &p, &n) == -1)
		return NULL;
	return streamrule_new(p, n);
}

static int
get_smtpd(const struct table *t, struct policy_smtpd *s_r)
{
	const void *p;
	size_t n;

	if (need(t, "smtpd", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_smtpd(p, n, s_r);
}

static int
get_listeners(
    const struct table *t, struct policy_listener l_r[POLICY_LISTENERMAX])
{
	const void *p;
	size_t n;

	if (need(t, "listeners", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_listeners(p, n, l_r);
}

static int
get_returns(const struct table *t, struct policy_returns *r_r)
{
	const void *p;
	size_t n;

	if (need(t, "returns", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_returns(p, n, r_r);
}

static int
get_suppression(const struct table *t)
{
	struct policy_suppression s;
	const void *p;
	size_t n;

	if (need(t, "suppression", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_suppression(p, n, &s);
}

static int
get_signing(const struct table *t)
{
	struct policy_signing s;
	const void *p;
	size_t n;

	if (need(t, "signing", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_signing(p, n, &s);
}

static int
get_limits(const struct table *t)
{
	struct policy_limits l = { 0 };
	const void *p;
	size_t n;

	if (need(t, "limits", &p, &n) == -1)
		return -1;
	return policyfmt_unpack_limits(p, n, &l);
}

static int
get_head(const struct table *t, struct policyfmt_head *h_r)
{
	const void *p;
	size_t n;

	if (need(t, "policy", &p, &n) == -1 ||
	    policyfmt_unpack_head(p, n, h_r) == -1)
		return -1;
	if (h_r->version == POLICY_VERSION)
		return 0;
	errno = EPROTO;
	return -1;
}

static int
check_rules(const struct table *t)
{
	struct rule *rule;
	struct field f;
	const void *p;
	size_t n;
	int got;

	if (need(t, "rules", &p, &n) == -1)
		return -1;
	rule = malloc(sizeof *rule);
	if (!rule)
		return -1;
	field_start(&f, p, n);
	do
		got = rule_unpack(&f, rule);
	while (got == 1);
	free(rule);
	return got;
}

/* The whole file is looked at once here, and all that the functions without a
 * result will ask for is tried, so that they cannot fail later: a copy does
 * not change. */
static int
whole(const struct table *t, uint64_t *generation_r)
{
	struct policyfmt_head head;
	struct policy_queue queue;
	struct policy_retry retry;
	struct policy_node node;
	struct policy_notices notices;
	struct policy_dns dns;
	struct policy_stream streams[POLICY_STREAMMAX];
	struct policy_smtpd smtpd;
	struct policy_listener listeners[POLICY_LISTENERMAX];
	struct policy_returns returns;
	struct streamrule_set *rules;

	if (!table_sealed(t)) {
		errno = EPROTO;
		return -1;
	}
	if (get_head(t, &head) == -1 || get_queue(t, &queue) == -1 ||
	    get_retry(t, &retry) == -1 || get_node(t, &node) == -1 ||
	    get_limits(t) == -1 || get_notices(t, &notices) == -1 ||
	    get_dns(t, &dns) == -1 || get_streams(t, streams) == -1 ||
	    get_smtpd(t, &smtpd) == -1 || get_listeners(t, listeners) == -1 ||
	    get_returns(t, &returns) == -1 || get_signing(t) == -1 ||
	    get_suppression(t) == -1 || check_rules(t) == -1)
		return -1;
	rules = get_matches(t);
	if (!rules)
		return -1;
	streamrule_unref(rules);
	*generation_r = head.generation;
	return 0;
}

static struct table *
load(const char *path, uint64_t *generation_r)
{
	struct table *t = table_load(path);
	int e;

	if (!t)
		return NULL;
	if (whole(t, generation_r) == 0)
		return t;
	e = errno;
	table_close(t);
	errno = e;
	return NULL;
}

int
policy_open(struct policy *p, const char *path)
{
	memset(p, 0, sizeof *p);
	p->path = strdup(path);
	if (!p->path)
		return -1;
	p->table = load(path, &p->generation);
	if (p->table)
		return 0;
	free(p->path);
	p->path = NULL;
	return -1;
}

const char *
policy_why(int e)
{
	if (e != EPROTO)
		return strerror(e);
	return "it is damaged, or of another version of dray: run "
	       "dray-policy compile";
}

void
policy_close(struct policy *p)
{
	table_close(p->table);
	free(p->path);
	p->table = NULL;
	p->path = NULL;
}

/* 1 when the name leads to the file that was refused last time. */
static int
refused(const struct policy *p, const struct stat *st)
{
	return p->refused && st->st_dev == p->dev && st->st_ino == p->ino &&
	    st->st_ctim.tv_sec == p->ctime.tv_sec &&
	    st->st_ctim.tv_nsec == p->ctime.tv_nsec;
}

int
policy_refresh(struct policy *p)
{
	struct stat st;
	struct table *t;
	uint64_t generation;

	if (!table_changed(p->table, p->path))
		return 0;
	if (stat(p->path, &st) == -1)
		return -1;
	if (refused(p, &st))
		return 0;
	t = load(p->path, &generation);
	if (!t) {
		/* Said once a file, or the caller's log would fill. */
		p->refused = errno == EPROTO;
		p->dev = st.st_dev;
		p->ino = st.st_ino;
		p->ctime = st.st_ctim;
		return -1;
	}
	table_close(p->table);
	p->table = t;
	p->generation = generation;
	p->refused = 0;
	return 1;
}

void
policy_queue(const struct policy *p, struct policy_queue *q_r)
{
	(void)get_queue(p->table, q_r);
}

void
policy_retry(const struct policy *p, struct policy_retry *r_r)
{
	(void)get_retry(p->table, r_r);
}

void
policy_node(const struct policy *p, struct policy_node *n_r)
{
	(void)get_node(p->table, n_r);
}

void
policy_notices(const struct policy *p, struct policy_notices *n_r)
{
	(void)get_notices(p->table, n_r);
}

void
policy_dns(const struct policy *p, struct policy_dns *d_r)
{
	(void)get_dns(p->table, d_r);
}

void
policy_smtpd(const struct policy *p, struct policy_smtpd *s_r)
{
	(void)get_smtpd(p->table, s_r);
}

void
policy_returns(const struct policy *p, struct policy_returns *r_r)
{
	(void)get_returns(p->table, r_r);
}

unsigned int
policy_listeners(
    const struct policy *p, struct policy_listener l_r[POLICY_LISTENERMAX])
{
	int n = get_listeners(p->table, l_r);

	return n == -1 ? 0 : (unsigned int)n;
}

unsigned int
policy_certificates(const struct policy *p)
{
	struct policyfmt_cursor c = { NULL, 0, 0 };
	const void *data;
	uint64_t n;

	if (table_find(p->table, "k", 1, &data, &c.n) != 1)
		return 0;
	c.p = data;
	n = policyfmt_get_range(&c, 8, 0, POLICY_CERTIFICATEMAX);
	return policyfmt_get_end(&c) == -1 ? 0 : (unsigned int)n;
}

int
policy_certificate(
    const struct policy *p, unsigned int i, struct policy_certificate *c_r)
{
	char key[16];
	const void *data;
	size_t n;
	int r;

	snprintf(key, sizeof key, "k:%u", i);
	r = table_find(p->table, key, strlen(key), &data, &n);
	if (r != 1)
		return r;
	return policyfmt_unpack_certificate(data, n, c_r) == -1 ? -1 : 1;
}

unsigned int
policy_streams(
    const struct policy *p, struct policy_stream s_r[POLICY_STREAMMAX])
{
	int n = get_streams(p->table, s_r);

	return n == -1 ? 0 : (unsigned int)n;
}

const struct policy_stream *
policy_stream(
    const struct policy_stream *s, unsigned int n, const char *name, size_t len)
{
	const struct policy_stream *end;

	for (end = s + n; s < end; s++)
		if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			return s;
	return NULL;
}

const struct policy_stream *
policy_stream_usual(const struct policy_stream *s, unsigned int n)
{
	const struct policy_stream *usual =
	    policy_stream(s, n, POLICY_STREAMUSUAL, strlen(POLICY_STREAMUSUAL));

	return usual ? usual : &s[n ? n - 1 : 0];
}

struct streamrule_set *
policy_matches(const struct policy *p)
{
	return get_matches(p->table);
}

int
policy_record(const struct policy *p, const char *key, size_t len,
    const void **data_r, size_t *n_r)
{
	return table_find(p->table, key, len, data_r, n_r);
}
