/*
 * value - what may stand to the right of an equals sign in dray-conf(5).
 *
 *   value_parse(k, s, v_r)   the number, size, duration, yes/no, word,
 *                            percentage or rate of a key
 *   value_duration(s, v_r)   a duration, 1 second to 30 days (a retry step)
 *   value_domain(d, s)       a domain name, written in lower case and A-labels
 *   value_label(d, s)        a name that an operator chooses: 1 to
 *                            POLICY_LABELMAX letters, digits and ._-
 *   value_pattern(d, s)      a domain, or .domain for those below it.  A dot at
 *                            its end is left out
 *   value_sender(d, s)       a mail address in lower case, a pattern, <> or *;
 *                            d has room for ADDR_MAX + 1 octets
 *   value_network(family_r, bits_r, ip, s)
 *                            an address, or an address and the length of a
 *                            prefix, as in 192.0.2.0/24; ERANGE: bits are set
 *                            behind the prefix.  ip has room for 16 octets
 *   value_name(d, s)         a name for HELO: a domain or an address literal
 *   value_mailbox(d, s)      local@domain or a local part alone; no blanks
 *   value_from(name, d, s)   the same, or "name <mailbox>"; name has room for
 *                            POLICY_FROMMAX + 1 octets
 *   value_source(ip, s)      an address literal without brackets; the result
 *                            is its family, 4 or 6
 *   value_host(a, s)         192.0.2.1, 192.0.2.1:2525, [2001:db8::1] or
 *                            [2001:db8::1]:2525
 *
 * They return 0 (value_source: 4 or 6), or -1 with errno: EINVAL not of that
 * kind, ERANGE out of its range.  d has room for POLICY_NAMEMAX + 1 octets.
 *
 *   value_show(d, k, v)      v as a value of the key k; returns d
 *   value_fmt(d, kind, v)    the shortest exact way to write v, at most
 *                            VALUE_FMTMAX octets with its end; returns d
 */
#ifndef DRAY_POLICY_VALUE_H
#define DRAY_POLICY_VALUE_H

#include <stdint.h>

#include "common/amount.h"
#include "common/policy.h"
#include "common/policykey.h"

#define VALUE_FMTMAX AMOUNT_FMTMAX

int value_parse(const struct policykey *k, const char *s, uint64_t *v_r);
int value_duration(const char *s, uint32_t *v_r);
int value_label(char *d, const char *s);
int value_pattern(char *d, const char *s);
int value_sender(char *d, const char *s);
int value_network(
    uint8_t *family_r, uint8_t *bits_r, uint8_t *ip, const char *s);
int value_domain(char *d, const char *s);
int value_name(char *d, const char *s);
int value_mailbox(char *d, const char *s);
int value_from(char *name, char *d, const char *s);
int value_source(uint8_t *ip, const char *s);
int value_host(struct policy_addr *a, const char *s);
const char *value_show(char *d, const struct policykey *k, uint64_t v);
char *value_fmt(char *d, enum policykey_kind kind, uint64_t v);

#endif
