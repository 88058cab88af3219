#include <string.h>

#include "cmd/dray-smtpd/user.h"
#include "common/addrlist.h"
#include "common/glob.h"
#include "common/header.h"
#include "common/idn.h"
#include "common/mem.h"

#define NOT_YOURS "550 5.7.1 you may not send as this sender"
#define FROM_NOT_YOURS "550 5.7.1 From is not an address that you may use"

struct user *
user_new(const char *name, size_t n, const struct account *a)
{
	struct user *u = mem_alloc(sizeof *u);

	memcpy(u->name, name, n);
	u->a = *a;
	return u;
}

int
user_counted(const struct user *u)
{
	return u && (u->a.quota || u->a.rate);
}

/* Whether he may use an address of this domain; that of <> is empty. */
static int
may_use(const struct user *u, const char *domain, size_t n)
{
	char d[ADDR_DOMAINMAX];

	if (n)
		n = idn_ascii(d, domain, n);
	return glob_list(u->a.domains, strlen(u->a.domains), ' ', d, n);
}

const char *
user_sender(const struct user *u, const struct path *p)
{
	if (!u || !u->a.domains[0])
		return NULL;
	return may_use(u, p->a.domain, p->len ? p->a.domain_len : 0)
	    ? NULL
	    : NOT_YOURS;
}

struct authors {
	const struct user *u;
	unsigned int n;
};

static int
each(void *arg, const char *s, size_t n)
{
	struct authors *f = arg;
	struct addr a;

	f->n++;
	return addr_split(s, n, &a) == 0 &&
		may_use(f->u, a.domain, a.domain_len)
	    ? 0
	    : -1;
}

/* All of its authors are his; at least one. */
static int
from_ok(const struct user *u, const struct head *h)
{
	const char *p = h->raw.len ? h->raw.s : "", *end = p + h->raw.len;
	struct authors f = { u, 0 };
	struct header_field h1;

	while (header_next(&p, end, &h1))
		if (header_is(&h1, "From") &&
		    addrlist_parse(h1.value, h1.value_len, "", each, &f) == -1)
			return 0;
	return f.n > 0;
}

static void
force(char *d, const char *s)
{
	if (*s)
		memcpy(d, s, strlen(s) + 1);
}

const char *
user_head(const struct user *u, struct head *h)
{
	if (!u)
		return NULL;
	if (!h->settings.stream[0])
		force(h->settings.stream, u->a.stream);
	force(h->settings.tenant, u->a.tenant);
	force(h->settings.route, u->a.route);
	if (u->a.domains[0] && !from_ok(u, h))
		return FROM_NOT_YOURS;
	return NULL;
}
