/*
 * mergecompile - a template into a program (merge.h).  dray-merge(7) says what
 * a template is, and what becomes of its header and its parts.
 *
 *   mergecompile_init(c), mergecompile_free(c)
 *   mergecompile_default(c, name, len, value, n)
 *       the value of a name for rows that have none, or an empty one.  0, or
 *       -1 EINVAL: not a name, EEXIST: it has one
 *   mergecompile_message(c, s, n, out)
 *       s is a mail message, line ends LF or CRLF; the program is appended to
 *       out.  0, or -1 with errno: EINVAL, and c->error says what is wrong and
 *       where; EMSGSIZE over MERGE_PROGRAMMAX; or what c->partial left
 *   mergecompile_error(c, file, out)
 *       appends the error as a line of text, with "file:line:column: " in
 *       front and no line end
 *
 * What the caller sets between init and message, all of it optional:
 *   partial(arg, name, len, text)  appends the text of a partial: 1; 0 there
 *       is none, which is an error of the template; -1 with errno
 *   force, force_len    fields of a header, each with CRLF.  A field of the
 *       template that has the name of one of them is left out
 *   fields, fields_len  the same, but it is these that are left out when the
 *       template has one of that name.  Tags in both are tags
 *   isbuilt             the message is from mergebuild.h: positions in errors
 *       count from the beginning of the text or HTML, and error.part says of
 *       which ("text/plain", "text/html", or "Subject", the name of a field)
 *
 * Not taken over from a template are its Bcc, Return-Path and X-Dray fields.
 */
#ifndef DRAY_MERGECOMPILE_H
#define DRAY_MERGECOMPILE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

struct mergecompile_error {
	size_t line; /* from 1; 0: none in particular */
	size_t column; /* from 1, in octets; 0: none in particular */
	char part[128]; /* what line and column are in; "" the template */
	char why[256]; /* printable ASCII */
};

struct mergecode;

struct mergecompile {
	int (*partial)(void *arg, const char *name, size_t len, stralloc *text);
	void *arg;
	const char *force;
	size_t force_len;
	const char *fields;
	size_t fields_len;
	int isbuilt;
	struct mergecompile_error error;
	struct mergecode *code;
};

void mergecompile_init(struct mergecompile *c);
void mergecompile_free(struct mergecompile *c);
int mergecompile_default(struct mergecompile *c, const char *name, size_t len,
    const char *value, size_t n) __attribute__((warn_unused_result));
int mergecompile_message(struct mergecompile *c, const char *s, size_t n,
    stralloc *out) __attribute__((warn_unused_result));
void mergecompile_error(
    const struct mergecompile *c, const char *file, stralloc *out);

#endif
