#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "cmd/dray-smtpd/auth.h"
#include "cmd/dray-smtpd/refusal.h"
#include "cmd/dray-smtpd/returns.h"
#include "cmd/dray-smtpd/starttls.h"
#include "cmd/dray-smtpd/talk.h"
#include "cmd/dray-smtpd/xclient.h"
#include "common/addr.h"
#include "common/mem.h"

#define SLOW "421 4.4.2 too slow"
#define REPLYMAX 512 /* octets, RFC 5321 4.5.3.1.5 */
#define OUTMAX 16384 /* of replies that the client does not read */
#define IDLEMAX 200 /* commands without a message, then they are errors */

static void
put(struct talk *t, const char *line)
{
	mem_check(
	    stralloc_cats(&t->out, line) && stralloc_catb(&t->out, "\r\n", 2));
}

void
talk_reply(struct talk *t, const char *format, ...)
{
	char line[REPLYMAX - 1];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (line[0] == '5')
		t->errors++;
	if (line[0] > '3')
		refusal_reply(t, line);
	put(t, line);
}

void
talk_follow(struct talk *t, const char *reply)
{
	int follows = t->follows && reply[0] == '5';

	/* What it follows from was logged. */
	if ((follows && t->denied) ||
	    (t->m && t->m->known && reply == t->m->refusal)) {
		put(t, reply);
		t->errors += reply[0] == '5';
	} else {
		talk_reply(t, "%s", reply);
	}
	if (follows) {
		t->follows--;
		t->errors--;
	}
}

void
talk_end(struct talk *t, const char *reply)
{
	talk_reply(t, "%s", reply);
	t->state = TALK_END;
}

void
talk_start(struct talk *t)
{
	t->greeted = 1;
	talk_reply(t, "220 %s ESMTP", t->sm->node.hostname);
}

void
talk_reset(struct talk *t)
{
	if (t->m)
		message_free(t->m);
	t->m = NULL;
	t->chunked = 0;
}

void
talk_free(struct talk *t)
{
	talk_reset(t);
	auth_free(t);
	stralloc_free(&t->out);
}

static int
hello(struct talk *t, const char *arg, size_t n)
{
	if (!n || n >= TALK_HELOMAX || !addr_domain_ok(arg, n)) {
		t->said = arg;
		t->nsaid = n;
		talk_reply(t, "501 5.5.4 that is no name of a host");
		return -1;
	}
	talk_reset(t);
	memcpy(t->helo, arg, n);
	t->helo[n] = '\0';
	return 0;
}

static void
cmd_helo(struct talk *t, const char *arg, size_t n)
{
	if (hello(t, arg, n) == -1)
		return;
	t->esmtp = 0;
	talk_reply(t, "250 %s", t->sm->node.hostname);
}

static void
cmd_ehlo(struct talk *t, const char *arg, size_t n)
{
	if (hello(t, arg, n) == -1)
		return;
	t->esmtp = 1;
	talk_reply(t, "250-%s", t->sm->node.hostname);
	talk_reply(t, "250-PIPELINING");
	talk_reply(t, "250-SIZE %llu", (unsigned long long)returns_max(t));
	talk_reply(t, "250-8BITMIME");
	talk_reply(t, "250-SMTPUTF8");
	talk_reply(t, "250-ENHANCEDSTATUSCODES");
	talk_reply(t, "250-DSN");
	if (t->xclient)
		talk_reply(t, "250-XCLIENT " XCLIENT_ATTRIBUTES);
	talk_reply(t, "250-CHUNKING");
	if (starttls_offered(t))
		talk_reply(t, "250-STARTTLS");
	if (auth_possible(t))
		talk_reply(t, "250-AUTH PLAIN LOGIN");
	talk_reply(t, "250 LIMITS RCPTMAX=%lu",
	    (unsigned long)t->sm->limit.recipients);
}

static int
no_argument(struct talk *t, size_t n)
{
	if (n)
		talk_reply(t, "501 5.5.4 nothing is wanted behind it");
	return n == 0;
}

static void
cmd_rset(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	if (!no_argument(t, n))
		return;
	talk_reset(t);
	t->denied = 0;
	talk_reply(t, "250 2.0.0 reset");
}

static void
cmd_noop(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	(void)n;
	talk_reply(t, "250 2.0.0 nothing done");
}

static void
cmd_vrfy(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	if (n)
		talk_reply(t, "252 2.1.5 send it, and see");
	else
		talk_reply(t, "501 5.5.4 whom?");
}

static void
cmd_help(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	(void)n;
	talk_reply(t, "214 2.0.0 see RFC 5321");
}

static void
cmd_expn(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	(void)n;
	talk_reply(t, "502 5.5.1 there are no lists here");
}

static void
cmd_quit(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	if (no_argument(t, n))
		talk_end(t, "221 2.0.0 goodbye");
}

