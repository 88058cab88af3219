#include <errno.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergecode.h"
#include "common/mergefield.h"
#include "common/mergehead.h"

#define FIELDMAX (1u << 20)

static int
put(void *arg, const char *s, size_t n)
{
	stralloc *sa = arg;

	if (n > FIELDMAX - sa->len) {
		errno = EMSGSIZE;
		return -1;
	}
	mem_check(stralloc_catb(sa, n ? s : "", n));
	return 0;
}

static int
literal(void *arg, struct mergeprog_lit *l)
{
	return put(arg, l->s, l->n);
}

static int
value(void *arg, enum mergerun_how how, const char *s, size_t n)
{
	(void)how;
	return put(arg, s, n);
}

/* What may stand in a URI (RFC 3986 2), but for what would end it here. */
static int
isuri(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("-._~:/?#[]@!$&'*+;=%", c));
}

static int
uri(void *arg, enum mergerun_how how, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	char x[3] = "%";
	size_t i;

	if (how == MERGERUN_SAFE)
		return put(arg, s, n);
	for (i = 0; i < n; i++) {
		x[1] = hex[(unsigned char)s[i] >> 4];
		x[2] = hex[(unsigned char)s[i] & 15];
		if (put(arg, isuri(s[i]) ? s + i : x, isuri(s[i]) ? 1 : 3) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
run(struct mergerun *r, unsigned int text, int isuris, stralloc *sa)
{
	static const struct mergerun_sink plain = { literal, value };
	static const struct mergerun_sink uris = { literal, uri };

	sa->len = 0;
	return mergerun_text(r, text, isuris ? &uris : &plain, sa);
}

static unsigned int
number(const unsigned char *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static int
mailboxes(
    struct mergerun *r, const struct mergeprog_item *it, struct mergehead *h)
{
	stralloc *phrase = &r->m->work[0];
	stralloc *addr = &r->m->work[1];
	const unsigned char *p = it->boxes;
	unsigned int i;

	for (i = 0; i < it->text; i++, p += 4) {
		phrase->len = 0;
		if (number(p) != MERGECODE_NONE &&
		    run(r, number(p), 0, phrase) == -1)
			return -1;
		if (run(r, number(p + 2), 0, addr) == -1 ||
		    mergehead_mailbox(
			h, phrase->s, phrase->len, addr->s, addr->len) == -1)
			return -1;
	}
	return 0;
}

static int
addresses(struct mergerun *r, const struct mergeprog_item *it, stralloc *out)
{
	size_t from = out->len;
	struct mergehead h;

	mergehead_start(&h, out, it->s, it->n);
	if (mailboxes(r, it, &h) == 0) {
		mergehead_end(&h);
		return 0;
	}
	out->len = from;
	if (errno == EINVAL && r->fault) {
		memcpy(r->fault->what, it->s, it->n);
		r->fault->what[it->n] = '\0';
	}
	return -1;
}

int
mergefield_put(
    struct mergerun *r, const struct mergeprog_item *it, stralloc *out)
{
	stralloc *sa = &r->m->work[0];

	if (it->kind == 'A')
		return addresses(r, it, out);
	if (run(r, it->text, it->kind == 'U', sa) == -1)
		return -1;
	if (it->kind == 'U')
		return mergehead_words(out, it->s, it->n, sa->s, sa->len);
	mergehead_text(out, it->s, it->n, sa->s, sa->len);
	return 0;
}
