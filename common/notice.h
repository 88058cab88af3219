/*
 * notice - what dray-send leaves in spool/bounce/ for dray-bounce: one line of
 * JSON for each recipient whose sender is to be told something, dray-spool(5).
 *
 *   notice_parse(n_r, s, len)  one line, without its newline.  0, or -1 and
 *                         n_r->why says in words what is wrong with it
 *   notice_free(n)        after either; what n points to goes
 *   notice_name(kind)     "failed", "relayed" or "delayed"
 *
 * The fields have the limits that dray-send keeps to.  Strings are UTF-8, have
 * no control characters, and end in a zero octet; text, which is a server's,
 * is only bounded.  original has the octets of the message as they were, and
 * they may be anything.
 */
#ifndef DRAY_NOTICE_H
#define DRAY_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#define NOTICE_FAILED 'f'
#define NOTICE_RELAYED 'r'
#define NOTICE_DELAYED 'd'

#define NOTICE_HEADERMAX 16384 /* octets of a header that go along */
#define NOTICE_WHOLEMAX (1u << 20) /* of a message */
#define NOTICE_LINEMAX (8u << 20)
#define NOTICE_FILEMAX (256u << 20)
#define NOTICE_TEXTMAX 4096 /* of a reply, as UTF-8 */

struct notice {
	char kind;
	int isnotice; /* the message is a notice of ours: to the postmaster */
	const char *id; /* of the message */
	const char *sender; /* "" if isnotice */
	const char *recipient;
	const char *envid; /* xtext */
	const char *orcpt; /* type;xtext, or "" */
	const char *stream, *route, *tenant, *campaign;
	const char *host; /* "" there was no server */
	const char *status; /* "" none */
	const char *text;
	size_t text_len;
	char ret; /* 'F', 'H' or 0 */
	char phase;
	uint16_t code; /* 0: a verdict of dray's own */
	uint8_t notify;
	uint64_t size; /* octets of the message */
	uint64_t arrival, time; /* microseconds since 1970 */
	uint64_t expiry; /* seconds since 1970 */
	const char *original; /* NULL: in another line of the file, or lost */
	size_t original_len;
	int iswhole; /* original is more than the header */
	const char *why;
	void *json; /* owns the strings */
	char *octets; /* is original */
};

int notice_parse(struct notice *n_r, const char *s, size_t len)
    __attribute__((warn_unused_result));
void notice_free(struct notice *n);
const char *notice_name(char kind);

#endif
