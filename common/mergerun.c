#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/mergecode.h"
#include "common/mergerun.h"

static int run(struct mergerun *r, size_t from, size_t to);

static int
fail(int e)
{
	errno = e;
	return -1;
}

static int
step(struct mergerun *r)
{
	return ++r->steps > MERGE_STEPS ? fail(ELOOP) : 0;
}

/* In UTC, without asking for a time zone, which would be a file. */
static void
date(char *d, uint64_t now)
{
	static const char days[][4] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" };
	static const char months[][4] = { "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb" };
	unsigned int day, doe, yoe, doy, mon, sec;
	const uint64_t last = UINT64_C(253402300799); /* of the year 9999 */

	now = now > last ? last : now;
	day = (unsigned int)(now / 86400);
	sec = (unsigned int)(now % 86400);
	/* In eras of 400 years that begin with March. */
	doe = (day + 719468) % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mon = (5 * doy + 2) / 153;
	(void)snprintf(d, MERGERUN_DATE, "%s, %u %s %u %02u:%02u:%02u +0000",
	    days[day % 7], doy - (153 * mon + 2) / 5 + 1, months[mon % 12],
	    yoe + (day + 719468) / 146097 * 400 + (mon > 9), sec / 3600,
	    sec / 60 % 60, sec % 60);
}

