/*
 * path - the arguments of MAIL FROM: and RCPT TO:, strictly by RFC 5321 4.1.2.
 *
 *   path_parse(s, n, kind, p_r)
 *       takes what follows the colon: a path in angle brackets, then
 *       parameters, each after one blank or more.  0, or the reply code to
 *       give: 501 (syntax), 553 (an address that cannot be), 555 (a parameter
 *       that is unknown or was not offered).  All pointers lead into s.
 *
 * A source route (<@a,@b:c@d>) is taken and left out of the address.  Octets
 * over 127 have to be UTF-8 and set `utf8`; the caller decides whether SMTPUTF8
 * was said.  "<>" is a sender only, "<postmaster>" a recipient only.
 */
#ifndef DRAY_PATH_H
#define DRAY_PATH_H

#include <stddef.h>
#include <stdint.h>

enum path_kind { PATH_FROM, PATH_TO };
enum path_body { BODY_NONE, BODY_7BIT, BODY_8BITMIME, BODY_BINARYMIME };

/* Which parameters were there. */
enum {
	PARAM_SIZE = 1 << 0,
	PARAM_BODY = 1 << 1,
	PARAM_RET = 1 << 2,
	PARAM_ENVID = 1 << 3,
	PARAM_SMTPUTF8 = 1 << 4,
	PARAM_NOTIFY = 1 << 5,
	PARAM_ORCPT = 1 << 6
};

struct path {
	const char *addr; /* without brackets and route */
	size_t addrlen;
	const char *domain; /* inside addr */
	size_t domainlen;
	const char *params; /* all of them, as they came */
	size_t paramslen;
	unsigned has;
	enum path_body body;
	uint64_t size;
	int utf8;
};

int path_parse(const char *s, size_t n, enum path_kind kind, struct path *p_r);

/* The length of a Domain or an address literal at the start of s; 0: none. */
size_t path_domain(const char *s, size_t n, int *utf8);

#endif
