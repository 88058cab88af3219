/*
 * mergebuild - a template (mergecompile.h) from its parts: a text, HTML, or
 * both, which are alternatives to each other then.
 *
 *   mergebuild_message(b, out)   appends the message to out.  0, or -1 EINVAL
 *       and b->why: there is neither text nor HTML, a line end in subject,
 *       from or to, or octets that are not UTF-8
 *
 * text, html, subject, from and to may hold tags; a NULL is left out.  from
 * and to are as they stand in From and To.  Set isbuilt of struct mergecompile
 * for what comes of it.
 */
#ifndef DRAY_MERGEBUILD_H
#define DRAY_MERGEBUILD_H

#include <stddef.h>

#include <skalibs/stralloc.h>

struct mergebuild {
	const char *text;
	size_t text_len;
	const char *html;
	size_t html_len;
	const char *subject; /* these end in a zero octet */
	const char *from;
	const char *to;
	const char *why;
};

int mergebuild_message(struct mergebuild *b, stralloc *out)
    __attribute__((warn_unused_result));

#endif
