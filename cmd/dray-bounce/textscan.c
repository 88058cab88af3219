#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"
#include "common/chars.h"

#define ADDRESSES 400 /* that are looked at */

/* How sure it is that an address in the words is one that failed. */
enum { NEVER, PERHAPS, COMMAND, CODED, NAMED, ALONE };

struct seen {
	struct span a;
	const char *line;
	int score;
};

/* What stands in front of an address that failed. */
static const char *const in_front[] = { "recipient:", "recipients:",
	"recipient", "delivered to", "delivered to:", "deliver to",
	"deliver to:", "delivery to", "delivery to:", "undeliverable to",
	"undeliverable to:", "undeliverable address:", "address:", "addressee:",
	"mailbox", "user",
	"failed:", "recipient address:", "original-recipient: rfc822;",
	"final-recipient: rfc822;", "intended recipient", "mail to", "sent to",
	"message to", "message for", "email to", "e-mail to", "reach",
	"addressed to", "your message to", "recipient(s):", "failed recipient:",
	"failed addresses follow:", "to the following recipient", "for user",
	"following recipient:", "account", "could not be sent to", "mailed to",
	"sending to", "delivering to", "delivering mail to",
	"delivering your mail to", "to address", "the address", "forward to",
	"to:", "was to", "destinatario:", "empfanger:" };

static const char *const commands[] = { "rcpt to:", "rcpt to" };

/* What stands in front of one that did not. */
static const char *const others[] = { "from:", "from", "sender:", "sender",
	"reply-to:", "contact", "mailto:", "mail from:", "message-id:", "by",
	"please mail", "send mail to", "e-mail us at", "write to", "help",
	"assistance", "questions", "complaints to", "in-reply-to:", "http",
	"references:", "envelope-from", "author:", "reply to", "via", "via:" };

static const char *const staff[] = { "postmaster@", "mailer-daemon@", "abuse@",
	"hostmaster@", "noc@" };

/* Whether the line so far ends in one of these, as a word. */
static int
ends(const char *s, size_t n, const char *const *list, size_t count)
{
	size_t i, len;

	for (i = 0; i < count; i++) {
		len = strlen(list[i]);
		if (n < len || strncasecmp(s + n - len, list[i], len))
			continue;
		if (n == len || s[n - len - 1] == ' ' || s[n - len - 1] < ' ')
			return 1;
	}
	return 0;
}

#define ENDS(s, n, list) ends(s, n, list, sizeof(list) / sizeof *(list))

static int
is_staff(struct span a)
{
	size_t i, n;

	for (i = 0; i < sizeof staff / sizeof *staff; i++) {
		n = strlen(staff[i]);
		if (a.n > n && !strncasecmp(a.s, staff[i], n))
			return 1;
	}
	return 0;
}

/* Nothing but marks in front of it, or a number of a list. */
static int
is_alone(const char *s, size_t n)
{
	size_t i, digits = 0;

	for (i = 0; i < n; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			digits++;
		else if (!strchr(" \t<>*-+.:'\"|=(#)", s[i]) || !s[i])
			return 0;
	}
	return digits <= 2;
}

/* Of a line that goes on what the one before has begun. */
static int
is_continued(const struct span t, const struct seen *x, const struct seen *b)
{
	const char *p = x->line;

	if (!b || b->score != ALONE || p == t.s || b->line >= p)
		return 0;
	/* In the same paragraph, further in. */
	if (memmem(b->line, (size_t)(p - b->line), "\n\n", 2))
		return 0;
	return strspn(p, " \t") > strspn(b->line, " \t");
}

/* "550 5.1.1 " or the like. */
static int
is_after_code(const char *s, size_t n)
{
	while (n && (s[n - 1] == ' ' || s[n - 1] == '<' || s[n - 1] == ':'))
		n--;
	return n >= 3 && s[n - 1] >= '0' && s[n - 1] <= '9';
}

static size_t
trim(const char *s, size_t n)
{
	while (n && strchr(" \t<([\"'`", s[n - 1]) && s[n - 1])
		n--;
	return n;
}

/* The words before the line end in "sent by:" or the like. */
static int
is_behind_sender(struct span t, const char *line)
{
	static const char *const by[] = { "sent by", "from",
		"from:", "sender:", "sender is", "sender" };
	const char *e = line, *s;

	while (e > t.s && strchr(" \t\n:", e[-1]))
		e--;
	s = memrchr(t.s, '\n', (size_t)(e - t.s));
	s = s ? s + 1 : t.s;
	return ENDS(s, (size_t)(e - s), by);
}

static int
score(struct span t, const struct seen *x, const struct seen *before)
{
	const char *s = x->line;
	size_t n = (size_t)(x->a.s - s), short_n = trim(s, n);

	if (ENDS(s, short_n, others))
		return NEVER;
	if (is_alone(s, n) && is_behind_sender(t, x->line))
		return NEVER;
	if (is_alone(s, n))
		return is_staff(x->a) ? PERHAPS : ALONE;
	if (short_n && (s[short_n - 1] == ',' || s[short_n - 1] == ';') &&
	    before && before->line == x->line)
		return before->score;
	if (is_staff(x->a))
		return NEVER;
	if (ENDS(s, short_n, commands))
		return COMMAND;
	if (ENDS(s, short_n, in_front))
		return NAMED;
	if (!is_after_code(s, n))
		return PERHAPS;
	/* "554 <a@example.com>... Service unavailable" */
	return n < 16 && *s >= '4' && *s <= '5' ? CODED : COMMAND;
}

/* A domain with a dot, or between brackets: else it may be anything. */
static int
is_outside(const struct span *a, const char *at, const char *begin)
{
	return memchr(at, '.', (size_t)(a->s + a->n - at)) ||
	    (a->s > begin && a->s[-1] == '<');
}

static size_t
look(struct reading *d, struct seen *x)
{
	const char *s = d->text.s, *e = s + d->text.n, *at, *line = s, *p;
	const struct seen *first = NULL; /* of a paragraph */
	size_t n = 0;

	for (at = s;
	     n < ADDRESSES && (at = memchr(at, '@', (size_t)(e - at))) != NULL;
	     at++) {
		if (!address_at(line, e, at, &x[n].a) ||
		    !is_outside(&x[n].a, at, s))
			continue;
		p = memrchr(line, '\n', (size_t)(x[n].a.s - line));
		if (p)
			line = p + 1;
		x[n].line = line;
		x[n].score = score(d->text, &x[n], n ? &x[n - 1] : NULL);
		if (x[n].score == ALONE && is_continued(d->text, &x[n], first))
			x[n].score = PERHAPS;
		if (x[n].score == ALONE)
			first = &x[n];
		n++;
	}
	return n;
}

/* The ones that are surest. */
int
textscan_read(struct reading *d)
{
	static struct seen x[ADDRESSES];
	struct found *f;
	const char *a;
	int best = NEVER;
	size_t i, n = look(d, x), before = d->nfound;

	for (i = 0; i < n; i++) {
		a = arena_word(d->arena, x[i].a.s, x[i].a.n, REPORT_ADDRESS);
		if (address_is_ours(d, a))
			x[i].score = NEVER;
		if (x[i].score > best)
			best = x[i].score;
	}
	for (i = 0; i < n && best != NEVER; i++) {
		if (x[i].score != best)
			continue;
		a = arena_word(d->arena, x[i].a.s, x[i].a.n, REPORT_ADDRESS);
		f = reading_found(d, a);
		if (f)
			f->source = REPORT_BY_TEXT;
		/* Less sure ones are one, the first. */
		if (best <= COMMAND)
			break;
	}
	return best > PERHAPS && d->nfound > before;
}
