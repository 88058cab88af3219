/*
 * mustache - the language of templates, as its specification has it (comments,
 * delimiters, interpolation, inverted, partials, sections), into operations of
 * a program (mergecode.h).  dray-merge(7) has what differs.
 *
 *   mustache_init(x, code), mustache_free(x)
 *   mustache_text(x, s, n)   compiles n octets of UTF-8 whose lines end in
 *       CRLF, without a NUL.  The number of the new text, or -1 with errno:
 *       EINVAL and x->why, x->line, x->column (in octets, both from 1) and
 *       x->in, the partial that these are in, or ""; or that of x->partial
 *   mustache_lines(d, s, n)  appends text with CRLF for each LF, CR and CRLF
 *   mustache_has(s, n)       1 if there is a tag
 *
 * partial(arg, name, len, text) appends what a partial holds: 1, 0 there is
 * none, -1 with errno.  isinline: the text is no lines, so a tag that stands
 * alone in one is nothing special.  isbare: only values of the message itself
 * may be in it, {{dray.token}}.
 */
#ifndef DRAY_MUSTACHE_H
#define DRAY_MUSTACHE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/mergecode.h"

struct mustache_variant;

struct mustache {
	struct mergecode *code;
	int (*partial)(void *arg, const char *name, size_t len, stralloc *text);
	void *arg;
	int isinline;
	int isbare;
	size_t line;
	size_t column;
	char in[100];
	char why[200];
	struct mustache_variant *variants; /* partials that were compiled */
	size_t nvariants;
	size_t total; /* octets of all of them */
	unsigned int nest;
};

void mustache_init(struct mustache *x, struct mergecode *code);
void mustache_free(struct mustache *x);
int mustache_text(struct mustache *x, const char *s, size_t n)
    __attribute__((warn_unused_result));
void mustache_lines(stralloc *d, const char *s, size_t n);
int mustache_has(const char *s, size_t n);

#endif
