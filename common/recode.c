#include <errno.h>
#include <string.h>

#include "common/recode.h"
#include "common/wire.h"

#define QPMAX 76 /* RFC 2045 6.7 (5) */
#define B64MAX 76 /* RFC 2045 6.8 */

struct line {
	const char *s;
	size_t n; /* without its end */
	size_t end; /* octets of the end: 0, 1 or 2 */
};

/* The line at *p, which moves past it; 0 at the end. */
static int
next(const char **p, const char *end, struct line *l)
{
	const char *nl;

	if (*p == end)
		return 0;
	l->s = *p;
	nl = memchr(l->s, '\n', (size_t)(end - l->s));
	*p = nl ? nl + 1 : end;
	l->n = (size_t)(*p - l->s);
	l->end = 0;
	if (nl)
		l->end = l->n > 1 && nl[-1] == '\r' ? 2 : 1;
	l->n -= l->end;
	return 1;
}

static int
put(const struct recode_out *o, const char *s, size_t n)
{
	return n ? o->put(o->arg, s, n) : 0;
}

static int
newline(const struct recode_out *o)
{
	return o->put(o->arg, "\r\n", 2);
}

static int
isbad(const struct line *l)
{
	return l->n > WIRE_LINEMAX || (l->n && memchr(l->s, '\r', l->n));
}

