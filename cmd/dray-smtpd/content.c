#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cmd/dray-smtpd/content.h"
#include "cmd/dray-smtpd/queue.h"
#include "cmd/dray-smtpd/talk.h"
#include "common/field.h"
#include "common/maildate.h"
#include "common/utf8.h"
#include "common/wire.h"

#define RECEIVEDMAX 2048
#define TLSMAX 128

/* After CRLF; after its dot; after the dot's CR; after any CR; elsewhere. */
enum { AT_LINE, AT_DOT, AT_DOTCR, AT_CR, AT_MID };

/* The only recipient, where it may be told (RFC 5321 7.2). */
static void
for_whom(const struct message *m, char *d, size_t max)
{
	const char *s;
	struct field r;
	size_t len;

	d[0] = '\0';
	if (m->nrcpt != 1)
		return;
	field_start(&r, m->rcpts.s, m->rcpts.len);
	s = field_getstr(&r, max, &len);
	if (!utf8_high(s, len))
		snprintf(d, max, "\r\n\tfor <%.*s>", (int)len, s);
}

/* RFC 5321 4.4, with the words of RFC 3848 and RFC 6531 4.3. */
static void
start(struct talk *t)
{
	static unsigned int serial;
	const char *with = !t->esmtp ? "SMTP"
	    : t->m->utf8	     ? "UTF8SMTP"
				     : "ESMTP";
	char text[RECEIVEDMAX], whom[ADDR_MAX + 16], date[MAILDATE_MAX];
	char tls[TLSMAX] = "";
	time_t now = time(NULL);
	int n;

	for_whom(t->m, whom, sizeof whom);
	if (t->tls_version)
		snprintf(tls, sizeof tls, "\t(%s %s)\r\n", t->tls_version,
		    t->tls_cipher);
	if (maildate(date, now) == -1)
		date[0] = '\0';
	n = snprintf(text, sizeof text,
	    "Received: from %s ([%s])\r\n%s\tby %s with %s%s%s id "
	    "%llx.%x.%x%s;\r\n"
	    "\t%s\r\n",
	    t->helo, t->peer, tls, t->sm->node.hostname, with,
	    t->esmtp && t->tls_version ? "S" : "",
	    t->esmtp && t->user ? "A" : "", (unsigned long long)now,
	    (unsigned int)getpid(), ++serial, whom, date);
	message_start(t->m, text, (size_t)n);
	lineend_start(
	    &t->lineend, t->l->normalise && net_trusted(t->l, &t->addr));
}

/* The reply to all of a message. */
static void
answer(struct talk *t, const char *id)
{
	t->command = t->chunked ? "BDAT" : ".";
	if (id) {
		talk_reply(t, "250 2.0.0 queued as %s", id);
		t->errors = t->idle = 0;
		t->messages++;
	} else {
		if (strncmp(t->m->refusal, "452 4.3.1", 9) == 0)
			t->refused = queue_time(t->sm->queue);
		talk_reply(t, "%s", t->m->refusal);
	}
	t->state = TALK_COMMAND;
	talk_reset(t);
	if (t->ending)
		talk_last(t);
}

static void
on_verdict(void *owner, const char *id)
{
	struct talk *t = owner;

	answer(t, id);
	t->kick(t->arg);
}

static void
on_room(void *owner)
{
	struct talk *t = owner;

	t->kick(t->arg);
}

const struct message_owner content_owner = { on_verdict, on_room };

static void
end_message(struct talk *t)
{
	t->state = TALK_WAIT;
	if (message_end(t->m) == 0)
		answer(t, NULL);
}

/* Why no content is wanted now, or NULL. */
static const char *
no_content(const struct talk *t)
{
	if (!t->m)
		return "503 5.5.1 MAIL comes first";
	if (!t->m->nrcpt)
		return "554 5.5.1 there is no recipient";
	return t->m->refusal ? t->m->refusal
			     : queue_state(t->m->queue, t->refused);
}

void
talk_cmd_data(struct talk *t, const char *arg, size_t n)
{
	const char *wrong = no_content(t);

	(void)arg;
	if (n)
		wrong = "501 5.5.4 nothing is wanted behind it";
	else if (t->chunked)
		wrong = "503 5.5.1 the message has begun with BDAT";
	if (wrong) {
		talk_follow(t, wrong);
		return;
	}
	start(t);
	t->at = AT_LINE;
	t->state = TALK_DATA;
	talk_reply(t, "354 go on");
}

