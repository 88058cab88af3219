/*
 * mustachetag - where the tags of a template are (mustache.h).
 *
 *   mustachetag_pair(d)      the delimiters that each text begins with
 *   mustachetag_next(d, s, n, pos, t_r)  the next tag at or behind pos: 1, 0
 *       none, or -1 and d->why: something like a tag at t_r->at.  A tag that
 *       sets delimiters has set them
 *   mustachetag_alone(t, s, n, from_r, to_r)  1 if only white space is on the
 *       lines of a tag that may stand alone; then these are from where and up
 *       to where its lines are
 */
#ifndef DRAY_MUSTACHETAG_H
#define DRAY_MUSTACHETAG_H

#include <stddef.h>

#define MUSTACHETAG_MAX 16 /* octets of a delimiter */

struct mustachetag_pair {
	char open[MUSTACHETAG_MAX];
	size_t open_len;
	char close[MUSTACHETAG_MAX];
	size_t close_len;
	const char *why;
};

struct mustachetag {
	char kind; /* '#', '^', '/', '>', '!', '=', '&', '{', or 'v' */
	size_t at; /* where it begins */
	size_t end; /* and what is behind it */
	const char *s; /* the name, without white space around it */
	size_t len;
};

void mustachetag_pair(struct mustachetag_pair *d);
int mustachetag_next(struct mustachetag_pair *d, const char *s, size_t n,
    size_t pos, struct mustachetag *t_r);
int mustachetag_alone(const struct mustachetag *t, const char *s, size_t n,
    size_t *from_r, size_t *to_r);

#endif
