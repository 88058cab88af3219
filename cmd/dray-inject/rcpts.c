#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/addr.h"
#include "common/addrlist.h"
#include "rcpts.h"
#include "say.h"

/* An address that cannot be one: what is wrong, and whose fault that is. */
static void
bad(const struct rcpts *r, const char *s, size_t n)
{
	const char *why = "not an address";
	const char *at = memrchr(s, '@', n);
	int code = EX_NOUSER;

	if (errno == ENAMETOOLONG)
		why = "the address is too long";
	else if (errno == EILSEQ)
		why = "an address with octets that are neither printable nor "
		      "UTF-8";
	else if (at && !addr_domain_ok(at + 1, n - (size_t)(at + 1 - s))) {
		why = "not a domain";
		code = EX_NOHOST;
	}
	if (n > 100)
		n = 100;
	if (r->header)
		say_die(EX_DATAERR, "%s: %.*s: %s", r->header, (int)n, s, why);
	say_die(code, "%.*s: %s", (int)n, s, why);
}

static int
each(void *arg, const char *s, size_t n)
{
	struct rcpts *r = arg;
	struct addr a;
	size_t at;

	if (addr_split(s, n, &a) == -1)
		bad(r, s, n);
	if (r->n == r->max)
		say_die(EX_DATAERR, "more than %lu recipients",
		    (unsigned long)r->max);
	at = r->text.len + a.local_len + 1;
	if (!stralloc_catb(&r->text, s, n) || !stralloc_append(&r->text, '\0'))
		say_die(EX_OSERR, "out of memory");
	addr_lower(r->text.s + at, a.domain, a.domain_len);
	r->n++;
	return 0;
}

void
rcpts_add(struct rcpts *r, const char *list, size_t n, const char *header)
{
	r->header = header;
	if (addrlist_parse(list, n, r->domain, each, r) == 0)
		return;
	if (header)
		say_die(EX_DATAERR,
		    "%s: the list of addresses cannot be "
		    "understood",
		    header);
	say_die(
	    EX_NOUSER, "%.*s: not an address", n > 100 ? 100 : (int)n, list);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
rcpts_settle(struct rcpts *r)
{
	const char *p = r->text.s;
	uint32_t i, k = 0;

	r->list = reallocarray(NULL, r->n + 1, sizeof *r->list);
	if (!r->list)
		say_die(EX_OSERR, "out of memory");
	for (i = 0; i < r->n; i++, p += strlen(p) + 1)
		r->list[i] = p;
	qsort(r->list, r->n, sizeof *r->list, compare);
	for (i = 0; i < r->n; i++)
		if (!k || strcmp(r->list[i], r->list[k - 1]))
			r->list[k++] = r->list[i];
	r->n = k;
}

struct one {
	char *d;
	size_t max;
	unsigned int n;
};

static int
each_one(void *arg, const char *s, size_t n)
{
	struct one *o = arg;
	struct addr a;

	if (o->n++ || n >= o->max || addr_split(s, n, &a) == -1)
		return -1;
	memcpy(o->d, s, n);
	o->d[n] = '\0';
	return 0;
}

int
rcpts_one(const char *s, size_t n, const char *domain, char *d, size_t max)
{
	struct one o = { .d = d, .max = max };

	if (addrlist_parse(s, n, domain, each_one, &o) == -1 || o.n != 1)
		return -1;
	return 0;
}
