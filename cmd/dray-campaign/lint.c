#include <libpsl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "campaign.h"
#include "common/idn.h"

#define CLIPPED \
	102400 /* octets above which large mailboxes cut a message off */

static struct {
	uint64_t line; /* of the list */
	int wrong;
} lint;

static void say(int wrong, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(int wrong, const char *format, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	lint.wrong |= wrong;
	say_line("lint: list:%llu: %s: %s", (unsigned long long)lint.line,
	    wrong ? "error" : "warning", text);
}

/* The n-th field of a name: its value, unfolded in place it is not; NULL. */
static const char *
find(const char *head, size_t n, const char *name, unsigned int nth,
    size_t *len_r)
{
	const char *s = head, *end = head + n, *nl;
	size_t len = strlen(name);

	while (s < end) {
		nl = s;
		do {
			nl = memchr(nl, '\n', (size_t)(end - nl));
			nl = nl ? nl + 1 : end;
		} while (nl < end && (*nl == ' ' || *nl == '\t'));
		if ((size_t)(nl - s) > len && s[len] == ':' &&
		    strncasecmp(s, name, len) == 0 && nth-- == 0) {
			*len_r = (size_t)(nl - s) - len - 1;
			return s + len + 1;
		}
		s = nl;
	}
	return NULL;
}

/* RFC 5322 3.6: once, or never. */
static void
look_fields(const char *h, size_t n)
{
	static const struct {
		const char *name;
		int needed;
	} once[] = { { "From", 1 }, { "Date", 1 }, { "Message-ID", 1 },
		{ "Subject", 0 }, { "To", 0 }, { "Cc", 0 }, { "Reply-To", 0 },
		{ "Sender", 0 }, { "MIME-Version", 0 }, { "Content-Type", 0 },
		{ "List-Unsubscribe", 0 }, { "List-Unsubscribe-Post", 0 },
		{ "List-Id", 0 } };
	size_t i, len;

	for (i = 0; i < sizeof once / sizeof *once; i++) {
		if (once[i].needed && !find(h, n, once[i].name, 0, &len))
			say(1, "there is no %s field", once[i].name);
		if (find(h, n, once[i].name, 1, &len))
			say(1, "there are two %s fields", once[i].name);
	}
	if (!find(h, n, "Subject", 0, &len) || len < 4)
		say(0, "there is no subject");
	if (!find(h, n, "To", 0, &len))
		say(0, "there is no To field");
}

static void
look_names(const char *h, size_t n)
{
	const char *s = h, *end = h + n, *nl;
	size_t i;

	for (; s < end; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			break;
		if (*s == ' ' || *s == '\t')
			continue;
		for (i = 0; s[i] > 32 && s[i] < 127 && s[i] != ':'; i++)
			;
		if (i == 0 || s[i] != ':')
			say(1, "a line of the header is no field: %s",
			    say_quoted(s, (size_t)(nl - s)));
	}
}

static void
look_unsubscribe(const struct campaign *c, const char *h, size_t n)
{
	size_t len;
	const char *s = find(h, n, "List-Unsubscribe", 0, &len);

	if (!s) {
		say(0,
		    "there is no List-Unsubscribe: bulk mail without it is "
		    "refused by large mailbox providers%s",
		    c->t.hassender ? "" : " (dray-conf(5), [sender])");
		return;
	}
	if (!memmem(s, len, "<https:", 7))
		say(0, "List-Unsubscribe has no https link");
	else if (!find(h, n, "List-Unsubscribe-Post", 0, &len))
		say(0, "there is no List-Unsubscribe-Post (RFC 8058)");
}

/* The part of a name that its owner registered. */
static void
organisation(const char *domain, char d[ADDR_DOMAINMAX + 1])
{
	const psl_ctx_t *psl = psl_builtin();
	const char *org = psl ? psl_registrable_domain(psl, domain) : NULL;

	snprintf(d, ADDR_DOMAINMAX + 1, "%s", org ? org : domain);
}

static int
aligned(const char *a, const char *b)
{
	char x[ADDR_DOMAINMAX + 1], y[ADDR_DOMAINMAX + 1];

	organisation(a, x);
	organisation(b, y);
	return strcasecmp(x, y) == 0;
}

/* DMARC (RFC 7489 3.1): who signs, or who gets what comes back, is who writes. */
static void
look_domain(const struct campaign *c)
{
	struct policy_signer s[POLICY_SIGNERS];
	const char *from = c->t.domain, *back, *at;
	int i, n = 0, good = 0;

	at = strrchr(c->t.said.return_path, '@');
	back = c->t.hassender && at ? at + 1 : c->t.whose;
	if (c->t.haspolicy)
		n = policy_signers(&c->t.policy, c->t.whose, s);
	for (i = 0; i < n; i++)
		good |= aligned(s[i].domain, from);
	if (n <= 0)
		say(0, "nobody signs mail of %s (dray-conf(5), [dkim])",
		    c->t.whose);
	else if (!good)
		say(0, "no signature is of the domain of From, %s", from);
	if (!good && !aligned(back, from))
		say(0,
		    "neither a signature nor the return path, %s, is of the "
		    "domain of From, %s: DMARC fails",
		    back, from);
}

static void
look_lines(const char *s, size_t n)
{
	const char *end = s + n, *nl;

	for (; s < end; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl || nl == s || nl[-1] != '\r') {
			say(1, "a line does not end in CRLF");
			return;
		}
		if (nl - s - 1 > 998)
			say(1, "a line of over 998 octets");
	}
}

int
lint_message(const struct campaign *c, const char *s, size_t n, uint64_t line)
{
	const char *end = memmem(s, n, "\r\n\r\n", 4);
	size_t head = end ? (size_t)(end + 2 - s) : n;

	lint.line = line;
	lint.wrong = 0;
	look_lines(s, n);
	look_names(s, head);
	look_fields(s, head);
	look_unsubscribe(c, s, head);
	look_domain(c);
	if (n > CLIPPED)
		say(0,
		    "%zu octets: large mailbox providers show the first "
		    "%d only",
		    n, CLIPPED);
	return lint.wrong;
}
