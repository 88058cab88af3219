#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-bounce/back.h"
#include "common/ruleword.h"

static int
is_list(const struct back *b, const struct report *r, const char *s, size_t n)
{
	unsigned char d[TOKEN_CAMPAIGN];

	if (!n || n > REPORT_WORD)
		return 0;
	token_campaign(&b->keys, s, n, d);
	return memcmp(d, r->token.campaign, sizeof d) == 0;
}

static void
take(char d[REPORT_WORD + 1], const char *s, size_t n)
{
	memcpy(d, s, n);
	d[n] = '\0';
}

/* What the headers of the message say was not ours until the token says so. */
static void
find_campaign(const struct back *b, const struct report *r, struct back_who *w)
{
	const char *s = r->feedback_id, *e;

	for (;; s = e + 1) {
		e = strchrnul(s, ':');
		if (is_list(b, r, s, (size_t)(e - s)))
			take(w->campaign, s, (size_t)(e - s));
		if (!*e)
			return;
	}
}

static void
find_list(const struct back *b, const struct report *r, struct back_who *w)
{
	static struct policy_sender from;
	const char *s = strrchr(r->list_id, '<'), *at;
	size_t n;

	s = s ? s + 1 : r->list_id;
	n = strcspn(s, ">");
	if (is_list(b, r, s, n)) {
		take(w->list, s, n);
		return;
	}
	at = strrchr(r->sender, '@');
	if (!at ||
	    policy_sender(&b->policy, at + 1, strlen(at + 1), &from) != 1)
		return;
	n = strlen(from.list_id);
	if (is_list(b, r, from.list_id, n))
		take(w->list, from.list_id, n);
}

static int
is_whose(const struct back *b, const struct report *r, const char *address)
{
	unsigned char d[TOKEN_ADDRESS];
	const char *at = strrchr(address, '@');

	if (!at)
		return 0;
	token_address(&b->keys, address, (size_t)(at - address), at + 1,
	    strlen(at + 1), d);
	return memcmp(d, r->token.address, sizeof d) == 0;
}

/* A token stands for one recipient, whatever else the report says. */
static const struct report_rcpt *
find_who(const struct back *b, const struct report *r, struct back_who *w)
{
	size_t i;

	memset(w, 0, sizeof *w);
	w->recipient = "";
	find_campaign(b, r, w);
	find_list(b, r, w);
	for (i = 0; i < r->nrcpt; i++) {
		if (is_whose(b, r, r->rcpt[i].original))
			w->recipient = r->rcpt[i].original;
		else if (is_whose(b, r, r->rcpt[i].address))
			w->recipient = r->rcpt[i].address;
		if (*w->recipient)
			return &r->rcpt[i];
	}
	return &r->rcpt[0];
}

/* Of which mail policy says that it ends, and why. */
static unsigned int
what_ends(const struct back *b, const struct report *r,
    const struct report_rcpt *v, uint8_t *reason_r)
{
	if (r->sort == REPORT_IS_BOUNCE) {
		*reason_r = SUPPRESS_HARD;
		return v->hardness == REPORT_HARD && v->action == REPORT_FAILED
		    ? b->rule.hard
		    : POLICY_SUPPRESS_NOT;
	}
	if (v->class == REPORT_UNSUBSCRIBE) {
		*reason_r = SUPPRESS_UNSUBSCRIBE;
		return b->rule.unsubscribe;
	}
	*reason_r = SUPPRESS_COMPLAINT;
	return v->class == REPORT_COMPLAINT ? b->rule.complaint
					    : POLICY_SUPPRESS_NOT;
}

/* 1 e is to be appended.  Whose tenant it was is known to who follows the log,
 * and not here; the list is one of his, and dray-tune does the rest. */
static int
make_entry(const struct back *b, const struct report *r,
    const struct report_rcpt *v, const struct back_who *w,
    struct suppress_entry *e)
{
	const char *name = *w->list ? w->list : w->campaign;
	unsigned int scope;

