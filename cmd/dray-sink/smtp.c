#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conn.h"
#include "reply.h"
#include "smtp.h"
#include "store.h"

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

/* Room for the strings of an envelope; the place of the new one, or -1. */
static long
env_add(struct conn *c, const char *s, size_t n)
{
	size_t room = c->envroom ? c->envroom : 512;
	size_t at = c->envlen;

	if (at + n + 1 > SINK_ENVELOPE)
		return -1;
	while (at + n + 1 > room)
		room *= 2;
	if (room != c->envroom) {
		c->env = realloc(c->env, room);
		if (!c->env)
			strerr_diefusys(111, "remember an envelope");
		c->envroom = room;
	}
	if (n)
		memcpy(c->env + at, s, n);
	c->env[at + n] = '\0';
	c->envlen += n + 1;
	return (long)at;
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
	snprintf(d, sizeof d, "%s", s->ehlo);
	reply_give(c, rule, 250, d, strlen(d), 0);
	smtp_after(c, rule);
}

/* Whether the parameters that came were offered. */
static int
offered(const struct conn *c, const struct path *p)
{
	unsigned ext = c->hello == HELO_EHLO ? c->sink->conf.ext : 0;
	unsigned need = 0;

	if (p->has & PARAM_SIZE)
		need |= EXT_SIZE;
	if (p->has & (PARAM_RET | PARAM_ENVID | PARAM_NOTIFY | PARAM_ORCPT))
		need |= EXT_DSN;
	if (p->has & PARAM_SMTPUTF8)
		need |= EXT_SMTPUTF8;
	if (p->has & PARAM_BODY)
		need |= p->body == BODY_BINARYMIME ? EXT_BINARYMIME :
						     EXT_8BITMIME;
	return (ext & need) == need;
}

/* The reply to an argument that is no path; 0 when it is one. */
static int
bad_path(struct conn *c, int code)
{
	switch (code) {
	case 0:
		return 0;
	case 553:
		smtp_error(c, 553, "5.1.3", "that is not an address");
		return 1;
	case 555:
		smtp_error(c, 555, "5.5.4", "parameter not known or offered");
		return 1;
	}
	smtp_error(c, 501, "5.5.4", "syntax error in the arguments");
	return 1;
}

static int
bad_mail(struct conn *c, const struct path *p)
{
	const struct conf *f = &c->sink->conf;

	if (!offered(c, p))
		return bad_path(c, 555);
	if (p->utf8 && !(p->has & PARAM_SMTPUTF8)) {
		smtp_error(c, 553, "5.6.7", "that address needs SMTPUTF8");
		return 1;
	}
	if (p->size > f->size) {
		reply_say(c, 552, "5.3.4", "message too large");
		return 1;
	}
	if (f->mailmax && c->messages >= f->mailmax) {
		reply_say(c, 421, "4.7.0", "too many messages");
		reply_close(c);
		conn_dead(c, MODE_DEAD);
		return 1;
	}
	return 0;
}

static void
cmd_mail(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;
	struct path p;

	if (c->hello == HELO_NONE || c->t.mail) {
		smtp_error(c, 503, "5.5.1",
		    c->t.mail ? "there is a sender already" : "EHLO first");
		return;
	}
	if (n < 5 || strncasecmp(arg, "FROM:", 5)) {
		bad_path(c, 501);
		return;
	}
	if (bad_path(c, path_parse(arg + 5, n - 5, PATH_FROM, &p)) ||
	    bad_mail(c, &p))
		return;
	smtp_reset(c);
	c->t.body = p.body;
	c->t.utf8 = (p.has & PARAM_SMTPUTF8) != 0;
	c->t.from = (size_t)env_add(c, p.addr, p.addrlen);
	c->t.fromparams = (size_t)env_add(c, p.params, p.paramslen);
	c->t.tos = c->envlen;
	rule = smtp_judge(c, PHASE_MAIL, c->env + c->t.from);
	c->t.mail = smtp_accepts(rule, 250);
	smtp_answer(c, rule, 250, "2.1.0", "sender ok");
}

/* Whether the domain is one that no recipient so far has. */
static int
is_new_domain(const struct conn *c, const struct path *p)
{
	const char *s = c->env + c->t.tos, *end = c->env + c->envlen, *at;

	while (s < end) {
		at = strrchr(s, '@');
		if (at && strlen(at + 1) == p->domainlen &&
		    !strncasecmp(at + 1, p->domain, p->domainlen))
			return 0;
		s += strlen(s) + 1;
		s += strlen(s) + 1;
	}
	return 1;
}

static int
bad_rcpt(struct conn *c, const struct path *p)
{
	const struct conf *f = &c->sink->conf;

	if (!offered(c, p))
		return bad_path(c, 555);
	if (p->utf8 && !c->t.utf8) {
		smtp_error(c, 553, "5.6.7", "that address needs SMTPUTF8");
		return 1;
	}
	if (c->t.rcpts >= f->rcptmax ||
	    c->envlen + p->addrlen + p->paramslen + 2 > SINK_ENVELOPE) {
		reply_say(c, 452, "4.5.3", "too many recipients");
		return 1;
	}
	if (f->domainmax && is_new_domain(c, p) &&
	    ++c->t.domains > f->domainmax) {
		c->t.domains--;
		reply_say(c, 452, "4.5.3", "too many recipient domains");
		return 1;
	}
	return 0;
}

static void
cmd_rcpt(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;
	struct path p;
	size_t before = c->envlen;
	long at;

	if (!c->t.mail || c->t.chunks) {
		smtp_error(c, 503, "5.5.1",
		    c->t.mail ? "the message has begun" : "MAIL first");
		return;
	}
	if (n < 3 || strncasecmp(arg, "TO:", 3)) {
		bad_path(c, 501);
		return;
	}
	c->t.tried++;
	if (bad_path(c, path_parse(arg + 3, n - 3, PATH_TO, &p)) ||
	    bad_rcpt(c, &p))
		return;
	at = env_add(c, p.addr, p.addrlen);
	env_add(c, p.params, p.paramslen);
	rule = smtp_judge(c, PHASE_RCPT, c->env + at);
	if (smtp_accepts(rule, 250))
		c->t.rcpts++;
	else
		c->envlen = before;
	smtp_answer(c, rule, 250, "2.1.5", "recipient ok");
}

static void
cmd_starttls(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;

	(void)arg;
	if (!(c->sink->conf.ext & EXT_STARTTLS) || n) {
		smtp_error(c, n ? 501 : 502, n ? "5.5.4" : "5.5.1",
		    n ? "no argument is allowed" : "STARTTLS is not offered");
		return;
	}
	rule = smtp_judge(c, PHASE_STARTTLS, NULL);
	c->sync = 1;
	smtp_answer(c, rule, 454, "4.7.0", "TLS is not available");
	if (c->mode == MODE_LINE && smtp_accepts(rule, 454))
		c->mode = MODE_TLS;
}

size_t
smtp_tls(struct conn *c, size_t n)
{
	struct rule *rule;

	/* What came before our 220 was written is not TLS (RFC 3207 4.2). */
	if (!reply_idle(c)) {
		c->sink->counts.early++;
		return n;
	}
	c->mode = MODE_DEAD;
	rule = smtp_judge(c, PHASE_TLS, NULL);
	if (rule && rule->act != ACT_DEFAULT) {
		reply_give(c, rule, 0, "", 0, 0);
		smtp_after(c, rule);
	}
	return n;
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
		{ "RCPT", cmd_rcpt },
		{ "MAIL", cmd_mail },
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
	    (k != 4 || strncasecmp(verb, "QUIT", 4))) {
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