/* Where in a line the n octets end, the first of which is not at its begin. */
static int
where(const struct talk *t, const char *s, size_t n)
{
	if (s[n - 1] == '\r')
		return AT_CR;
	if (s[n - 1] == '\n' && (n > 1 ? s[n - 2] == '\r' : t->at == AT_CR))
		return AT_LINE;
	return AT_MID;
}

/* To the next line that begins with a dot, or the end of what is there. */
static size_t
to_dot(struct talk *t, const char *s, size_t n)
{
	const char *dot = s;

	while ((dot = wire_dot(dot, n - (size_t)(dot - s))))
		if (where(t, s, (size_t)(dot - s)) == AT_LINE)
			break;
	if (dot)
		n = (size_t)(dot - s);
	t->at = where(t, s, n);
	return n;
}

/* A dot that begins a line is no content, nor is the CR behind it if it is the
 * end; all else is, as it is. */
size_t
talk_data(struct talk *t, const char *s, size_t n)
{
	size_t i = 0, from = 0;

	while (i < n) {
		if (t->at == AT_LINE && s[i] == '.') {
			lineend_feed(&t->lineend, t->m, s + from, i - from);
			from = ++i;
			t->at = AT_DOT;
		} else if (t->at == AT_DOT && s[i] == '\r') {
			from = ++i;
			t->at = AT_DOTCR;
		} else if (t->at == AT_DOTCR && s[i] == '\n') {
			end_message(t);
			return i + 1;
		} else {
			if (t->at == AT_DOTCR) {
				lineend_feed(&t->lineend, t->m, "\r", 1);
				t->at = AT_CR;
			} else if (t->at != AT_CR) {
				t->at = AT_MID;
			}
			i += to_dot(t, s + i, n - i);
		}
	}
	lineend_feed(&t->lineend, t->m, s + from, n - from);
	return n;
}

/* "N" or "N LAST"; -1 when it is neither. */
static int
parse_chunk(struct talk *t, const char *s, size_t n)
{
	size_t i;

	t->left = 0;
	for (i = 0; i < n && i < 18 && s[i] >= '0' && s[i] <= '9'; i++)
		t->left = t->left * 10 + (uint64_t)(s[i] - '0');
	if (!i)
		return -1;
	t->last = n - i == 5 && !strncasecmp(s + i, " LAST", 5);
	return i == n || t->last ? 0 : -1;
}

/* Why a chunk was not taken, or NULL; that of the last is told by its message. */
static const char *
no_chunk(const struct talk *t)
{
	if (t->bad || !t->m || t->last)
		return t->bad;
	return t->m->refusal;
}

static void
end_chunk(struct talk *t, uint64_t size)
{
	const char *wrong = no_chunk(t);

	t->state = TALK_COMMAND;
	if (wrong) {
		talk_follow(t, wrong);
		if (!t->bad || t->last)
			talk_reset(t);
		if (t->ending)
			talk_last(t);
		return;
	}
	if (t->last)
		end_message(t);
	else
		talk_reply(
		    t, "250 2.0.0 %llu octets taken", (unsigned long long)size);
}

/* Without a count nobody knows where the next command begins.  The octets of a
 * chunk that is not wanted are skipped. */
void
talk_cmd_bdat(struct talk *t, const char *arg, size_t n)
{
	if (parse_chunk(t, arg, n) == -1) {
		talk_reply(t, "501 5.5.4 how many octets?");
		t->state = TALK_END;
		return;
	}
	t->bad = t->chunked ? NULL : no_content(t);
	if (!t->bad && !t->chunked) {
		start(t);
		t->chunked = 1;
	}
	t->state = TALK_CHUNK;
	if (!t->left)
		end_chunk(t, 0);
}

size_t
talk_chunk(struct talk *t, const char *s, size_t n)
{
	size_t some = t->left < n ? (size_t)t->left : n;

	if (!t->bad)
		lineend_feed(&t->lineend, t->m, s, some);
	t->left -= some;
	if (!t->left)
		end_chunk(t, t->bad ? 0 : t->m->size);
	return some;
}
