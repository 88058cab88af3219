/*
 * sasl - what clients say to log in (RFC 4954), without the dialogue.
 *
 *   sasl_decode(d, max, n_r, s, n)  base64 as RFC 4648 4 has it, with its
 *                      padding.  0, or -1: it is none, or more than max octets
 *   sasl_plain(c, s, n)  the message of PLAIN (RFC 4616).  0, or -1: it is none.
 *                      Who says that he acts for somebody else is refused by
 *                      SASL_OTHER, as 1.  What c points to is in s
 */
#ifndef DRAY_SMTPD_SASL_H
#define DRAY_SMTPD_SASL_H

#include <stddef.h>

#define SASL_OTHER 1
#define SASL_MAX 1024 /* octets, decoded; two names and a password have less */

struct sasl {
	const char *user;
	size_t ulen;
	const char *password;
	size_t plen;
};

int sasl_decode(char *d, size_t max, size_t *n_r, const char *s, size_t n)
    __attribute__((warn_unused_result));
int sasl_plain(struct sasl *c, const char *s, size_t n)
    __attribute__((warn_unused_result));

#endif
