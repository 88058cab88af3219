/*
 * check - compares the keys in use with what DNS has of them, as dray-dns sees
 * it.
 *
 *   check_domain(domain)   says of each selector of etc/dkim/DOMAIN.conf what
 *                          is wrong with its record, or that it is good.  0 all
 *                          good; 100 something is not; 111 who knows
 *   check_all()            the same of all domains that have keys
 */
#ifndef DRAY_KEYS_CHECK_H
#define DRAY_KEYS_CHECK_H

int check_domain(const char *domain);
int check_all(void);

#endif
