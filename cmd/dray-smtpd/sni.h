/*
 * sni - which certificate is for a name.
 *
 *   sni_names(names, x)      appends the DNS names of a certificate, in lower
 *                            case, each with a zero octet behind it
 *   sni_match(names, host)   2 one of them is the host, 1 a wildcard covers it
 *                            (RFC 6125 6.4.3: the whole first label), 0 neither
 *
 * host may have capital letters.  Names that are no names of hosts are left
 * out.
 */
#ifndef DRAY_SMTPD_SNI_H
#define DRAY_SMTPD_SNI_H

#include <skalibs/stralloc.h>

struct x509_st;

void sni_names(stralloc *names, const struct x509_st *x);
int sni_match(const stralloc *names, const char *host);

#endif
