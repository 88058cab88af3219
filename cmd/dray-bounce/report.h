/*
 * report - what a returned message says: of whom, what became of it, and why.
 *
 *   report_open(o)        a parser, that keeps a reference to what o names; o
 *                         may be NULL.  Memory that is short ends the program
 *   report_parse(p, m, r_r)
 *                         reads a message.  It always finds something to say:
 *                         r_r has one recipient or more, the first of them
 *                         without an address when none was found.  All that
 *                         r_r points to is the parser's, and lives until the
 *                         next message
 *   report_close(p)
 *   report_warm()         before the program shuts itself in: opens what the
 *                         libraries would otherwise open later (character sets)
 *   report_json(sa, name, r, i)
 *                         appends recipient i as one line of JSON; name, of
 *                         the file, may be NULL.  dray-bounce(8) has the keys
 *   report_class(c), report_kind(k), report_hardness(h), report_action(a),
 *   report_source(s)      the words
 *
 * The message is foreign.  Its first REPORT_OCTETS octets are looked at, down to
 * REPORT_PARTS MIME parts and REPORT_DEPTH levels of nesting, and of those the
 * first REPORT_TEXT octets of text; what lies beyond is as if it were not there,
 * and r->cut says so.  So a message costs milliseconds and a few MB at most,
 * and 100 KB of memory and 0.2 ms as it usually is.
 *
 * Who it was, by what can be trusted most (REPORT_BY_*): a token of ours, whose
 * MAC is right, wherever it stands; the fields of the message that came back;
 * the machine-readable part; the words.  A forged token is as good as none, and
 * r->forged counts them.  Where there is a token it says of whom the mail was,
 * by what stands for the address (token.h); address is what the mail says
 * failed, which is another one behind a forwarder.
 */
#ifndef DRAY_BOUNCE_REPORT_H
#define DRAY_BOUNCE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/rules.h"
#include "common/token.h"

#define REPORT_OCTETS (1u << 20)
#define REPORT_PARTS 256
#define REPORT_DEPTH 32
#define REPORT_TEXT (128u << 10)
#define REPORT_RCPTS 100
#define REPORT_ADDRESS 320 /* octets of an address */
#define REPORT_REASON 1024 /* octets of the text of a recipient */
#define REPORT_WORD 255 /* octets of any other field */

enum report_kind {
	REPORT_DSN,
	REPORT_ARF,
	REPORT_VACATION,
	REPORT_OTHER,
	REPORT_KINDS
};

/* What it is, closer than by its kind. */
enum report_sort {
	REPORT_IS_MAIL, /* ordinary mail */
	REPORT_IS_BOUNCE,
	REPORT_IS_FEEDBACK, /* RFC 5965, or like it */
	REPORT_IS_AUTOREPLY,
	REPORT_IS_CHALLENGE, /* the sender is to prove that he is a person */
	REPORT_IS_UNSUBSCRIBE, /* by mail, to an address for that */
	REPORT_IS_DMARC, /* an aggregate report (RFC 7489) */
	REPORT_IS_TLSRPT, /* RFC 8460 */
	REPORT_SORTS
};

/* Classes behind those of common/ruleword.h. */
enum report_class {
	REPORT_COMPLAINT = RULE_CLASSES,
	REPORT_UNSUBSCRIBE,
	REPORT_NOT_SPAM,
	REPORT_AUTH_REPORT,
	REPORT_AUTO_REPLY,
	REPORT_NOT_A_BOUNCE,
	REPORT_CLASSES
};

enum report_hardness { REPORT_NONE, REPORT_SOFT, REPORT_HARD };

enum report_action {
	REPORT_NO_ACTION,
	REPORT_FAILED,
	REPORT_DELAYED,
	REPORT_DELIVERED, /* or relayed, or expanded */
};

enum report_source {
	REPORT_BY_NONE,
	REPORT_BY_TEXT,
	REPORT_BY_REPORT,
	REPORT_BY_HEADER,
	REPORT_BY_TOKEN,
};

/* Strings end in a zero octet; "" is unknown. */
struct report_rcpt {
	const char *address; /* that failed, or complains */
	const char *original; /* that we sent to, where that is known to be
				 another, or where there is no address */
	const char *text; /* why, as the other side says */
	const char *rule; /* that decided; the matcher's */
	unsigned int code; /* 0: unknown */
	char status[RULETEXT_STATUSMAX];
	uint8_t class; /* of ruleword.h, or report_class */
	uint8_t blame; /* of ruleword.h */
	uint8_t hardness;
	uint8_t action;
	uint8_t source;
};

struct report {
	uint8_t kind;
	uint8_t sort;
	int cut; /* it was too much to be looked at whole */
	unsigned int forged; /* tokens with a wrong MAC */
	int has_token;
	struct token token;
	const char *feedback; /* Feedback-Type, in lower case */
	const char *source_ip; /* of feedback: where it came from */
	const char *domain; /* of feedback: Reported-Domain */
	const char *auth_failure; /* of feedback */
	const char *reporter; /* Reporting-MTA, User-Agent */
	const char *message_id; /* of the message that came back, or "" */
	const char *feedback_id; /* its Feedback-ID, */
	const char *list_id; /* List-Id */
	const char *sender; /* and From */
	size_t nrcpt;
	struct report_rcpt *rcpt;
};

struct report_options {
	struct rules *rules; /* NULL: none */
	const struct token_keys *keys; /* NULL: no token is known */
};

struct report_mail {
	const char *s; /* as it came, with LF or CRLF */
	size_t n;
	const char *const *to; /* addresses that it was for, of its envelope */
	size_t nto;
};

struct parser;

struct parser *report_open(const struct report_options *o);
void report_parse(
    struct parser *p, const struct report_mail *m, struct report *r_r);
void report_close(struct parser *p);
void report_warm(void);
void report_json(
    stralloc *sa, const char *name, const struct report *r, size_t i);
const char *report_class(uint8_t c);
const char *report_kind(uint8_t k);
const char *report_hardness(uint8_t h);
const char *report_action(uint8_t a);
const char *report_source(uint8_t s);

#endif
