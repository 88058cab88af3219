#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conn.h"
#include "reply.h"
#include "smtp.h"
#include "store.h"
#include "tls.h"
#include "tlsconf.h"

struct rule *
smtp_judge(struct conn *c, enum phase phase, const char *addr)
{
	struct sink *s = c->sink;
	struct question q;

	if (!s->script || !script_has(s->script, phase))
		return NULL;
	memset(&q, 0, sizeof q);
	q.phase = phase;
	q.addr = addr;
	if (c->t.mail || phase == PHASE_MAIL) {
		q.from = c->env + c->t.from;
		q.tos = c->env + c->t.tos;
		q.toslen = c->t.tos ? c->envlen - c->t.tos : 0;
	}
	q.helo = c->helo;
	q.local = c->local;
	q.peer = c->peer;
	q.conn = c->serial;
	q.cmd = c->commands;
	q.secure = tls_secure(c);
	/* The message that is under way or comes next. */
	q.msg = c->messages + (phase == PHASE_DOT ? 0 : 1);
	q.total = s->ends + (phase == PHASE_DOT ? 0 : 1);
	q.now = ev_now(s->loop);
	q.elapsed = q.now - s->start;
	return script_find(s->script, &q);
}

int
smtp_accepts(const struct rule *rule, int usual)
{
	if (!rule)
		return usual / 100 == 2 || usual / 100 == 3;
	if (rule->keep)
		return 1;
	if (rule->refuse)
		return 0;
	switch (rule->act) {
	case ACT_REPLY:
		return rule->code / 100 == 2 || rule->code / 100 == 3;
	case ACT_DROP:
	case ACT_RESET:
	case ACT_STALL:
	case ACT_FREEZE:
		return 0;
	case ACT_DEFAULT:
	case ACT_RAW:
	case ACT_SILENT:
		break;
	}
	return usual / 100 == 2 || usual / 100 == 3;
}

/* Whether anything more is to be looked at. */
void
smtp_after(struct conn *c, const struct rule *rule)
{
	if (!rule)
		return;
	if (rule->act == ACT_FREEZE)
		conn_dead(c, MODE_FROZEN);
	else if (rule->close || rule->act == ACT_DROP ||
	    rule->act == ACT_RESET || rule->act == ACT_STALL)
		conn_dead(c, MODE_DEAD);
}

void
smtp_answer(struct conn *c, const struct rule *rule, int code,
    const char *status, const char *text)
{
	char d[REPLY_LINE];

	reply_give(c, rule, code, d, reply_format(c, d, code, status, text), 0);
	smtp_after(c, rule);
}

void
smtp_reset(struct conn *c)
{
	store_abort(c);
	memset(&c->t, 0, sizeof c->t);
	c->envlen = 0;
	c->cut = NULL;
}

void
smtp_error(struct conn *c, int code, const char *status, const char *text)
{
	c->sink->counts.errors++;
	if (++c->errors < SINK_ERRORS) {
		reply_say(c, code, status, text);
		return;
	}
	reply_say(c, 421, "4.7.0", "too many errors");
	reply_close(c);
	conn_dead(c, MODE_DEAD);
}

void
smtp_bad(struct conn *c, const char *why)
{
	smtp_error(c, 500, "5.5.2", why);
}

void
smtp_greet(struct conn *c)
{
	struct rule *rule = smtp_judge(c, PHASE_CONNECT, NULL);
	char text[300];

	snprintf(text, sizeof text, "%s ESMTP dray-sink", c->sink->conf.name);
	if (!smtp_accepts(rule, 220))
		c->hello = HELO_REFUSED;
	c->sync = 1;
	smtp_answer(c, rule, 220, "", text);
}

void
smtp_refuse(struct conn *c)
{
	reply_say(c, 421, "4.7.0", "too many connections");
	reply_close(c);
	conn_dead(c, MODE_DEAD);
}

static void
cmd_hello(struct conn *c, const char *arg, size_t n, int extended)
{
	struct sink *s = c->sink;
	enum phase phase = extended ? PHASE_EHLO : PHASE_HELO;
	struct rule *rule;
	char d[REPLY_LINE];
	int utf8 = 0;

	if (!n || n >= sizeof c->helo || path_domain(arg, n, &utf8) != n) {
		smtp_error(c, 501, "5.5.4", "that is not a host name");
		return;
	}
	smtp_reset(c);
	memcpy(c->helo, arg, n);
	c->helo[n] = '\0';
	rule = smtp_judge(c, phase, NULL);
	if (smtp_accepts(rule, 250))
		c->hello = extended ? HELO_EHLO : HELO_HELO;
	c->sync = 1;
	if (!extended) {
		smtp_answer(c, rule, 250, "", s->conf.name);
		return;
	}
	snprintf(d, sizeof d, "%s", tls_secure(c) ? s->ehlotls : s->ehlo);
	reply_give(c, rule, 250, d, strlen(d), 0);
	smtp_after(c, rule);
}

/* Whether STARTTLS cannot be, and has been answered. */
static int
bad_starttls(struct conn *c, size_t n)
{
	if (n)
		smtp_error(c, 501, "5.5.4", "no argument is allowed");
	else if (tls_secure(c))
		smtp_error(c, 503, "5.5.1", "TLS has begun already");
	else if (!(c->sink->conf.ext & EXT_STARTTLS))
		smtp_error(c, 502, "5.5.1", "STARTTLS is not offered");
	else
		return 0;
	return 1;
}

