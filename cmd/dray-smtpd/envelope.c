#include <string.h>
#include <strings.h>

#include "cmd/dray-smtpd/auth.h"
#include "cmd/dray-smtpd/charge.h"
#include "cmd/dray-smtpd/content.h"
#include "cmd/dray-smtpd/limit.h"
#include "cmd/dray-smtpd/queue.h"
#include "cmd/dray-smtpd/returns.h"
#include "cmd/dray-smtpd/starttls.h"
#include "cmd/dray-smtpd/talk.h"
#include "common/idn.h"
#include "common/utf8.h"

#define NEEDS_UTF8 "553 5.6.7 SMTPUTF8 was not said"

/* Past "FROM:" or "TO:"; 0 if it is not there. */
static int
skip_word(const char **s, size_t *n, const char *word)
{
	size_t k = strlen(word);

	if (*n < k || strncasecmp(*s, word, k) != 0)
		return 0;
	*s += k;
	*n -= k;
	return 1;
}

static int
may_send(const struct talk *t)
{
	return t->user || net_trusted(t->l, &t->addr);
}

/* What has to come first, or NULL. */
static const char *
not_yet(const struct talk *t)
{
	if (!t->helo[0])
		return "503 5.5.1 EHLO comes first";
	if (starttls_missing(t))
		return "530 5.7.0 STARTTLS comes first";
	if (t->m)
		return "503 5.5.1 there is a sender already";
	if (!t->l->auth || may_send(t))
		return NULL;
	if (auth_possible(t))
		return "530 5.7.0 log in first";
	return starttls_offered(t) ? "530 5.7.0 log in first, after STARTTLS"
				   : NULL;
}

/* Why there can be no message now, or NULL. */
static const char *
no_message(struct talk *t, const struct path *p)
{
	struct smtpd *sm = t->sm;

	if (!p->utf8 && utf8_high(p->addr, p->len))
		return NEEDS_UTF8;
	if (p->size > returns_max(t))
		return "552 5.3.4 message is too large";
	if (sm->memory + sm->others > sm->limit.memory / 4 * 3)
		return "452 4.3.1 too many messages at a time";
	if (!queue_ready(returns_queue(t)))
		return "451 4.3.0 the queue cannot be reached";
	return queue_state(returns_queue(t), t->refused);
}

void
talk_cmd_mail(struct talk *t, const char *arg, size_t n)
{
	const char *wrong = not_yet(t);
	struct path p;

	t->follows = t->sm->limit.recipients + 1;
	t->denied = 1;
	t->said = arg;
	t->nsaid = n;
	if (!wrong && !skip_word(&arg, &n, "FROM:"))
		wrong = "501 5.5.4 MAIL FROM:<address> is wanted";
	if (!wrong)
		wrong = path_parse(&p, PATH_FROM, arg, n);
	if (!wrong)
		t->path = &p;
	if (!wrong)
		wrong = no_message(t, &p);
	if (!wrong)
		wrong = user_sender(t->user, &p);
	if (!wrong)
		wrong = limit_message(t);
	if (wrong) {
		talk_reply(t, "%s", wrong);
		if (!strncmp(wrong, "421", 3))
			t->state = TALK_END;
		t->path = NULL;
		return;
	}
	t->path = NULL;
	t->said = NULL;
	t->nsaid = 0;
	t->m = message_new(t->sm, &content_owner, t);
	message_sender(t->m, &p);
	t->m->complete = t->l->role == POLICY_SUBMISSION;
	t->m->foreign = returns_role(t);
	t->m->queue = returns_queue(t);
	t->m->max = returns_max(t);
	t->m->user = t->user;
	charge_start(t);
}

static int
is_full(const struct talk *t)
{
	uint32_t own = t->user ? t->user->a.recipients : 0;

	return t->m->nrcpt >= t->sm->limit.recipients ||
	    (own && t->m->nrcpt >= own);
}

static const char *
check_rcpt(struct talk *t, const struct path *p)
{
	const char *refusal = NULL;
	char domain[ADDR_DOMAINMAX];
	size_t n;

	if (returns_role(t))
		refusal = returns_rcpt(t, p);
	else if (!may_send(t))
		refusal = "550 5.7.1 no relaying for you";
	if (refusal)
		return refusal;
	if (!t->m->utf8 && utf8_high(p->addr, p->len))
		return NEEDS_UTF8;
	if (is_full(t))
		return "452 4.5.3 too many recipients";
	if (!p->a.domain)
		return NULL;
	n = idn_ascii(domain, p->a.domain, p->a.domain_len);
	if (!n || p->a.local_len + 1 + n > ADDR_MAX)
		return "553 5.1.3 recipient has no good domain";
	return NULL;
}

void
talk_cmd_rcpt(struct talk *t, const char *arg, size_t n)
{
	const char *wrong = NULL, *postmaster = t->sm->node.postmaster;
	struct path p;

	t->said = arg;
	t->nsaid = n;
	if (!t->m || t->chunked) {
		talk_follow(t, "503 5.5.1 MAIL comes first");
		return;
	}
	if (!skip_word(&arg, &n, "TO:"))
		wrong = "501 5.5.4 RCPT TO:<address> is wanted";
	if (!wrong)
		wrong = path_parse(&p, PATH_TO, arg, n);
	if (!wrong)
		t->path = &p;
	if (!wrong)
		wrong = check_rcpt(t, &p);
	if (!wrong)
		wrong = limit_rcpt(t);
	if (wrong) {
		talk_reply(t, "%s", wrong);
		t->denied = 1;
		t->path = NULL;
		return;
	}
	if (p.a.domain)
		message_rcpt(t->m, p.addr, p.len, &p);
	else
		message_rcpt(t->m, postmaster, strlen(postmaster), &p);
	talk_reply(t, "%s",
	    t->m->refusal ? t->m->refusal : "250 2.1.5 recipient accepted");
	t->m->known = t->m->refusal != NULL;
	t->path = NULL;
}
