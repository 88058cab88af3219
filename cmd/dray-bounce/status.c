#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/dsn.h"
#include "cmd/dray-bounce/put.h"
#include "common/mem.h"
#include "common/utf8.h"

#define DIAGNOSTIC_MAX 1024 /* octets of what the server said */

int
status_isglobal(const struct dsn *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (utf8_high(d->n[i].recipient, strlen(d->n[i].recipient)))
			return 1;
	return 0;
}

/* Three numbers of RFC 3463 whose class goes with what happened; what the
 * server gave, if it is such. */
static void
put_status(stralloc *out, const struct notice *n)
{
	char class = n->kind == NOTICE_FAILED ? '5'
	    : n->kind == NOTICE_RELAYED	      ? '2'
					      : '4';
	unsigned int subject, detail;
	char end, b[40];

	if (n->status[0] != class ||
	    sscanf(n->status + 1, ".%3u.%3u%c", &subject, &detail, &end) != 2)
		subject = detail = 0;
	snprintf(b, sizeof b, "Status: %c.%u.%u\r\n", class, subject, detail);
	put_text(out, b);
}

/* An address is not folded, nor are its blanks changed. */
static void
put_typed(stralloc *out, const char *name, const char *type, const char *s)
{
	put_text(out, name);
	put_text(out, ": ");
	put_text(out, type);
	put_text(out, "; ");
	put_text(out, s);
	put_text(out, "\r\n");
}

static int
type_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
			(s[i] >= 'A' && s[i] <= 'Z') ||
			(s[i] >= '0' && s[i] <= '9') || s[i] == '-'))
			return 0;
	return n > 0;
}

/* ORCPT is "type;xtext"; with the type utf-8 the rest is not xtext, and is
 * good as it is (RFC 6533 3). */
static void
put_orcpt(stralloc *out, const struct notice *n)
{
	const char *semi = strchr(n->orcpt, ';');
	size_t len = semi ? (size_t)(semi - n->orcpt) : 0;

	if (!semi || !semi[1] || !type_ok(n->orcpt, len))
		return;
	put_text(out, "Original-Recipient: ");
	mem_check(stralloc_catb(out, n->orcpt, len));
	put_text(out, "; ");
	if (len == 5 && strncasecmp(n->orcpt, "utf-8", 5) == 0)
		put_ascii(out, semi + 1, strlen(semi + 1));
	else
		put_xtext(out, semi + 1);
	put_text(out, "\r\n");
}

static void
put_host(stralloc *out, const char *host)
{
	unsigned char ip[16];
	int v4 = inet_pton(AF_INET, host, ip) == 1;
	int v6 = inet_pton(AF_INET6, host, ip) == 1;

	put_text(out, "Remote-MTA: dns; ");
	put_text(out, v4 ? "[" : v6 ? "[IPv6:" : "");
	put_ascii(out, host, strlen(host));
	put_text(out, v4 || v6 ? "]\r\n" : "\r\n");
}

/* What the server said; or, under a type of our own, what we say. */
static void
put_diagnostic(stralloc *out, const struct notice *n, int isglobal)
{
	stralloc v = STRALLOC_ZERO;
	char code[24];

	snprintf(code, sizeof code, "smtp; %u ", n->code);
	put_text(&v, n->code ? code : "x-dray; ");
	(isglobal ? put_utf8 : put_ascii)(&v, n->text,
	    n->text_len > DIAGNOSTIC_MAX ? DIAGNOSTIC_MAX : n->text_len);
	put_field(out, "Diagnostic-Code", v.s, v.len);
	stralloc_free(&v);
}

static void
put_recipient(stralloc *out, const struct notice *n, int isglobal)
{
	put_text(out, "\r\n");
	put_orcpt(out, n);
	put_typed(out, "Final-Recipient",
	    utf8_high(n->recipient, strlen(n->recipient)) ? "utf-8" : "rfc822",
	    n->recipient);
	put_text(out, "Action: ");
	put_text(out, notice_name(n->kind));
	put_text(out, "\r\n");
	put_status(out, n);
	if (*n->host)
		put_host(out, n->host);
	if (n->code || n->text_len)
		put_diagnostic(out, n, isglobal);
	/* What is our own verdict came without an attempt. */
	if (n->code || *n->host)
		put_date(out, "Last-Attempt-Date", n->time / 1000000);
	if (n->kind == NOTICE_DELAYED)
		put_date(out, "Will-Retry-Until", n->expiry);
}

void
status_put(stralloc *out, const struct dsn *d)
{
	int isglobal = status_isglobal(d);
	size_t i;

	if (*d->n->envid) {
		put_text(out, "Original-Envelope-Id: ");
		put_xtext(out, d->n->envid);
		put_text(out, "\r\n");
	}
	put_typed(out, "Reporting-MTA", "dns", d->node->hostname);
	put_date(out, "Arrival-Date", d->n->arrival / 1000000);
	for (i = 0; i < d->count; i++)
		put_recipient(out, &d->n[i], isglobal);
}
