#include <string.h>

#include "cmd/dray-bounce/report.h"
#include "common/json.h"

#define HEX (2 * TOKEN_ADDRESS)

const char *
report_class(uint8_t c)
{
	static const char *const more[] = { "complaint", "unsubscribe",
		"not-spam", "auth-report", "auto-reply", "not-a-bounce" };

	if (c >= RULE_CLASSES && c < REPORT_CLASSES)
		return more[c - RULE_CLASSES];
	return ruleword_name(&ruleword_classes, c);
}

const char *
report_kind(uint8_t k)
{
	static const char *const word[] = { "dsn", "arf", "vacation", "other" };

	return k < REPORT_KINDS ? word[k] : "other";
}

const char *
report_hardness(uint8_t h)
{
	return h == REPORT_HARD ? "hard" : h == REPORT_SOFT ? "soft" : "none";
}

const char *
report_action(uint8_t a)
{
	static const char *const word[] = { "none", "failed", "delayed",
		"delivered" };

	return a < sizeof word / sizeof *word ? word[a] : "none";
}

const char *
report_source(uint8_t s)
{
	static const char *const word[] = { "none", "text", "report", "header",
		"token" };

	return s < sizeof word / sizeof *word ? word[s] : "none";
}

static const char *
sort_name(uint8_t s)
{
	static const char *const word[REPORT_SORTS] = { "mail", "bounce",
		"feedback", "auto-reply", "challenge", "unsubscribe", "dmarc",
		"tls-rpt" };

	return s < REPORT_SORTS ? word[s] : "mail";
}

static void
put(stralloc *sa, const char *key, const char *s)
{
	if (*s)
		json_text(sa, key, s);
}

static void
put_hex(stralloc *sa, const char *key, const unsigned char *s, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	char d[HEX];
	size_t i;

	for (i = 0; i < n && i < HEX / 2; i++) {
		d[2 * i] = digit[s[i] >> 4];
		d[2 * i + 1] = digit[s[i] & 15];
	}
	json_str(sa, key, d, 2 * i);
}

static void
put_token(stralloc *sa, const struct report *r)
{
	if (r->forged)
		json_u64(sa, "forged", r->forged);
	if (!r->has_token)
		return;
	json_obj(sa, "token");
	json_u64(sa, "arrival", r->token.arrival);
	put_hex(sa, "address", r->token.address, TOKEN_ADDRESS);
	put_hex(sa, "campaign", r->token.campaign, TOKEN_CAMPAIGN);
	if (r->token.version != 1)
		put_hex(sa, "owner", r->token.owner, TOKEN_OWNER);
	json_end(sa);
}

static void
put_rcpt(stralloc *sa, const struct report_rcpt *v)
{
	put(sa, "recipient", v->address);
	put(sa, "original_recipient", v->original);
	put(sa, "status", v->status);
	if (v->code)
		json_u64(sa, "code", v->code);
	json_text(sa, "class", report_class(v->class));
	json_text(sa, "blame", ruleword_name(&ruleword_blames, v->blame));
	json_text(sa, "hardsoft", report_hardness(v->hardness));
	json_text(sa, "action", report_action(v->action));
	json_text(sa, "attributed", report_source(v->source));
	put(sa, "rule", v->rule);
	put(sa, "text", v->text);
}

void
report_json(stralloc *sa, const char *name, const struct report *r, size_t i)
{
	json_open(sa);
	if (name)
		json_text(sa, "file", name);
	json_text(sa, "kind", report_kind(r->kind));
	json_text(sa, "sort", sort_name(r->sort));
	put_rcpt(sa, &r->rcpt[i]);
	put_token(sa, r);
	put(sa, "message_id", r->message_id);
	put(sa, "feedback_id", r->feedback_id);
	put(sa, "list_id", r->list_id);
	put(sa, "sender", r->sender);
	put(sa, "reporter", r->reporter);
	put(sa, "feedback_type", r->feedback);
	put(sa, "source_ip", r->source_ip);
	put(sa, "reported_domain", r->domain);
	put(sa, "auth_failure", r->auth_failure);
	if (r->cut)
		json_bool(sa, "cut", 1);
	json_line(sa);
}
