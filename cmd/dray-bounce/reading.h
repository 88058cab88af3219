/*
 * reading - a returned message while it is being read: what report.h, its
 * public face, is made of.
 *
 * These go over a message one after the other, in report.c's order:
 *
 *   mime.h                 the parts
 *   topfield.c             the header of what came
 *   dsnread.c              machine-readable status (RFC 3464), in its part or
 *                          among words
 *   arfread.c              feedback reports (RFC 5965), and those without one
 *   sesread.c              notices in JSON
 *   returned.c             the header of the message that came back
 *   textscan.c             the words: where they end and the message begins,
 *                          and the addresses in them
 *   textabout.c            which words are about whom
 *   kind.c                 what it all is
 *   tokenfind.c            tokens of ours
 *   verdict.c              code, status, class and hardness of a recipient
 */
#ifndef DRAY_BOUNCE_READING_H
#define DRAY_BOUNCE_READING_H

#include "cmd/dray-bounce/mime.h"
#include "cmd/dray-bounce/report.h"
#include "common/header.h"

#define READING_TOS 20 /* addresses in To of the message that came back */

struct span {
	const char *s;
	size_t n;
};

/* The header of what came.  Words without blanks around them, or "". */
struct top {
	struct span head; /* all of it */
	const char *subject; /* decoded */
	const char *from; /* an address */
	const char *to; /* the first one */
	const char *return_path; /* "<>" is "<>", "" there is none */
	const char *auto_submitted;
	const char *failed; /* X-Failed-Recipients, all of it */
	int automatic; /* a field says that no person wrote it */
	int daemon; /* it is from a mail system's address */
};

/* A recipient as a status part, or the text, has it. */
struct found {
	const char *address; /* that failed */
	const char *original; /* Original-Recipient, or "" */
	const char *status; /* of the Status field */
	const char *diagnostic; /* without its type */
	const char *remote; /* Remote-MTA */
	struct span around; /* the words about it, where they are known */
	uint8_t action; /* of report.h */
	uint8_t source;
};

struct reading {
	struct arena *arena;
	struct mime mime;
	struct top top;
	struct report *r;
	struct span body; /* as it came */
	struct span text; /* the words, without the message that came back */
	struct span rest; /* of the words: from where that begins */
	struct span original; /* its header */
	struct span feedback; /* fields of a feedback report */
	const char *to[READING_TOS]; /* of the original */
	size_t nto;
	const char *mailer; /* Reporting-MTA */
	uint8_t action; /* by the words */
	unsigned int level; /* of what text is from */
	int has_status; /* there is a status part with a recipient */
	size_t nfound;
	struct found found[REPORT_RCPTS];
};

/* headfield.c: values, in the arena, as one line.  field_next is header_next
 * that goes on behind what is no field: 1, or 0 at the end */
int field_next(const char **p, const char *end, struct header_field *f);
const char *field_word(
    struct arena *a, const struct header_field *f, size_t max);
const char *field_find(
    struct arena *a, struct span head, const char *name, size_t max);
const char *field_address(struct arena *a, const char *s, size_t n);
const char *field_decoded(struct arena *a, const char *s);

/* address.c: 1 and the address that begins at or before p, where the octet at p
 * is an '@' in [s, e) */
int address_at(const char *s, const char *e, const char *at, struct span *r);
int address_same(const char *a, const char *b);
int address_is_ours(const struct reading *d, const char *a);

void topfield_read(struct reading *d, const char *s, size_t n);
void dsnread_part(struct reading *d, struct span part);
int dsnread_text(struct reading *d, struct span text);
void arfread_part(struct reading *d, struct span part);
void sesread_text(struct reading *d, struct span text);
void arfread_plain(struct reading *d);
void returned_read(struct reading *d);
const char *returned_redacted(const struct reading *d);
void textscan_split(struct reading *d);
int textsplit_is_notice(struct reading *d, const struct mime_piece *p);
int textscan_deeper(struct reading *d);
int textscan_read(struct reading *d);
void textabout_read(struct reading *d);
void kind_find(struct reading *d);

struct found *reading_found(struct reading *d, const char *address);
int span_has(struct span s, const char *lower);

#endif