	memset(e, 0, sizeof *e);
	scope = what_ends(b, r, v, &e->reason);
	if (scope == POLICY_SUPPRESS_NOT || !b->list)
		return 0;
	e->time = (uint32_t)time(NULL);
	memcpy(e->address, r->token.address, sizeof e->address);
	if (!b->rule.hashed && strlen(w->recipient) < sizeof e->text)
		snprintf(e->text, sizeof e->text, "%s", w->recipient);
	if (scope == POLICY_SUPPRESS_ALL)
		return 1;
	e->scope = SUPPRESS_LIST;
	memcpy(e->list, r->token.campaign, sizeof e->list);
	if (strlen(name) < sizeof e->name)
		snprintf(e->name, sizeof e->name, "%s", name);
	return 1;
}

/* To append comes first: what is in the list already is not put there again, but
 * what was told once is not told again. */
static int
tell_token(struct back *b, const char *type, const struct report *r)
{
	struct suppress_entry e;
	struct back_who w;
	const struct report_rcpt *v = find_who(b, r, &w);
	int n;

	if (make_entry(b, r, v, &w, &e)) {
		n = suppress_append(b->list, '+', &e);
		if (n == -1)
			return -1;
		b->appended |= n;
		w.entry = &e;
	}
	if (backcount_isnew(b, r, v->class, v->action))
		backevent_report(b, type, r, v, &w);
	else
		backcount(b, BACK_REPEATED);
	return 0;
}

/* 1 if it is in the log, all of it. */
static int
tell_rest(struct back *b, const char *type, const struct report *r)
{
	struct back_who w = { .recipient = "" };
	const struct report_rcpt *v;
	size_t i, told = 0;

	for (i = 0; i < r->nrcpt; i++) {
		v = &r->rcpt[i];
		w.recipient = *v->original ? v->original : v->address;
		if (!*w.recipient || v->source == REPORT_BY_NONE ||
		    !backcount_may(b))
			continue;
		backevent_report(b, type, r, v, &w);
		told++;
	}
	return told && told == r->nrcpt;
}

static int
tell(struct back *b, const char *type, const struct report *r,
    enum back_fate *fate)
{
	if (r->has_token)
		return tell_token(b, type, r);
	if (!tell_rest(b, type, r)) {
		backcount(b, BACK_UNKNOWN);
		*fate = BACK_KEEP;
	}
	return 0;
}

static void
tell_report(struct back *b, const struct report *r)
{
	const struct back_who w = { .recipient = "" };

	backcount(b, BACK_REPORTS);
	if (backcount_may(b))
		backevent_report(b, "Report", r, &r->rcpt[0], &w);
}

static int
unsubscribed(struct back *b, struct report *r, enum back_fate *fate)
{
	if (r->has_token) {
		r->rcpt[0].class = REPORT_UNSUBSCRIBE;
		return tell(b, "Unsubscribe", r, fate);
	}
	backcount(b, BACK_UNKNOWN);
	*fate = BACK_KEEP;
	return 0;
}

static int
tell_sort(struct back *b, struct report *r, enum back_fate *fate)
{
	switch (r->sort) {
	case REPORT_IS_BOUNCE:
		return tell(b, "OOB", r, fate);
	case REPORT_IS_FEEDBACK:
		return tell(b,
		    r->rcpt[0].class == REPORT_UNSUBSCRIBE ? "Unsubscribe"
							   : "Feedback",
		    r, fate);
	case REPORT_IS_UNSUBSCRIBE:
		return unsubscribed(b, r, fate);
	case REPORT_IS_AUTOREPLY:
	case REPORT_IS_CHALLENGE:
		backcount(b, BACK_AUTOREPLIES);
		return 0;
	case REPORT_IS_DMARC:
	case REPORT_IS_TLSRPT:
		tell_report(b, r);
		*fate = BACK_KEEP;
		return 0;
	default:
		backcount(b, BACK_UNKNOWN);
		*fate = BACK_KEEP;
		return 0;
	}
}

int
backtell(struct back *b, const struct back_mail *m, enum back_fate *fate_r)
{
	const struct report_mail mail = {
		.s = m->s, .n = m->n, .to = m->to, .nto = m->nto
	};
	struct report r;

	report_parse(b->parser, &mail, &r);
	*fate_r = BACK_REMOVE;
	if (r.forged && !r.has_token) {
		backcount(b, BACK_FORGERIES);
		*fate_r = BACK_KEEP_FORGED;
		return 0;
	}
	if (m->unsubscribe && r.sort == REPORT_IS_MAIL)
		r.sort = REPORT_IS_UNSUBSCRIBE;
	return tell_sort(b, &r, fate_r);
}
