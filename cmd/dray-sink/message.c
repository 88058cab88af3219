/*
 * The half of the dialogue that carries messages: DATA, BDAT and their ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conn.h"
#include "reply.h"
#include "smtp.h"
#include "store.h"
#include "tls.h"

/* The message begins.  0, or -1 when there is no room for it. */
static int
begin(struct conn *c)
{
	struct sink *s = c->sink;

	if (store_begin(c) == -1) {
		s->counts.failures++;
		return -1;
	}
	body_begin(&c->body, store_wants(s->store), c->body.file, s->conf.size);
	c->cut = smtp_judge(c, PHASE_BODY, NULL);
	return 0;
}

static void
count_body(struct conn *c)
{
	struct counts *n = &c->sink->counts;
	const struct body *b = &c->body;

	n->barelf += b->barelf;
	n->barecr += b->barecr;
	n->longline += b->longline;
	n->eightbit += b->eight && c->t.body < BODY_8BITMIME;
}

static void
count_accepted(struct conn *c)
{
	struct counts *n = &c->sink->counts;

	if (!n->messages++)
		n->first = ev_now(c->sink->loop);
	n->recipients += c->t.rcpts;
	n->octets += c->body.size;
	n->secure += tls_secure(c) != 0;
	if (c->t.chunks)
		n->bdat++;
	else
		n->data++;
}

/* The reply to a message that cannot be taken, as it is without any rule. */
static int
usual_end(const struct conn *c, const char **status_r, const char **text_r)
{
	if (!c->t.rcpts) {
		*status_r = "5.5.1";
		*text_r = "no valid recipients";
		return 554;
	}
	if (c->body.toobig) {
		*status_r = "5.3.4";
		*text_r = "message too large";
		return 552;
	}
	return 250;
}

/* The end of a message: it is written down first, and answered then. */
static void
end_message(struct conn *c)
{
	struct sink *s = c->sink;
	struct rule *rule = NULL;
	const char *status = "2.0.0", *text;
	char ok[80], d[REPLY_LINE];
	int code, taken;

	s->ends++;
	c->messages++;
	c->commands += c->mode == MODE_DATA; /* the dot is one of its own */
	snprintf(
	    ok, sizeof ok, "ok %" PRIu64 ".%" PRIu64, c->serial, c->messages);
	text = ok;
	code = usual_end(c, &status, &text);
	if (code == 250)
		rule = smtp_judge(c, PHASE_DOT, NULL);
	taken = smtp_accepts(rule, code);
	if (taken && store_commit(c) == -1) {
		s->counts.failures++;
		rule = NULL;
		taken = 0;
		code = 451;
		status = "4.3.0";
		text = "cannot write the message down";
	}
	if (taken)
		count_accepted(c);
	else
		s->counts.rejected++;
	count_body(c);
	c->mode = MODE_LINE;
	smtp_reset(c);
	reply_give(c, rule, code, d, reply_format(c, d, code, status, text), 1);
	smtp_after(c, rule);
	if (s->conf.silentafter && c->messages >= s->conf.silentafter &&
	    c->mode == MODE_LINE) {
		reply_close(c);
		conn_dead(c, MODE_DEAD);
	}
}

/* A rule for a place inside the message: it may end the dialogue there. */
static void
do_cut(struct conn *c)
{
	struct rule *rule = c->cut;

	c->cut = NULL;
	smtp_answer(c, rule, 421, "4.3.0", "that is enough");
}

/* How many of n octets to take before the rule's place is reached. */
static size_t
until_cut(const struct conn *c, size_t n)
{
	uint64_t more;

	if (!c->cut || c->body.size >= c->cut->at)
		return n;
	more = c->cut->at - c->body.size;
	return n < more ? n : (size_t)more;
}

void
smtp_cmd_data(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule;
	int code = 354, taken;

	(void)arg;
	if (n) {
		smtp_error(c, 501, "5.5.4", "no argument is allowed");
		return;
	}
	if (!c->t.mail || !c->t.tried || c->t.chunks ||
	    c->t.body == BODY_BINARYMIME) {
		smtp_error(c, 503, "5.5.1",
		    !c->t.mail	      ? "MAIL first"
			: !c->t.tried ? "RCPT first"
			: c->t.chunks ? "DATA cannot follow BDAT"
				      : "BINARYMIME needs BDAT");
		return;
	}
	if (!c->t.rcpts)
		code = 554;
	rule = smtp_judge(c, PHASE_DATA, NULL);
	taken = smtp_accepts(rule, code);
	if (taken && begin(c) == -1) {
		reply_say(c, 451, "4.3.0", "cannot write a message down");
		smtp_reset(c);
		return;
	}
	if (taken)
		c->mode = MODE_DATA;
	c->sync = 1;
	smtp_answer(c, rule, code, code == 354 ? "" : "5.5.1",
	    code == 354 ? "go ahead" : "no valid recipients");
	if (!taken)
		smtp_reset(c);
}