static void
cmd_starttls(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;

	(void)arg;
	if (bad_starttls(c, n))
		return;
	rule = smtp_judge(c, PHASE_STARTTLS, NULL);
	if (!tlsconf_find(c->sink, rule ? rule->with : NULL)) {
		reply_say(c, 454, "4.7.0", "TLS is not available");
		return;
	}
	c->sync = 1;
	smtp_answer(c, rule, 220, "2.0.0", "go ahead");
	if (c->mode != MODE_LINE || !smtp_accepts(rule, 220))
		return;
	c->tlsrule = rule;
	c->mode = MODE_TLS;
}

size_t
smtp_tls(struct conn *c, const char *s, size_t n)
{
	/* What came before our 220 was written is not TLS (RFC 3207 4.2). */
	if (!reply_idle(c)) {
		c->sink->counts.early++;
		return n;
	}
	if (tls_start(c, c->tlsrule ? c->tlsrule->with : NULL) == -1)
		conn_dead(c, MODE_DEAD);
	else
		tls_input(c, s, n);
	return n;
}

void
smtp_secure(struct conn *c)
{
	smtp_reset(c);
	c->hello = HELO_NONE;
	c->helo[0] = '\0';
	c->commands = 0;
	c->linelen = 0;
	c->badline = c->longline = 0;
	c->lastoctet = '\0';
	c->mode = MODE_LINE;
}

static void
cmd_quit(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;

	(void)arg;
	if (n) {
		smtp_error(c, 501, "5.5.4", "no argument is allowed");
		return;
	}
	rule = smtp_judge(c, PHASE_QUIT, NULL);
	smtp_reset(c);
	c->sync = 1;
	smtp_answer(c, rule, 221, "2.0.0", "bye");
	if (c->mode != MODE_LINE || !smtp_accepts(rule, 221))
		return;
	reply_close(c);
	conn_dead(c, MODE_DEAD);
}

static void
cmd_rset(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;

	(void)arg;
	if (n) {
		smtp_error(c, 501, "5.5.4", "no argument is allowed");
		return;
	}
	rule = smtp_judge(c, PHASE_RSET, NULL);
	if (smtp_accepts(rule, 250))
		smtp_reset(c);
	smtp_answer(c, rule, 250, "2.0.0", "reset");
}

static void
cmd_noop(struct conn *c, const char *arg, size_t n)
{
	(void)arg;
	(void)n;
	smtp_answer(c, smtp_judge(c, PHASE_NOOP, NULL), 250, "2.0.0", "ok");
}

static void
cmd_vrfy(struct conn *c, const char *arg, size_t n)
{
	(void)arg;
	(void)n;
	smtp_answer(c, smtp_judge(c, PHASE_OTHER, NULL), 252, "2.1.5",
	    "send some mail and see");
}

static void
cmd_help(struct conn *c, const char *arg, size_t n)
{
	(void)arg;
	(void)n;
	smtp_answer(c, smtp_judge(c, PHASE_OTHER, NULL), 214, "2.0.0",
	    "see dray-sink(8)");
}

static void
cmd_ehlo(struct conn *c, const char *arg, size_t n)
{
	cmd_hello(c, arg, n, 1);
}

static void
cmd_helo(struct conn *c, const char *arg, size_t n)
{
	cmd_hello(c, arg, n, 0);
}

static void
cmd_unknown(struct conn *c)
{
	struct rule *rule = smtp_judge(c, PHASE_OTHER, NULL);

	if (rule)
		smtp_answer(c, rule, 500, "5.5.1", "command not known");
	else
		smtp_error(c, 500, "5.5.1", "command not known");
}

/* After a refused greeting there is only QUIT (RFC 5321 3.1). */
static void
dispatch(struct conn *c, const char *verb, size_t k, const char *arg, size_t n)
{
	static const struct {
		const char *verb;
		void (*run)(struct conn *, const char *, size_t);
	} all[] = {
		{ "RCPT", smtp_cmd_rcpt },
		{ "MAIL", smtp_cmd_mail },
		{ "BDAT", smtp_cmd_bdat },
		{ "DATA", smtp_cmd_data },
		{ "EHLO", cmd_ehlo },
		{ "QUIT", cmd_quit },
		{ "RSET", cmd_rset },
		{ "NOOP", cmd_noop },
		{ "HELO", cmd_helo },
		{ "STARTTLS", cmd_starttls },
		{ "VRFY", cmd_vrfy },
		{ "HELP", cmd_help },
	};
	size_t i;

	if (c->hello == HELO_REFUSED &&
	    (k != 4 || strncasecmp(verb, "QUIT", 4) != 0)) {
		smtp_error(c, 503, "5.5.1", "QUIT is all that is left");
		return;
	}
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strlen(all[i].verb) == k &&
		    !strncasecmp(verb, all[i].verb, k)) {
			all[i].run(c, arg, n);
			return;
		}
	cmd_unknown(c);
}

void
smtp_line(struct conn *c, const char *s, size_t n)
{
	size_t k = 0;

	c->commands++;
	if (!reply_idle(c) &&
	    (c->sync || !(c->sink->conf.ext & EXT_PIPELINING)))
		c->sink->counts.early++;
	while (k < n && s[k] != ' ')
		k++;
	while (n > k && s[n - 1] == ' ')
		n--; /* blanks before CRLF are to be tolerated */
	if (k < n)
		dispatch(c, s, k, s + k + 1, n - k - 1);
	else
		dispatch(c, s, k, s + k, 0);
}
