#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "cmd/dray-smtpd/auth.h"
#include "cmd/dray-smtpd/authclient.h"
#include "cmd/dray-smtpd/starttls.h"
#include "cmd/dray-smtpd/talk.h"
#include "common/authproto.h"
#include "common/mem.h"

#define WRONG "535 5.7.8 user or password is wrong"
#define AWAY "454 4.7.0 passwords cannot be checked now"
#define SLOW "454 4.7.0 too many wrong passwords, wait a while"
#define BUSY "454 4.7.0 too many logins at a time"
#define NO_BASE64 "501 5.5.2 that is no base64"

/* What is expected next of a client that is about to log in. */
struct login {
	enum { LOGIN_PLAIN, LOGIN_USER, LOGIN_PASSWORD } step;
	char user[ACCOUNT_NAMEMAX];
	size_t ulen;
};

int
auth_possible(const struct talk *t)
{
	return t->l->auth && !starttls_missing(t) &&
	    (t->tls_version || net_loopback(&t->addr));
}

const char *
auth_name(const struct talk *t, size_t *n_r)
{
	const struct login *l = t->login;

	*n_r = l ? l->ulen : 0;
	return l && account_name_ok(l->user, l->ulen) ? l->user : NULL;
}

static void
forget_login(struct talk *t)
{
	if (t->login)
		sodium_memzero(t->login, sizeof *t->login);
	free(t->login);
	t->login = NULL;
}

void
auth_free(struct talk *t)
{
	if (t->ask)
		authclient_forget(t->ask);
	t->ask = NULL;
	forget_login(t);
	free(t->user);
	t->user = NULL;
}

/* The end of an attempt, which counts if it was one. */
static void
end(struct talk *t, const char *reply)
{
	t->state = TALK_COMMAND;
	talk_reply(t, "%s", reply);
	forget_login(t);
	if (*reply != '2' && ++t->logins >= AUTH_TRIES)
		talk_end(t, "421 4.7.0 too many failed logins");
}

static const char *
refusal(char verdict)
{
	if (verdict == AUTH_WRONG)
		return WRONG;
	if (verdict == AUTH_SLOW)
		return SLOW;
	return verdict == AUTH_BUSY ? BUSY : AWAY;
}

static void
on_answer(void *owner, const struct auth_answer *a)
{
	struct talk *t = owner;

	t->ask = NULL;
	if (a->verdict == AUTH_GOOD) {
		t->user = user_new(t->login->user, t->login->ulen, &a->a);
		end(t, "235 2.7.0 welcome");
	} else {
		end(t, refusal(a->verdict));
	}
	if (t->ending)
		talk_last(t);
	t->kick(t->arg);
}

/* The login keeps the name, and nothing keeps the password. */
static void
ask(struct talk *t, const struct sasl *s)
{
	struct login *l = t->login;

	if (!account_name_ok(s->user, s->ulen) ||
	    !account_password_ok(s->password, s->plen)) {
		end(t, WRONG);
		return;
	}
	memmove(l->user, s->user, s->ulen);
	l->ulen = s->ulen;
	t->ask = authclient_check(t->sm->auth, &t->addr, s, on_answer, t);
	if (t->ask)
		t->state = TALK_ASK;
	else
		end(t, AWAY);
}

static void
take_plain(struct talk *t, const char *s, size_t n)
{
	struct sasl c;
	int r = sasl_plain(&c, s, n);

	if (r == 0)
		ask(t, &c);
	else
		end(t,
		    r == SASL_OTHER
			? "535 5.7.8 you may not act for somebody else"
			: "501 5.5.2 that is not user and password");
}

static void
take_user(struct talk *t, const char *s, size_t n)
{
	struct login *l = t->login;

	/* One that is no name is no user: that is told later, as of others. */
	l->ulen = n <= sizeof l->user ? n : 0;
	memcpy(l->user, s, l->ulen);
	l->step = LOGIN_PASSWORD;
	talk_reply(t, "334 UGFzc3dvcmQ6");
}

static void
take_password(struct talk *t, const char *s, size_t n)
{
	struct sasl c = { t->login->user, t->login->ulen, s, n };

	ask(t, &c);
}

static void
take(struct talk *t, const char *s, size_t n)
{
	char d[SASL_MAX];
	size_t len;

	if (sasl_decode(d, sizeof d, &len, s, n) == -1)
		end(t, NO_BASE64);
	else if (t->login->step == LOGIN_PLAIN)
		take_plain(t, d, len);
	else if (t->login->step == LOGIN_USER)
		take_user(t, d, len);
	else
		take_password(t, d, len);
	sodium_memzero(d, sizeof d);
}

void
auth_line(struct talk *t, const char *s, size_t n)
{
	if (n == 1 && *s == '*')
		end(t, "501 5.7.0 cancelled");
	else
		take(t, s, n);
}

/* Why nobody can log in now, or NULL. */
static const char *
no_login(const struct talk *t)
{
	if (!t->l->auth)
		return "503 5.5.1 nobody logs in here";
	if (!auth_possible(t))
		return "538 5.7.11 not without TLS";
	if (!t->esmtp)
		return "503 5.5.1 EHLO comes first";
	if (t->user)
		return "503 5.5.1 you have logged in";
	return t->m ? "503 5.5.1 not within a message" : NULL;
}

void
talk_cmd_auth(struct talk *t, const char *arg, size_t n)
{
	const char *wrong = no_login(t), *blank = memchr(arg, ' ', n);
	size_t k = blank ? (size_t)(blank - arg) : n;
	int plain = k == 5 && !strncasecmp(arg, "PLAIN", 5);

	if (!wrong && !plain && !(k == 5 && !strncasecmp(arg, "LOGIN", 5)))
		wrong = "504 5.5.4 PLAIN and LOGIN are known";
	if (wrong) {
		talk_reply(t, "%s", wrong);
		return;
	}
	t->login = mem_alloc(sizeof *t->login);
	t->login->step = plain ? LOGIN_PLAIN : LOGIN_USER;
	t->state = TALK_AUTH;
	if (!blank)
		talk_reply(t, "%s", plain ? "334 " : "334 VXNlcm5hbWU6");
	else if (n - k == 2 && blank[1] == '=')
		take(t, "", 0);
	else
		take(t, blank + 1, n - k - 1);
}
