#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/sender.h"
#include "cmd/dray-policy/value.h"
#include "common/chars.h"
#include "common/policyfmt.h"
#include "common/token.h"

#define LOCALMAX (64 - 1 - TOKEN_LEN) /* the token has to fit behind it */

static const struct {
	const char *key;
	size_t offset;
} keys[CONF_SENDER_N] = {
#define AT(m) offsetof(struct policy_sender, m)
	{ "return-path", AT(return_path) },
	{ "unsubscribe-url", AT(unsubscribe_url) },
	{ "unsubscribe-mailto", AT(unsubscribe_mailto) },
	{ "feedback-id", AT(feedback_id) },
	{ "list-id", AT(list_id) },
};

const char *
sender_key(int i)
{
	return keys[i].key;
}

static char *
member(struct policy_sender *v, unsigned int i)
{
	return (char *)v + keys[i].offset;
}

int
sender_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_sender *l = conf_zero(sizeof *l);

	l->is.where = *w;
	if (!strcmp(name, "*"))
		memcpy(l->is.name, "*", 2);
	else if (value_pattern(l->is.name, name) == -1)
		conf_mistake(
		    c, w, "[sender %.128s]: not a domain, .domain or *", name);
	if (*l->is.name && conf_start(c, &c->senders, &l->is, "sender") == 0)
		return 0;
	free(l);
	return -1;
}

/* An address to which a token can be added. */
static const char *
scan_path(char *d, const char *s)
{
	const char *at = strrchr(s, '@');
	size_t n = at ? (size_t)(at - s) : 0;

	if (!at || *s == '"' || value_mailbox(d, s) == -1)
		return "is not a mail address";
	if (memchr(s, '+', n))
		return "has a + already, which goes in front of the token";
	for (d = strrchr(d, '@'); *d; d++)
		*d = (char)chars_lower(*d);
	return n > LOCALMAX ? "has more than 23 octets before the @" : NULL;
}

static const char *
scan_mailto(char *d, const char *s)
{
	if (!strchr(s, '@') || value_mailbox(d, s) == -1)
		return "is not a mail address";
	return NULL;
}

/* It stands in a header, between < and >. */
static const char *
scan_url(char *d, const char *s)
{
	size_t n = strlen(s);

	if (n > POLICY_URLMAX || !chars_ascii(s, n) || strpbrk(s, " <>\"") ||
	    strncmp(s, "https://", 8) != 0 || !s[8])
		return "is not an https URL";
	if (!strstr(s, "{token}"))
		return "has no {token}";
	memcpy(d, s, n + 1);
	return NULL;
}

static const char *
scan_feedback(char *d, const char *s)
{
	size_t n = strlen(s);

	if (!n || n > POLICY_FEEDBACKMAX || !chars_ascii(s, n) ||
	    strchr(s, ' '))
		return "is not a word of at most 127 characters";
	memcpy(d, s, n + 1);
	return NULL;
}

static const char *
scan_list(char *d, const char *s)
{
	return value_domain(d, s) == -1 ? "is not a domain" : NULL;
}

void
sender_pair(struct setting *s)
{
	static const char *(*const scans[CONF_SENDER_N])(
	    char *d, const char *s) = { scan_path, scan_url, scan_mailto,
		scan_feedback, scan_list };
	struct conf_sender *l = s->c->now;
	const char *wrong;
	unsigned int i;

	for (i = 0; i < CONF_SENDER_N; i++)
		if (!strcmp(s->key, keys[i].key))
			break;
	if (i == CONF_SENDER_N) {
		setting_unknown(s);
	} else if (setting_once(s, &l->key_where[i]) == 0) {
		wrong = scans[i](member(&l->v, i), s->value);
		if (wrong)
			setting_wrong(s, wrong);
	}
}

void
sender_facts(const struct factline *o, const void *item)
{
	struct conf_sender l = *(const struct conf_sender *)item;
	unsigned int i;

	for (i = 0; i < CONF_SENDER_N; i++)
		if (l.key_where[i].line)
			factline_text(
			    o, keys[i].key, member(&l.v, i), &l.key_where[i]);
}

int
sender_records(struct table_make *m, const struct conf *c)
{
	const struct conf_sender *l;
	struct policyfmt_buf d;
	size_t i;

	for (i = 0; i < c->senders.n; i++) {
		l = c->senders.item[i];
		d.n = 0;
		policyfmt_pack_sender(&d, &l->v);
		if (record_add(m, "sd", l->is.name, &d) == -1)
			return -1;
	}
	d.n = 0;
	policyfmt_put_number(&d, c->senders.n, 8);
	return table_make_add(m, "senders", strlen("senders"), d.s, d.n);
}