size_t
smtp_data(struct conn *c, const char *s, size_t n)
{
	size_t k;

	if (c->body.fresh && !reply_idle(c) && c->sync)
		c->sink->counts.early++;
	if (c->cut && c->body.size >= c->cut->at) {
		do_cut(c);
		return 0;
	}
	k = body_data(&c->body, s, until_cut(c, n));
	if (c->body.done)
		end_message(c);
	return k;
}

/* "123" or "123 LAST".  0, or -1 when it is neither. */
static int
parse_bdat(const char *s, size_t n, uint64_t *size_r, int *last_r)
{
	uint64_t size = 0;
	size_t i = 0;

	while (i < n && s[i] >= '0' && s[i] <= '9') {
		if (i == 18)
			return -1;
		size = size * 10 + (uint64_t)(s[i++] - '0');
	}
	if (!i)
		return -1;
	*size_r = size;
	*last_r = 0;
	if (i == n)
		return 0;
	if (s[i] != ' ')
		return -1;
	while (i < n && s[i] == ' ')
		i++;
	if (n - i != 4 || strncasecmp(s + i, "LAST", 4) != 0)
		return -1;
	*last_r = 1;
	return 0;
}

/* The reply code for a chunk that is not wanted; 0: it is. */
static int
unwanted(const struct conn *c)
{
	if (!(c->sink->conf.ext & EXT_CHUNKING) || c->hello != HELO_EHLO)
		return 502;
	if (!c->t.mail || !c->t.tried)
		return 503;
	if (!c->t.rcpts)
		return 554;
	if (c->t.chunks && c->body.toobig)
		return 552;
	return 0;
}

static void
refuse_chunk(struct conn *c)
{
	int code = c->discard;

	smtp_reset(c);
	switch (code) {
	case 451:
		reply_say(c, 451, "4.3.0", "cannot write a message down");
		break;
	case 502:
		smtp_error(c, 502, "5.5.1", "BDAT is not offered");
		break;
	case 503:
		smtp_error(c, 503, "5.5.1", "MAIL and RCPT first");
		break;
	case 552:
		reply_say(c, 552, "5.3.4", "message too large");
		break;
	default:
		reply_say(c, 554, "5.5.1", "no valid recipients");
		break;
	}
}

/* All octets of a chunk have come. */
static void
end_chunk(struct conn *c)
{
	struct rule *rule = c->chunkrule;
	int taken = smtp_accepts(rule, 250);
	char text[60];

	c->mode = MODE_LINE;
	c->chunkrule = NULL;
	if (!c->discard && c->body.toobig && !c->last)
		c->discard = 552;
	if (c->discard) {
		refuse_chunk(c);
	} else if (taken && c->last) {
		end_message(c);
	} else {
		snprintf(text, sizeof text, "%" PRIu64 " octets so far",
		    c->body.size);
		if (!taken)
			smtp_reset(c);
		smtp_answer(c, rule, 250, "2.0.0", text);
	}
}

/* Rules that do not wait for the octets of the chunk. */
static int
is_hasty(const struct rule *rule)
{
	return rule &&
	    (rule->blind || rule->act == ACT_DROP || rule->act == ACT_RESET ||
		rule->act == ACT_STALL || rule->act == ACT_FREEZE);
}

void
smtp_cmd_bdat(struct conn *c, const char *arg, size_t n)
{
	struct rule *rule = NULL;

	if (parse_bdat(arg, n, &c->left, &c->last) == -1) {
		/* Where the next command begins cannot be known. */
		smtp_error(c, 501, "5.5.4", "a size is wanted, and no more");
		if (c->mode == MODE_LINE) {
			reply_close(c);
			conn_dead(c, MODE_DEAD);
		}
		return;
	}
	c->discard = unwanted(c);
	if (!c->discard)
		rule = smtp_judge(c, PHASE_BDAT, NULL);
	if (is_hasty(rule)) {
		smtp_reset(c);
		smtp_answer(c, rule, 250, "2.0.0", "ok");
		return;
	}
	c->chunkrule = rule;
	if (!c->discard && !c->t.chunks && begin(c) == -1)
		c->discard = 451;
	if (!c->discard)
		c->t.chunks = 1;
	c->mode = MODE_BDAT;
	if (!c->left)
		end_chunk(c);
}

size_t
smtp_bdat(struct conn *c, const char *s, size_t n)
{
	size_t k = n < c->left ? n : (size_t)c->left;

	if (!c->discard && c->cut && c->body.size >= c->cut->at) {
		do_cut(c);
		return 0;
	}
	if (!c->discard) {
		k = until_cut(c, k);
		body_bdat(&c->body, s, k);
	}
	c->left -= k;
	if (!c->left)
		end_chunk(c);
	return k;
}
