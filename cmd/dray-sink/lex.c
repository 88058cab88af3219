#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "script.h"

int
lex_bad(struct lex *x, const char *format, ...)
{
	va_list ap;
	int k = snprintf(x->err, x->errlen, "%u: ", x->line);

	va_start(ap, format);
	if (k > 0 && (size_t)k < x->errlen)
		vsnprintf(x->err + k, x->errlen - (size_t)k, format, ap);
	va_end(ap);
	return -1;
}

int
lex_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void
lex_skip(struct lex *x)
{
	while (lex_blank(*x->p))
		x->p++;
}

/* The next word, cut off with a NUL; NULL at the end of the line. */
char *
lex_word(struct lex *x)
{
	char *w;

	lex_skip(x);
	if (!*x->p)
		return NULL;
	w = x->p;
	while (*x->p && !lex_blank(*x->p))
		x->p++;
	if (*x->p)
		*x->p++ = '\0';
	return w;
}

int
lex_count(struct lex *x, const char *s, uint64_t *n_r)
{
	unsigned long long n;
	char *end;

	if (!s || *s < '0' || *s > '9' || strlen(s) > 18)
		return lex_bad(x, "a number is wanted, not %.40s",
		    s ? s : "the end of the line");
	n = strtoull(s, &end, 10);
	if (*end)
		return lex_bad(x, "not a number: %.40s", s);
	*n_r = n;
	return 0;
}

int
lex_time(struct lex *x, double *v_r)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = { { "ms", 0.001 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
		{ "", 1 } };
	const char *s = lex_word(x);
	char *end;
	double v;
	size_t i;

	if (!s || *s < '0' || *s > '9')
		return lex_bad(x, "a time is wanted, like 5s or 200ms");
	v = strtod(s, &end);
	for (i = 0; i < sizeof units / sizeof units[0]; i++)
		if (!strcmp(end, units[i].unit) && isfinite(v)) {
			*v_r = v * units[i].seconds;
			return 0;
		}
	return lex_bad(x, "not a time: %.40s", s);
}

/* "3", "3-5", "3-" or "-5". */
int
lex_range(struct lex *x, struct range *r)
{
	char *s = lex_word(x), *dash = s ? strchr(s, '-') : NULL;

	r->from = 0;
	r->to = UINT64_MAX;
	if (!dash) {
		if (lex_count(x, s, &r->from) == -1)
			return -1;
		r->to = r->from;
		return 0;
	}
	*dash = '\0';
	if ((*s && lex_count(x, s, &r->from) == -1) ||
	    (dash[1] && lex_count(x, dash + 1, &r->to) == -1))
		return -1;
	if ((!*s && !dash[1]) || r->from > r->to)
		return lex_bad(x, "an empty range");
	return 0;
}

int
lex_chance(struct lex *x, double *v_r)
{
	const char *s = lex_word(x);
	char *end;
	double v;

	if (!s || *s < '0' || *s > '9')
		return lex_bad(x, "a chance is wanted, like 5%% or 0.05");
	v = strtod(s, &end);
	if (!strcmp(end, "%"))
		v /= 100;
	else if (*end)
		return lex_bad(x, "not a chance: %.40s", s);
	if (!(v >= 0 && v <= 1))
		return lex_bad(x, "a chance is between 0 and 1: %.40s", s);
	*v_r = v;
	return 0;
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *p;

	p = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c)
	      : NULL;
	return p ? (int)(p - digits) : -1;
}

/* One character of a string, with its escape; -1 when that is not known. */
static int
unescape(char **p)
{
	static const char names[] = "rnt0\\\"", values[] = "\r\n\t\0\\\"";
	const char *k;
	int hi, lo;
	char c = *(*p)++;

	if (c != '\\')
		return (unsigned char)c;
	c = *(*p)++;
	if (c == 'x') {
		hi = hex_digit((*p)[0]);
		lo = hi == -1 ? -1 : hex_digit((*p)[1]);
		if (lo == -1)
			return -1;
		*p += 2;
		return hi * 16 + lo;
	}
	k = c ? strchr(names, c) : NULL;
	return k ? (unsigned char)values[k - names] : -1;
}

/* A string in double quotes, taken in place; its length in n_r. */
int
lex_string(struct lex *x, char **s_r, size_t *n_r)
{
	char *d;
	int c;

	if (*x->p != '"')
		return lex_bad(x, "a string in double quotes is wanted");
	d = *s_r = ++x->p;
	while (*x->p != '"') {
		if (!*x->p)
			return lex_bad(x, "a string without its end");
		c = unescape(&x->p);
		if (c == -1)
			return lex_bad(x, "an escape that is not known");
		*d++ = (char)c;
	}
	x->p++;
	*n_r = (size_t)(d - *s_r);
	return 0;
}