static int
intoken(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

int
mergerun_start(struct mergerun *r, struct merge *m, const char *row, size_t n,
    const struct merge_job *job)
{
	const char *p = n ? row : "";
	const char *end = p + n;
	size_t i;
	int rc = 1;

	if (n > MERGE_ROWMAX)
		return fail(EPROTO);
	r->m = m;
	r->job = job;
	r->fault = NULL;
	r->is8 = 0;
	r->steps = r->nest = r->depth = 0;
	for (i = 0; i < m->nnames; i++) {
		if (rc > 0)
			rc = mergevalue_next(&p, end, &m->top[i]);
		if (rc == -1)
			return -1;
		if (!rc)
			m->top[i].type = MERGEVALUE_NULL;
	}
	r->token_len = 0;
	for (i = 0; i < job->token_len && i < MERGE_TOKENMAX; i++)
		if (intoken(job->token[i]))
			r->token[r->token_len++] = job->token[i];
	r->date[0] = '\0';
	return p == end ? 0 : fail(EPROTO);
}

/* The member of an object: 1, 0 there is none. */
static int
member(struct mergerun *r, const struct mergevalue *o, const char *s, size_t n,
    struct mergevalue *v_r)
{
	const char *p = o->s;
	const char *end = p + o->n;
	struct mergevalue key;
	int rc;

	while ((rc = mergevalue_next(&p, end, &key)) == 1) {
		if (step(r) == -1)
			return -1;
		if (mergevalue_next(&p, end, v_r) != 1)
			return fail(EPROTO);
		if (key.n == n && !memcmp(key.s, s, n))
			return 1;
	}
	return rc;
}

/* What a name is without any context, with its default. */
static void
outermost(const struct mergerun *r, unsigned int name, struct mergevalue *v_r)
{
	const struct merge_name *n = &r->m->names[name];

	*v_r = r->m->top[name];
	if (!n->dflt || v_r->type == MERGEVALUE_FALSE ||
	    v_r->type == MERGEVALUE_LIST || !mergevalue_false(v_r))
		return;
	v_r->type = MERGEVALUE_TEXT;
	v_r->s = n->dflt;
	v_r->n = n->dflt_len;
}

static int
first(struct mergerun *r, unsigned int name, struct mergevalue *v_r)
{
	const struct merge_name *n = &r->m->names[name];
	unsigned int i = r->depth;
	int rc;

	if (i && n->len == 1 && n->s[0] == '.') {
		*v_r = r->stack[i - 1];
		return 0;
	}
	while (i--) {
		if (r->stack[i].type != MERGEVALUE_OBJECT)
			continue;
		rc = member(r, &r->stack[i], n->s, n->len, v_r);
		if (rc)
			return rc == 1 ? 0 : -1;
	}
	outermost(r, name, v_r);
	return 0;
}

/* A name without a value has null. */
static int
lookup(
    struct mergerun *r, const struct mergeprog_path *p, struct mergevalue *v_r)
{
	const char *s = p->members;
	struct mergevalue o;
	unsigned int i;
	size_t n;
	int rc;

	if (first(r, p->name, v_r) == -1)
		return -1;
	for (i = 0; i < p->more; i++) {
		n = (unsigned char)*s++;
		o = *v_r;
		rc = o.type == MERGEVALUE_OBJECT ? member(r, &o, s, n, v_r) : 0;
		if (rc == -1)
			return -1;
		if (!rc) {
			v_r->type = MERGEVALUE_NULL;
			return 0;
		}
		s += n;
	}
	return 0;
}

static int
missing(const struct mergerun *r, const struct mergeprog_path *p)
{
	const struct merge_name *name = &r->m->names[p->name];
	char *what = r->fault->what;
	const char *s = p->members;
	size_t at = name->len, n;
	unsigned int i;

	memcpy(what, name->s, at);
	for (i = 0; i < p->more; i++) {
		n = (unsigned char)*s++;
		if (at + 1 + n > MERGE_NAMEMAX)
			break;
		what[at++] = '.';
		memcpy(what + at, s, n);
		at += n;
		s += n;
	}
	what[at] = '\0';
	return fail(ENOENT);
}

static int
value(struct mergerun *r, const struct mergeprog_op *op)
{
	enum mergerun_how how = op->raw ? MERGERUN_RAW : MERGERUN_ESCAPE;
	struct mergevalue v;

	if (lookup(r, &op->u.path, &v) == -1)
		return -1;
	switch (v.type) {
	case MERGEVALUE_TEXT:
		return r->sink->value(r->arg, how, v.s, v.n);
	case MERGEVALUE_TRUE:
		return r->sink->value(r->arg, how, "true", 4);
	case MERGEVALUE_FALSE:
		return r->sink->value(r->arg, how, "false", 5);
	default: /* nobody can say what a list looks like as text */
		return r->fault && !r->fault->lenient ? missing(r, &op->u.path)
						      : 0;
	}
}

static int
ofjob(struct mergerun *r, const struct mergeprog_op *op)
{
	const struct merge_job *job = r->job;

	switch (op->raw) {
	case MERGECODE_TOKEN:
		return r->sink->value(
		    r->arg, MERGERUN_SAFE, r->token, r->token_len);
	case MERGECODE_DATE:
		if (!r->date[0])
			date(r->date, job->date);
		return r->sink->value(
		    r->arg, MERGERUN_SAFE, r->date, strlen(r->date));
	default:
		return r->sink->value(r->arg, MERGERUN_ESCAPE, job->recipient,
		    job->recipient_len);
	}
}

/* The operations of a section once more, with v as the context. */
static int
within(struct mergerun *r, const struct mergevalue *v, size_t from, size_t to)
{
	int rc;

	if (r->depth == MERGE_DEPTH)
		return fail(ELOOP);
	r->stack[r->depth++] = *v;
	rc = run(r, from, to);
	r->depth--;
	return rc;
}

static int
list(struct mergerun *r, const struct mergevalue *v, size_t from, size_t to)
{
	const char *p = v->s;
	struct mergevalue item;
	int rc;

	while ((rc = mergevalue_next(&p, v->s + v->n, &item)) == 1)
		if (step(r) == -1 || within(r, &item, from, to) == -1)
			return -1;
	return rc;
}

static int
section(struct mergerun *r, size_t at)
{
	const struct mergeprog_op *op = &r->m->ops[at];
	struct mergevalue v;
	int isfalse;

	if (lookup(r, &op->u.path, &v) == -1)
		return -1;
	isfalse = mergevalue_false(&v);
	if (op->kind == 'I')
		return isfalse ? run(r, at + 1, op->end) : 0;
	if (isfalse)
		return 0;
	if (v.type == MERGEVALUE_LIST)
		return list(r, &v, at + 1, op->end);
	return within(r, &v, at + 1, op->end);
}

static int
one(struct mergerun *r, size_t at)
{
	struct mergeprog_op *op = &r->m->ops[at];

	if (step(r) == -1)
		return -1;
	switch (op->kind) {
	case 'L':
		return r->sink->literal(r->arg, &op->u.lit);
	case 'V':
		return value(r, op);
	case 'J':
		return ofjob(r, op);
	case 'P':
		return run(
		    r, r->m->texts[op->text].from, r->m->texts[op->text].to);
	default:
		return section(r, at);
	}
}

static int
run(struct mergerun *r, size_t from, size_t to)
{
	size_t at = from;
	int rc = 0;

	if (r->nest == MERGE_DEPTH)
		return fail(ELOOP);
	r->nest++;
	while (at < to && !rc) {
		rc = one(r, at);
		at = r->m->ops[at].end ? r->m->ops[at].end : at + 1;
	}
	r->nest--;
	return rc;
}

int
mergerun_text(struct mergerun *r, unsigned int text,
    const struct mergerun_sink *sink, void *arg)
{
	r->sink = sink;
	r->arg = arg;
	return run(r, r->m->texts[text].from, r->m->texts[text].to);
}
