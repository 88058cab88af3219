#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"
#include "common/chars.h"

/* How a line begins, but for dashes and the like, after which the message that
 * came back stands. */
static const char *const begins[] = {
	"original message follows",
	"original message below",
	"original message header",
	"original message -",
	"original headers",
	"the original message follows",
	"original mail as follows",
	"this is a copy of the message",
	"this is a copy of your message",
	"this is a copy of the headers",
	"here is a copy of the header",
	"here is your returned mail",
	"copy of your message",
	"copy of the message",
	"below this line is a copy of the message",
	"below is a copy of your message",
	"below is the original message",
	"a copy of your message",
	"a copy of the original message below",
	"a copy of the message below",
	"the text of your message follows",
	"the text of the message follows",
	"your message follows",
	"your original message follows",
	"your original message headers",
	"your message reads",
	"your message was as follows",
	"unsent message below",
	"unsent message follows",
	"undelivered message follows",
	"the undelivered message follows",
	"undeliverable message follows",
	"returned message follows",
	"returned message below",
	"returned text follows",
	"returned mail follows",
	"message header follows",
	"message headers follow",
	"message header:",
	"message headers:",
	"message text follows",
	"message follows",
	"the header of the original message",
	"headers of the original message",
	"headers of original message",
	"header of the original message",
	"header of original message",
	"the following is a copy of",
	"the following is the header",
	"the following is the original",
	"the message headers were",
	"the message header is",
	"the first",
	"the header and top",
	"the header of your message",
	"the headers of the message",
	"the headers for the message",
	"full headers of",
	"included is a copy of the message header",
	"attached is a copy of the message header",
	"beginning of original message",
	"start of original message",
	"begin original message",
	"begin message",
	"start of returned message",
	"start of forwarded message",
	"forwarded message",
	"unzustellbare nachricht",
	"ursprungliche nachricht",
	"urspruengliche nachricht",
	"message d'origine",
	"message original",
	"mensaje original",
	"cabeceras del mensaje",
	"messaggio originale",
	"returned message",
	"original message",
	"content-type: message/rfc822",
	"content-type: text/rfc822-headers",
	"rfc 822 header",
	"----- original",
};

/* Fields that stand in the header of a message and not among words. */
static const char *const strong[] = { "received:", "return-path:",
	"message-id:", "dkim-signature:", "mime-version:", "x-mailer:",
	"delivered-to:", "x-received:" };

static const char *const weak[] = { "from:", "to:", "subject:", "date:", "cc:",
	"reply-to:", "sender:", "precedence:", "importance:", "user-agent:",
	"references:", "in-reply-to:", "organization:", "list-", "x-",
	"content-", "arc-", "authentication-results:", "errors-to:",
	"comments:", "priority:", "thread-", "resent-" };

/* What looks like a header and is a report. */
static const char *const report[] = { "x-postfix-", "x-actual-recipient:",
	"x-supplementary-info:", "x-display-name:", "x-original-message-id" };

static int
is_any(const char *s, size_t n, const char *const *list, size_t count)
{
	size_t i, len;

	for (i = 0; i < count; i++) {
		len = strlen(list[i]);
		if (n >= len && !strncasecmp(s, list[i], len))
			return 1;
	}
	return 0;
}

#define IS_ANY(s, n, list) is_any(s, n, list, sizeof(list) / sizeof *(list))

