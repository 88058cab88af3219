#include <errno.h>
#include <string.h>

#include "campaign.h"
#include "common/bundle.h"
#include "common/idn.h"

void
rows_start(struct list *l)
{
	mergerow_start(&l->c->row);
}

/* As it is queued: its domain in lower case and A-labels.  0 it is none. */
static size_t
clean(char *d, const char *s, size_t n)
{
	struct addr a;
	size_t len;

	while (n && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (addr_split(s, n, &a) == -1)
		return 0;
	memcpy(d, a.local, a.local_len);
	d[a.local_len] = '@';
	len = idn_ascii(d + a.local_len + 1, a.domain, a.domain_len);
	len += len ? a.local_len + 1 : 0;
	return len > ADDR_MAX ? 0 : len;
}

/* What would become of it, without a look at what is the same for all. */
static void
check(struct list *l, const struct record *r)
{
	static const char token[] = "0000000000000000000000000000000000000000";
	struct merge_job job = { token, sizeof token - 1, r->address,
		r->address_len, (uint64_t)time(NULL) };
	struct merge_fault fault = { .lenient = l->c->o.lenient };

	if (merge_check(l->c->t.merge, r->row, r->row_len, &job, &fault) == 0)
		return;
	if (errno == ENOENT)
		say_at(l->name, l->line, 0, "%s has no value", fault.what);
	if (errno == EINVAL)
		say_at(l->name, l->line, 0,
		    "the values make no address of the field %s", fault.what);
	say_at(l->name, l->line, 0, "no message can be made of it: %s",
	    errno == EMSGSIZE ? "it is too large" : "it goes too deep");
}

void
rows_add(struct list *l, const char *address, size_t n)
{
	static stralloc row;
	struct campaign *c = l->c;
	char all[ADDR_LOCALMAX + 1 + ADDR_DOMAINMAX];
	struct record r = { .line = (uint32_t)l->line, .address = all };

	c->n.rows++;
	r.address_len = clean(all, address, n);
	if (!r.address_len) {
		c->n.malformed++;
		reject_add(l->line, "malformed", address, n);
		return;
	}
	row.len = 0;
	if (mergerow_end(&c->row, &row) == -1 || row.len > BUNDLE_ROWMAX)
		say_at(l->name, l->line, 0,
		    "the values have more than %d octets", BUNDLE_ROWMAX);
	r.row = row.s ? row.s : "";
	r.row_len = row.len;
	check(l, &r);
	if (c->o.dry || c->o.test)
		sample_row(c, &r);
	parts_add(c->parts, &r);
	c->n.accepted++;
	l->full = c->o.limit && c->n.accepted == c->o.limit;
}
