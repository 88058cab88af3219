#include <string.h>

#include "common/smtpreply.h"

enum { AT_SEPARATOR = 3, AT_TEXT };

void
smtpreply_init(struct smtpreply *r)
{
	/* Not the text: a thousand octets for each reply would be felt. */
	memset(r, 0, offsetof(struct smtpreply, text));
}

void
smtpreply_forget(struct smtpreply *r)
{
	r->len = r->line = 0;
}

static enum smtpreply_result
bad(struct smtpreply *r, const char *why)
{
	r->why = why;
	return SMTPREPLY_BAD;
}

static int
isdigit_(char c)
{
	return c >= '0' && c <= '9';
}

/* The number at s, of at most max digits: how many there are. */
static size_t
digits(const char *s, size_t n, size_t max)
{
	size_t i = 0;

	while (i < n && i < max && isdigit_(s[i]))
		i++;
	return i;
}

/* Copies "x.y.z" from the beginning of the text, if it is there. */
static void
find_status(struct smtpreply *r)
{
	const char *s = r->text;
	size_t n = r->len, at = 2, k;

	if (n < 5 || (*s != '2' && *s != '4' && *s != '5') || s[1] != '.')
		return;
	k = digits(s + at, n - at, 3);
	at += k;
	if (!k || at == n || s[at++] != '.')
		return;
	k = digits(s + at, n - at, 3);
	at += k;
	if (!k || (at < n && s[at] != ' '))
		return;
	memcpy(r->status, s, at);
	r->status[at] = '\0';
}

static void
keep(struct smtpreply *r, const char *s, size_t n)
{
	size_t room = sizeof r->text - r->len;

	if (n > room)
		n = room;
	memcpy(r->text + r->len, s, n);
	r->len += (uint16_t)n;
}

/* The text of a line; CRs at its end wait until it is known whether they
 * belong to the line end. */
static void
take_text(struct smtpreply *r, const char *s, size_t n)
{
	size_t end = n;

	if (!n)
		return;
	while (end && s[end - 1] == '\r')
		end--;
	if (end) {
		while (r->cr) {
			keep(r, "\r", 1);
			r->cr--;
		}
		keep(r, s, end);
	}
	/* More than fill the text need not be remembered. */
	if (n - end > (size_t)SMTPREPLY_TEXTMAX - r->cr)
		r->cr = SMTPREPLY_TEXTMAX;
	else
		r->cr += (uint16_t)(n - end);
}

/* One octet of the code or the one behind it. */
static int
take_code(struct smtpreply *r, char c)
{
	if (r->at < AT_SEPARATOR) {
		if (!isdigit_(c))
			return -1;
		r->code = (uint16_t)(r->code * 10 + (c - '0'));
		if (++r->at == 1 && (c < '2' || c > '5'))
			return -1;
		return 0;
	}
	if (c != ' ' && c != '-')
		return -1;
	r->more = c == '-';
	r->at = AT_TEXT;
	if (r->lines && r->len)
		keep(r, " ", 1);
	r->line = r->len;
	return 0;
}

static enum smtpreply_result
end_line(struct smtpreply *r)
{
	if (!r->lines++)
		r->first = r->code;
	if (r->first / 100 != r->code / 100)
		return bad(r, "codes differ between the lines of a reply");
	if (r->lines > SMTPREPLY_LINES)
		return bad(r, "reply of too many lines");
	if (r->lines == 1)
		find_status(r);
	r->at = 0;
	r->cr = 0;
	return r->more ? SMTPREPLY_LINE : SMTPREPLY_DONE;
}

/* Whatever stands before the text: 1 the line has ended, 0 go on, -1 bad. */
static int
before_text(struct smtpreply *r, char c)
{
	if (r->at == 0) {
		r->code = 0;
		r->more = 0;
	}
	if (r->at == AT_SEPARATOR && c == '\r') {
		r->cr = 1;
		return 0;
	}
	if (r->at == AT_SEPARATOR && c == '\n') {
		r->line = r->len;
		return 1;
	}
	return r->cr ? -1 : take_code(r, c);
}

enum smtpreply_result
smtpreply_next(struct smtpreply *r, const char **p, size_t *n)
{
	const char *nl;
	size_t k;
	int e;

	if (r->why)
		return SMTPREPLY_BAD;
	while (*n) {
		if (r->octets > SMTPREPLY_MAX)
			return bad(r, "endless reply");
		if (r->at != AT_TEXT) {
			e = before_text(r, **p);
			k = 1;
		} else {
			nl = memchr(*p, '\n', *n);
			k = nl ? (size_t)(nl - *p) : *n;
			take_text(r, *p, k);
			e = nl != NULL;
			k += nl != NULL;
		}
		if (e == -1)
			return bad(r, "not an SMTP reply");
		*p += k;
		*n -= k;
		r->octets += (uint32_t)k;
		if (e)
			return end_line(r);
	}
	return SMTPREPLY_MORE;
}