static int
is_marker(const char *s, const char *eol)
{
	const char *p = s;

	while (p < eol &&
	    !((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p < 0))
		p++;
	/* Words such as "original message" mean it only as a heading. */
	return IS_ANY(p, (size_t)(eol - p), begins) && eol - s < 160;
}

/* How many fields stand in a row from s on, and whether one of them is strong. */
static int
is_header(const char *s, const char *end)
{
	unsigned int lines, fields = 0, sure = 0;
	const char *eol;
	size_t n;

	for (lines = 0; s < end && lines < 40; lines++, s = eol) {
		eol = header_nextline(s, end);
		n = (size_t)(eol - s);
		if (*s == ' ' || *s == '\t') {
			if (!fields)
				return 0;
			continue;
		}
		if (IS_ANY(s, n, report))
			return 0;
		if (IS_ANY(s, n, strong))
			sure++;
		else if (!IS_ANY(s, n, weak))
			break;
		fields++;
		if (fields >= 3 && sure)
			return 1;
	}
	return 0;
}

static const char *
find_end(const char *s, const char *end)
{
	const char *p, *eol;
	int words = 0;

	for (p = s; p < end; p = eol) {
		eol = header_nextline(p, end);
		if (words && is_marker(p, eol))
			return p;
		if (is_header(p, end))
			return p;
		words |= eol - p > 2;
	}
	return end;
}

/* Words of the message itself; HTML only where there is nothing else. */
static struct span
all_words(struct reading *d, enum mime_what what)
{
	struct span s = { "", 0 };
	const struct mime_piece *p;
	size_t i, n = 0;
	char *w;

	for (i = 0; i < d->mime.npiece; i++)
		if (d->mime.piece[i].what == what && !d->mime.piece[i].level)
			n += d->mime.piece[i].n + 1;
	if (!n)
		return s;
	s.s = w = arena_take(d->arena, n);
	for (i = 0; i < d->mime.npiece; i++) {
		p = &d->mime.piece[i];
		if (p->what != what || p->level)
			continue;
		memcpy(w, p->s, p->n);
		w[p->n] = '\n';
		w += p->n + 1;
	}
	s.n = n;
	return s;
}

static int
is_blank(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.s[i] > ' ' || s.s[i] < 0)
			return 0;
	return 1;
}

static struct span
piece_span(const struct mime_piece *p)
{
	struct span s = { p->s, p->n };

	return s;
}

/* A notice that somebody else passed on: its header, and its words. */
static int
is_notice(struct reading *d, struct span head)
{
	struct top outer = d->top;
	int is;

	topfield_read(d, head.s, head.n);
	is = d->top.daemon || !strcmp(d->top.return_path, "<>") ||
	    *d->top.failed ||
	    strstr(field_find(d->arena, head, "Content-Type", REPORT_WORD),
		"report-type");
	d->top = outer;
	return is;
}

int
textsplit_is_notice(struct reading *d, const struct mime_piece *p)
{
	return is_notice(d, piece_span(p));
}

static void
set_text(struct reading *d, struct span all)
{
	const char *end = find_end(all.s, all.s + all.n);

	d->text.s = all.s;
	d->text.n = (size_t)(end - all.s);
	d->rest.s = end;
	d->rest.n = all.n - d->text.n;
}

/* In the message that came back there may be another notice, as words or as a
 * part: 1 when d->text is its words. */
int
textscan_deeper(struct reading *d)
{
	const struct mime_piece *p = d->mime.piece;
	const char *s = d->rest.s, *end = s + d->rest.n, *body;
	struct span head, all;
	size_t i;

	while (s < end && !is_header(s, end))
		s = header_nextline(s, end);
	for (body = s; body < end && *body != '\n';)
		body = header_nextline(body, end);
	head.s = s;
	head.n = (size_t)(body - s);
	if (head.n && is_notice(d, head)) {
		all.s = body;
		all.n = (size_t)(end - body);
		set_text(d, all);
		return 1;
	}
	for (i = 0; i + 1 < d->mime.npiece; i++)
		if (p[i].what == MIME_HEADER && p[i + 1].what == MIME_TEXT &&
		    p[i + 1].level > d->level &&
		    is_notice(d, piece_span(&p[i]))) {
			d->level = p[i + 1].level;
			set_text(d, piece_span(&p[i + 1]));
			return 1;
		}
	return 0;
}

void
textscan_split(struct reading *d)
{
	struct span all = all_words(d, MIME_TEXT);

	if (is_blank(all))
		all = all_words(d, MIME_HTML);
	/* Parts that cannot be found: all of it is words. */
	if (is_blank(all) && !d->has_status)
		all.s =
		    charset_text(d->arena, "", d->body.s, d->body.n, &all.n);
	set_text(d, all);
}
