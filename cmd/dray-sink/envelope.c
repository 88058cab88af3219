/*
 * The part of the dialogue that makes an envelope: MAIL and RCPT.
 */
#include <skalibs/strerr.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conn.h"
#include "reply.h"
#include "smtp.h"

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
		need |=
		    p->body == BODY_BINARYMIME ? EXT_BINARYMIME : EXT_8BITMIME;
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

void
smtp_cmd_mail(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;
	struct path p;

	if (c->hello == HELO_NONE || c->t.mail) {
		smtp_error(c, 503, "5.5.1",
		    c->t.mail ? "there is a sender already" : "EHLO first");
		return;
	}
	if (n < 5 || strncasecmp(arg, "FROM:", 5) != 0) {
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

void
smtp_cmd_rcpt(struct conn *c, const char *arg, size_t n)
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
	if (n < 3 || strncasecmp(arg, "TO:", 3) != 0) {
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
