#include <errno.h>
#include <string.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/addr.h"
#include "common/mem.h"

#define NOTIFY_ALL \
	(BUNDLE_NEVER | BUNDLE_SUCCESS | BUNDLE_FAILURE | BUNDLE_DELAY)

static void
look_rcpt(struct fsck *k, const struct bundle_rcpt *p, uint32_t flags,
    const struct bundle_str *domain, uint32_t number)
{
	char all[BUNDLE_ADDRMAX + 1];
	size_t n = p->local.len + 1 + domain->len;
	struct addr a;

	if (n <= sizeof all) {
		memcpy(all, p->local.s, p->local.len);
		all[p->local.len] = '@';
		memcpy(all + p->local.len + 1, domain->s, domain->len);
	}
	if (n > sizeof all || addr_split(all, n, &a) == -1 ||
	    a.domain_len != domain->len || a.idn)
		say(k, "recipient %u is not a mail address", number);
	if (p->notify > NOTIFY_ALL ||
	    (p->notify & BUNDLE_NEVER && p->notify != BUNDLE_NEVER))
		say(k, "recipient %u has impossible notify flags", number);
	if (!(flags & BUNDLE_MERGE) != !p->row.s)
		say(k,
		    p->row.s ? "recipient %u has a row"
			     : "recipient %u has no row",
		    number);
	if (p->orcpt.len > BUNDLE_ORCPTMAX)
		say(k, "recipient %u has too long an ORCPT", number);
}

static void
look_block(struct fsck *k, const struct bundle *b, uint32_t flags,
    const struct bundle_run *r)
{
	static stralloc block;
	struct bundle_rcpt p;
	struct field f;
	uint32_t n = 0;
	int more;

	if (bundle_block(b, r, &block) == -1) {
		if (errno == EBADMSG)
			say(k, "recipients from %u on fail their checksum",
			    r->first);
		else
			say_unread(k);
		return;
	}
	field_start(&f, block.s, block.len);
	while ((more = bundle_rcpt(&f, &p)) == 1)
		look_rcpt(k, &p, flags, &r->domain, r->first + n++);
	if (more == -1 || n != r->count)
		say(k, "recipients from %u on: %u, not %u", r->first, n,
		    r->count);
}

/* The order by which dray-queued sorts them. */
static int
in_order(const struct bundle_str *a, const struct bundle_str *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->s, b->s, n) : 0;

	return c < 0 || (c == 0 && a->len <= b->len);
}

static int
lower_case(const struct bundle_str *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		if (s->s[i] >= 'A' && s->s[i] <= 'Z')
			return 0;
	return 1;
}

void
rcpts_look(struct fsck *k, const struct bundle *b, const struct bundle_msg *m,
    uint32_t msg, uint32_t next, struct regions *l)
{
	struct bundle_str last = { NULL, 0 };
	struct field f = m->runs;
	struct bundle_run r;
	uint32_t i, end = next + m->nrcpt;

	if (m->first != next)
		say(k, "the first recipient is %u, not %u", m->first, next);
	if (m->nrcpt == 0)
		say(k, "no recipients");
	for (i = 0; i < m->nrun; i++) {
		if (bundle_run(b, &f, &r) != 1) {
			say(k, "run %u is malformed", i);
			return;
		}
		if (r.first != next)
			say(k, "run %u begins at recipient %u, not %u", i,
			    r.first, next);
		if (!lower_case(&r.domain) || !in_order(&last, &r.domain))
			say(k, "run %u is not in the order of domains", i);
		next = r.first + r.count;
		last = r.domain;
		region_add(l, "recipients", msg, r.offset, r.length);
		look_block(k, b, m->flags, &r);
	}
	if (next != end)
		say(k, "the runs end before recipient %u, not %u", next, end);
}