static int
isblank_(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int
recode_needed(const char *s, size_t n)
{
	const char *p = s;
	struct line l;

	while (next(&p, s + n, &l))
		if (isbad(&l))
			return 1;
	return 0;
}

int
recode_plain(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	const char *from = s;
	struct line l;

	/* Lines that end in CRLF go on together. */
	while (next(&p, s + n, &l)) {
		if (l.end != 1)
			continue;
		if (put(o, from, (size_t)(p - 1 - from)) == -1 ||
		    newline(o) == -1)
			return -1;
		from = p;
	}
	return put(o, from, (size_t)(s + n - from));
}

/* Without its CRs; each becomes instead, or nothing. */
static int
putclean(
    const struct recode_out *o, const char *s, size_t n, const char *instead)
{
	const char *end = s + n;
	const char *cr;

	while ((cr = memchr(s, '\r', (size_t)(end - s)))) {
		if (put(o, s, (size_t)(cr - s)) == -1 ||
		    put(o, instead, strlen(instead)) == -1)
			return -1;
		s = cr + 1;
	}
	return put(o, s, (size_t)(end - s));
}

int
recode_clean(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	const char *from = s;
	struct line l;

	while (next(&p, s + n, &l)) {
		if (l.end == 2 && !memchr(l.s, '\r', l.n))
			continue;
		while (l.n && l.s[l.n - 1] == '\r')
			l.n--;
		if (put(o, from, (size_t)(l.s - from)) == -1 ||
		    putclean(o, l.s, l.n, " ") == -1 ||
		    (l.end && newline(o) == -1))
			return -1;
		from = p;
	}
	return put(o, from, (size_t)(s + n - from));
}

/* In pieces of at most max octets. */
static int
wrap(const struct recode_out *o, const struct line *l, size_t max)
{
	size_t i, k;

	for (i = 0; i < l->n; i += k) {
		k = l->n - i < max ? l->n - i : max;
		if (i && newline(o) == -1)
			return -1;
		if (putclean(o, l->s + i, k, "") == -1)
			return -1;
	}
	return l->end ? newline(o) : 0;
}

int
recode_wrap(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	struct line l;

	while (next(&p, s + n, &l))
		if (wrap(o, &l, WIRE_LINEMAX) == -1)
			return -1;
	return 0;
}

int
recode_rewrap(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	struct line l;

	while (next(&p, s + n, &l))
		if (wrap(o, &l, l.n > WIRE_LINEMAX ? B64MAX : l.n + 1) == -1)
			return -1;
	return 0;
}

/* Where to break a header line: the last white space in reach, 0 if none. */
static size_t
breakpoint(const char *s)
{
	size_t i, lead;

	/* A line of white space alone would end the header for some. */
	for (lead = 0; lead < WIRE_LINEMAX && isblank_(s[lead]); lead++)
		;
	for (i = WIRE_LINEMAX; i > lead; i--)
		if (isblank_(s[i]))
			return i;
	return 0;
}

static int
fold(const struct recode_out *o, const char *s, size_t n)
{
	size_t k;

	while (n && s[n - 1] == '\r')
		n--;
	while (n > WIRE_LINEMAX && isblank_(s[n - 1]))
		n--;
	for (; n > WIRE_LINEMAX; s += k, n -= k) {
		k = breakpoint(s);
		if (!k) {
			errno = EMSGSIZE;
			return -1;
		}
		if (putclean(o, s, k, " ") == -1 || newline(o) == -1)
			return -1;
	}
	return putclean(o, s, n, " ");
}

int
recode_header(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	struct line l;

	while (next(&p, s + n, &l)) {
		if (fold(o, l.s, l.n) == -1)
			return -1;
		if (l.end && newline(o) == -1)
			return -1;
	}
	return 0;
}

/* Lines of quoted-printable under way. */
struct qp {
	const struct recode_out *o;
	size_t n;
	char s[QPMAX + 2];
};

/* One octet, or one triplet, which a soft break must not divide. */
static int
qpput(struct qp *q, const char *s, size_t n)
{
	if (q->n + n > QPMAX - 1) {
		memcpy(q->s + q->n, "=\r\n", 3);
		if (put(q->o, q->s, q->n + 3) == -1)
			return -1;
		q->n = 0;
	}
	memcpy(q->s + q->n, s, n);
	q->n += n;
	return 0;
}

static int
qphex(struct qp *q, char c)
{
	static const char hex[] = "0123456789ABCDEF";
	char s[3];

	s[0] = '=';
	s[1] = hex[(unsigned char)c >> 4];
	s[2] = hex[(unsigned char)c & 15];
	return qpput(q, s, 3);
}

static int
qpend(struct qp *q, const struct line *l)
{
	if (put(q->o, q->s, q->n) == -1)
		return -1;
	q->n = 0;
	return l->end ? newline(q->o) : 0;
}

static int
qpline(struct qp *q, const struct line *l)
{
	size_t i;
	char c;
	int r;

	for (i = 0; i < l->n; i++) {
		c = l->s[i];
		if ((c == ' ' || c == '\t') && i + 1 < l->n)
			r = qpput(q, &c, 1);
		else if (c > ' ' && c <= '~' && c != '=')
			r = qpput(q, &c, 1);
		else
			r = qphex(q, c);
		if (r == -1)
			return -1;
	}
	return qpend(q, l);
}

int
recode_qp(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	struct line l;
	struct qp q;

	q.o = o;
	q.n = 0;
	while (next(&p, s + n, &l))
		if (qpline(&q, &l) == -1)
			return -1;
	return 0;
}

static int
ishex(char c)
{
	return c && strchr("0123456789ABCDEFabcdef", c) != NULL;
}

static int
requoteline(struct qp *q, const struct line *l)
{
	size_t i, k, n = l->n;
	int r;

	/* Trailing white space is not part of the text (6.7 (3)). */
	while (n && isblank_(l->s[n - 1]))
		n--;
	for (i = 0; i < n; i += k) {
		k = l->s[i] == '=' && n - i > 2 && ishex(l->s[i + 1]) &&
			ishex(l->s[i + 2])
		    ? 3
		    : 1;
		if (l->s[i] == '\r')
			r = qphex(q, '\r');
		else
			r = qpput(q, l->s + i, k);
		if (r == -1)
			return -1;
	}
	return qpend(q, l);
}

int
recode_requote(const struct recode_out *o, const char *s, size_t n)
{
	const char *p = s;
	struct line l;
	struct qp q;
	int r;

	q.o = o;
	q.n = 0;
	while (next(&p, s + n, &l)) {
		if (isbad(&l))
			r = requoteline(&q, &l);
		else
			r = recode_plain(o, l.s, l.n + l.end);
		if (r == -1)
			return -1;
	}
	return 0;
}