/* clang-format off */
static const struct {
	const char *verb;
	void (*fn)(struct talk *t, const char *arg, size_t n);
	int idle; /* brings no message nearer */
} commands[] = {
	{ "MAIL", talk_cmd_mail, 0 },
	{ "RCPT", talk_cmd_rcpt, 0 },
	{ "BDAT", talk_cmd_bdat, 0 },
	{ "DATA", talk_cmd_data, 0 },
	{ "AUTH", talk_cmd_auth, 1 },
	{ "EHLO", cmd_ehlo,      1 },
	{ "STARTTLS", talk_cmd_starttls, 1 },
	{ "HELO", cmd_helo,      1 },
	{ "RSET", cmd_rset,      1 },
	{ "NOOP", cmd_noop,      1 },
	{ "VRFY", cmd_vrfy,      1 },
	{ "HELP", cmd_help,      1 },
	{ "EXPN", cmd_expn,      1 },
	{ "XCLIENT", talk_cmd_xclient, 1 },
	{ "QUIT", cmd_quit,      1 },
};
/* clang-format on */

#define N (sizeof commands / sizeof *commands)

static void
dispatch(struct talk *t, const char *s, size_t n)
{
	size_t i, k;

	for (k = 0; k < n && s[k] != ' '; k++)
		;
	for (i = 0; i < N; i++)
		if (k == strlen(commands[i].verb) &&
		    !strncasecmp(s, commands[i].verb, k))
			break;
	if (i == N) {
		talk_reply(t, "500 5.5.1 what?");
		return;
	}
	while (n && s[n - 1] == ' ')
		n--;
	while (k < n && s[k] == ' ')
		k++;
	k = k > n ? n : k;
	t->idle += (unsigned int)commands[i].idle;
	if (t->idle > IDLEMAX && commands[i].idle)
		t->errors++;
	t->command = commands[i].verb;
	commands[i].fn(t, s + k, n - k);
	t->said = NULL;
	t->nsaid = 0;
}

/* What a session may do before it is too much. */
static void
judge(struct talk *t)
{
	if (t->state == TALK_END)
		return;
	if (t->errors > t->sm->limit.errors)
		talk_end(t, "421 4.7.0 too many errors");
}

static int
is_clean(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			return 0;
	return 1;
}

static void
command(struct talk *t, const char *s, size_t n)
{
	t->commands++;
	if (memchr(s, '\r', n))
		talk_end(t, "521 5.5.2 a CR stands alone");
	else if (!is_clean(s, n))
		talk_reply(t, "500 5.5.2 a control character");
	else if (t->state == TALK_AUTH)
		auth_line(t, s, n);
	else
		dispatch(t, s, n);
	judge(t);
}

/* Whether a password may be in it. */
static int
is_auth(const struct talk *t, const char *s, size_t n)
{
	return t->state == TALK_AUTH || (n >= 5 && !strncasecmp(s, "AUTH ", 5));
}

/* One line, if it is there. */
static size_t
line(struct talk *t, char *s, size_t n)
{
	int secret = is_auth(t, s, n);
	size_t k, max = secret ? AUTH_LINEMAX : TALK_LINEMAX;
	const char *nl = memchr(s, '\n', n < max ? n : max);

	t->command = t->state == TALK_AUTH ? "AUTH" : "";
	if (!nl && n < max)
		return 0;
	k = nl ? (size_t)(nl + 1 - s) : n;
	if (!nl)
		talk_end(t, "500 5.5.2 the line is too long");
	else if (k < 2 || s[k - 2] != '\r')
		talk_end(t, "521 5.5.2 a LF stands alone");
	else
		command(t, s, k - 2);
	if (secret)
		sodium_memzero(s, k);
	return k;
}

int
talk_waits(const struct talk *t)
{
	return t->state == TALK_WAIT || t->state == TALK_ASK ||
	    t->out.len > OUTMAX || (t->m && message_full(t->m));
}

size_t
talk_feed(struct talk *t, char *s, size_t n)
{
	size_t used = 0, k;

	while (used < n && t->state < TALK_TLS && !talk_waits(t)) {
		if (t->state == TALK_DATA)
			k = talk_data(t, s + used, n - used);
		else if (t->state == TALK_CHUNK)
			k = talk_chunk(t, s + used, n - used);
		else
			k = line(t, s + used, n - used);
		if (!k)
			break;
		used += k;
	}
	if (t->state == TALK_TLS)
		starttls_go(t, n - used);
	return used;
}

void
talk_late(struct talk *t)
{
	/* Who has brought nothing is not refused anything. */
	if (t->state != TALK_END && t->m)
		talk_end(t, SLOW);
	else if (t->state != TALK_END)
		put(t, SLOW);
	t->state = TALK_END;
	talk_reset(t);
	auth_free(t);
}

void
talk_last(struct talk *t)
{
	t->ending = 1;
	if (t->state == TALK_TLS)
		t->state = TALK_END;
	if ((t->state != TALK_COMMAND && t->state != TALK_AUTH) || t->chunked)
		return;
	put(t, "421 4.3.2 coming back in a moment");
	t->state = TALK_END;
	talk_reset(t);
}
