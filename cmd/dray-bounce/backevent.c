#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/back.h"
#include "common/json.h"
#include "common/loghead.h"
#include "common/logproto.h"
#include "common/ruleword.h"

static void
start(struct back *b, const char *type)
{
	loghead(&b->line, type, loghead_now(), b->node.hostname,
	    b->policy.generation);
}

static void
end(struct back *b)
{
	json_line(&b->line);
	if (!logclient_add(&b->log, b->line.s, b->line.len))
		strerr_dief(101, "an event line is malformed");
}

static void
put(struct back *b, const char *key, const char *s)
{
	if (*s)
		json_text(&b->line, key, s);
}

static void
put_status(struct back *b, const char *status)
{
	unsigned int x, y, z;

	if (sscanf(status, "%1u.%3u.%3u", &x, &y, &z) != 3)
		return;
	json_obj(&b->line, "enhanced_code");
	json_u64(&b->line, "class", x);
	json_u64(&b->line, "subject", y);
	json_u64(&b->line, "detail", z);
	json_end(&b->line);
}

static void
put_verdict(struct back *b, const struct report_rcpt *v)
{
	json_obj(&b->line, "response");
	json_u64(&b->line, "code", v->code);
	put_status(b, v->status);
	json_text(&b->line, "content", v->text);
	json_text(&b->line, "command", "");
	json_end(&b->line);
	json_text(&b->line, "class", report_class(v->class));
	json_text(&b->line, "blame", ruleword_name(&ruleword_blames, v->blame));
	put(b, "rule", v->rule);
	json_text(&b->line, "hardsoft", report_hardness(v->hardness));
	json_text(&b->line, "action", report_action(v->action));
}

static void
put_feedback(struct back *b, const struct report *r)
{
	put(b, "feedback_type", r->feedback);
	put(b, "source_ip", r->source_ip);
	put(b, "reported_domain", r->domain);
	put(b, "auth_failure", r->auth_failure);
}

static void
put_token(struct back *b, const struct report *r, const struct back_who *w)
{
	if (!r->has_token)
		return;
	json_hex(&b->line, "address_hash", r->token.address, TOKEN_ADDRESS);
	json_hex(&b->line, "list_hash", r->token.campaign, TOKEN_CAMPAIGN);
	if (r->token.version != 1)
		json_hex(&b->line, "owner_hash", r->token.owner, TOKEN_OWNER);
	put(b, "campaign", w->campaign);
	put(b, "list", w->list);
	json_time(
	    &b->line, "created_time", (uint64_t)r->token.arrival * 1000000);
	if (w->entry)
		suppress_put(&b->line, w->entry);
}

/* With what strangers wrote, or without, should it be too long. */
static void
put_rcpt(struct back *b, const struct report *r, const struct report_rcpt *v,
    const struct back_who *w, int whole)
{
	static const struct report_rcpt none = {
		.address = "", .text = "", .rule = ""
	};
	struct report_rcpt some = none;

	some.class = v->class;
	some.blame = v->blame;
	some.hardness = v->hardness;
	some.action = v->action;
	some.code = v->code;
	if (r->sort == REPORT_IS_UNSUBSCRIBE)
		json_text(&b->line, "source", "mail");
	/* Who reads the log acts on a recipient: it has to be one by his token. */
	if (r->has_token)
		put(b, "recipient", w->recipient);
	if (whole && (!r->has_token || strcmp(v->address, w->recipient) != 0))
		put(b, "failed_recipient", v->address);
	put_token(b, r, w);
	json_text(&b->line, "attributed", report_source(v->source));
	if (r->sort == REPORT_IS_BOUNCE)
		put_verdict(b, whole ? v : &some);
	if (!whole)
		return;
	put_feedback(b, r);
	put(b, "message_id", r->message_id);
	put(b, "feedback_id", r->feedback_id);
	put(b, "list_id", r->list_id);
	put(b, "reporter", r->reporter);
}

void
backevent_report(struct back *b, const char *type, const struct report *r,
    const struct report_rcpt *v, const struct back_who *w)
{
	start(b, type);
	put_rcpt(b, r, v, w, 1);
	if (b->line.len + 2 > LOG_LINEMAX) {
		start(b, type);
		put_rcpt(b, r, v, w, 0);
	}
	end(b);
	backcount(b, BACK_EVENTS);
}

void
backevent_sums(struct back *b)
{
	static const char *const keys[BACK_COUNTS] = { "messages", "events",
		"repeated", "forged", "unattributed", "auto_replies", "reports",
		"kept", "dropped" };
	struct back_sums *s = &b->sums;
	int i;

	start(b, "ReturnSummary");
	json_time(&b->line, "since", s->since);
	for (i = 0; i < BACK_COUNTS; i++)
		json_u64(&b->line, keys[i], s->n[i]);
	end(b);
	memset(s->n, 0, sizeof s->n);
	s->since = 0;
	s->told = back_clock();
}
