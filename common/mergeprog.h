/*
 * mergeprog - a program (mergecode.h) that was looked at and is ready to run.
 *
 *   mergeprog_read(m, s, n)   m is zeroed.  0, or -1 EPROTO
 *   mergeprog_free(m)         what it holds
 *   mergeprog_qp(m, l)        the literal as quoted-printable, l->q.  Worked out
 *                             when it is first asked for
 *
 * Behind it, each string of a program lies within it, each number of a name or
 * of a text is that of one, sections are within each other as they should be,
 * a literal and the lines of an item are what a message may have in it.
 */
#ifndef DRAY_MERGEPROG_H
#define DRAY_MERGEPROG_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/merge.h"
#include "common/mergeqp.h"
#include "common/mergevalue.h"

struct mergeprog_path {
	uint16_t name;
	uint8_t more;
	const char *members; /* each a length in an octet, and its octets */
};

struct mergeprog_lit {
	const char *s; /* the octets */
	size_t qp; /* where they are quoted-printable, in merge.qp, + 1 */
	struct mergeqp q;
	uint32_t n;
	uint32_t first; /* as in mergeqp.h */
	uint32_t last;
	uint8_t isone; /* it has no line end */
	uint8_t is8; /* not ASCII */
	uint8_t unfit; /* cannot stand in a message as it is */
};

struct mergeprog_op {
	char kind;
	uint8_t raw; /* of 'V'; of 'J' which */
	uint16_t text; /* of 'P' */
	size_t end; /* of a section: the operation behind it */
	union {
		struct mergeprog_lit lit;
		struct mergeprog_path path;
	} u;
};

struct mergeprog_text {
	size_t from, to; /* operations */
};

struct mergeprog_item {
	char kind;
	uint8_t flags;
	uint16_t text; /* or how many mailboxes */
	const char *s; /* lines, or the name of a field */
	size_t n;
	const unsigned char *boxes; /* u16 phrase, u16 address each */
};

struct merge {
	struct merge_name *names;
	size_t nnames;
	struct mergeprog_text *texts;
	size_t ntexts;
	struct mergeprog_op *ops;
	size_t nops;
	size_t ops_room;
	struct mergeprog_item *items;
	size_t nitems;
	stralloc qp;
	int is8; /* a literal is not ASCII */
	size_t fixed; /* octets of a message that are always there, about */
	struct mergevalue *top; /* the values of the row at work */
	stralloc work[3];
};

int mergeprog_read(struct merge *m, const char *s, size_t n)
    __attribute__((warn_unused_result));
void mergeprog_free(struct merge *m);
const char *mergeprog_qp(struct merge *m, struct mergeprog_lit *l);

#endif
