#include <stdio.h>
#include <string.h>

#include "campaign.h"
#include "common/mem.h"

static void
put(stralloc *sa, const char *name, const char *value)
{
	mem_check(stralloc_cats(sa, name) && stralloc_cats(sa, ": ") &&
	    stralloc_cats(sa, value) && stralloc_cats(sa, "\r\n"));
}

/* With the token where "{token}" stands. */
static void
put_url(stralloc *sa, const char *url)
{
	const char *at = strstr(url, "{token}");

	mem_check(stralloc_append(sa, '<'));
	for (; at; at = strstr(url, "{token}")) {
		mem_check(stralloc_catb(sa, url, (size_t)(at - url)) &&
		    stralloc_cats(sa, "{{dray.token}}"));
		url = at + 7;
	}
	mem_check(stralloc_cats(sa, url) && stralloc_append(sa, '>'));
}

static void
put_mailto(stralloc *sa, const char *address)
{
	const char *at = strrchr(address, '@');

	mem_check(stralloc_cats(sa, "<mailto:") &&
	    stralloc_catb(sa, address, (size_t)(at - address)) &&
	    stralloc_cats(sa, "+{{dray.token}}") && stralloc_cats(sa, at) &&
	    stralloc_cats(sa, "?subject=unsubscribe>"));
}

/* RFC 2369, RFC 8058. */
static void
put_unsubscribe(stralloc *sa, const struct policy_sender *p)
{
	if (!p->unsubscribe_url[0] && !p->unsubscribe_mailto[0])
		return;
	mem_check(stralloc_cats(sa, "List-Unsubscribe: "));
	if (p->unsubscribe_url[0])
		put_url(sa, p->unsubscribe_url);
	if (p->unsubscribe_url[0] && p->unsubscribe_mailto[0])
		mem_check(stralloc_cats(sa, ",\r\n "));
	if (p->unsubscribe_mailto[0])
		put_mailto(sa, p->unsubscribe_mailto);
	mem_check(stralloc_cats(sa, "\r\n"));
	if (strncmp(p->unsubscribe_url, "https:", 6) == 0)
		put(sa, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

/* A template has one id and one date for all: each message gets its own. */
void
heads_put(const struct template *t, const struct options *o, stralloc *force,
    stralloc *fields)
{
	const struct policy_sender *p = &t->said;
	char value[POLICY_FEEDBACKMAX + BUNDLE_NAMEMAX + ADDR_DOMAINMAX + 40];

	snprintf(value, sizeof value, "<dray.{{dray.token}}@%s>", t->domain);
	put(force, "Message-ID", value);
	put(force, "Date", "{{dray.date}}");
	if (o->template || !o->from)
		put(fields, "From", o->from ? o->from : o->sender);
	put(fields, "To", o->to ? o->to : "{{dray.recipient}}");
	put(fields, "Precedence", "bulk");
	if (!t->hassender)
		return;
	put_unsubscribe(fields, p);
	if (p->feedback_id[0])
		put(fields, "Feedback-ID", p->feedback_id);
	if (p->list_id[0]) {
		snprintf(value, sizeof value, "<%s>", p->list_id);
		put(fields, "List-Id", value);
	}
}
