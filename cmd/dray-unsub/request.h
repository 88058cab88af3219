/*
 * request - what somebody asks for over HTTP, apart from how it came.
 *
 *   request_token(k, s, n, t_r)   1 if one of the words of a path or of a query
 *                       is a token of ours
 *   request_answer(r)   what becomes of it: to leave, a body has to say
 *                       List-Unsubscribe=One-Click (RFC 8058 3.2), as
 *                       application/x-www-form-urlencoded or multipart/form-data
 *
 * A body has at most REQUEST_BODYMAX octets, what is looked at of a path or a
 * query REQUEST_PATHMAX.
 */
#ifndef DRAY_UNSUB_REQUEST_H
#define DRAY_UNSUB_REQUEST_H

#include <stddef.h>

#include "common/token.h"

#define REQUEST_BODYMAX 8192
#define REQUEST_PATHMAX 2048

enum request_answer {
	REQUEST_ASK, /* a page with a button */
	REQUEST_LEAVE, /* who has this token leaves */
	REQUEST_UNKNOWN, /* no token of ours */
	REQUEST_EMPTY, /* a POST that does not say so */
	REQUEST_METHOD /* neither GET, nor HEAD, nor POST */
};

struct request {
	const char *method;
	int has; /* a token */
	const char *type; /* of the body; NULL */
	const char *body;
	size_t len;
};

int request_token(
    const struct token_keys *k, const char *s, size_t n, struct token *t_r);
enum request_answer request_answer(const struct request *r);

#endif
