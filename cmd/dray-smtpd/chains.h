/*
 * chains - the certificates that dray-tlskey has told of.
 *
 *   chains_new()            an empty list
 *   chains_add(l, data, n)  one more, by the content of a frame CHAIN; -1 it is
 *                           malformed
 *   chains_count(l)
 *   chains_use(l, ssl, host)  gives a connection those for host, one of each
 *                           kind of key: where the name stands in them; else
 *                           where a wildcard covers it; else, or if host is
 *                           NULL, those for the name that the first one has
 *                           first.  0, or -1 there is none
 *   chains_free(l)
 *
 * What OpenSSL cannot make sense of in a certificate leaves it out.
 */
#ifndef DRAY_SMTPD_CHAINS_H
#define DRAY_SMTPD_CHAINS_H

#include <stddef.h>

struct chains;
struct ssl_st;

struct chains *chains_new(void);
int chains_add(struct chains *l, const char *data, size_t n)
    __attribute__((warn_unused_result));
unsigned int chains_count(const struct chains *l);
int chains_use(const struct chains *l, struct ssl_st *ssl, const char *host)
    __attribute__((warn_unused_result));
void chains_free(struct chains *l);

#endif
