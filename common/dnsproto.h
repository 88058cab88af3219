/*
 * dnsproto - what is asked of dray-dns: where mail for a domain goes, by
 * dray-send; what TXT records there are, by dray-keys and dray-check; and what
 * addresses a name has, by dray-check.
 *
 * dray-dns listens on BASE/sock/dns.  Frames as in frame.h, fields as in
 * field.h, in the order given; "str" is a string of at most so many octets,
 * "ip" is u8 family (4 or 6) and 4 or 16 octets.
 *
 * client to dray-dns
 *
 *   'M' WHERE: u32 id (chosen by the client, not in use), str 255 domain in
 *       lower case, A-labels, without a trailing dot.
 *       Questions may be sent ahead, up to DNS_AHEAD unanswered ones of a
 *       client; above that dray-dns stops reading from it.
 *
 *   'T' TEXT: the same, for TXT records of any name.  Few at a time: above that
 *       the answer is DNS_TEMP
 *
 *   'A' ADDRESSES: the same, for the A records of any name
 *
 * dray-dns to client, in any order
 *
 *   'M' HERE: u32 id, u8 verdict (DNS_*), u32 ttl, str 200 text
 *       u8 n, then n times, by preference (RFC 5321 5.1):
 *         u16 preference, u8 flags (DNS_SECURE, DNS_IMPLICIT), str 255 host
 *         u8 addresses, then so many times: ip
 *       ttl is for how many seconds the answer may be used, 1 to DNS_TTLMAX.
 *       text says in words what a verdict other than DNS_OK comes from.
 *
 *   'T' TEXTS: u32 id, u8 verdict (DNS_OK, DNS_NODOMAIN, DNS_NOHOST: there is no
 *       such record, DNS_TEMP), u32 ttl, str 200 text
 *       u8 n, at most DNS_TEXTSMAX, then n times: str DNS_RECORDMAX, the
 *       strings of a record joined
 *
 *   'A' ADDRESSES: the same, but that a record is u32, an IPv4 address
 *
 * Verdicts
 *
 *   DNS_OK        at least one host has an address; hosts without one are left
 *                 out, and so are those that are address literals
 *   DNS_NULLMX    the domain takes no mail (RFC 7505)
 *   DNS_NODOMAIN  there is no such domain (NXDOMAIN), or it is no domain name
 *   DNS_NOHOST    the domain exists, and has neither MX nor address records
 *   DNS_NOADDR    it has MX records, but every one of their hosts has
 *                 definitely no address
 *   DNS_TEMP      no definite answer: timeout, SERVFAIL, an answer that does
 *                 not validate, has nothing in it, or makes no sense.  Never a
 *                 reason to fail
 *
 * A host is left out although its addresses could not be found out
 * temporarily only if another host of the same or better preference has some;
 * otherwise mail would go to a worse one for no reason: then, DNS_TEMP is the
 * answer.
 *
 * What depends on policy is the client's: the order of equals and of address
 * families, its own name among the hosts, addresses it will not connect to.
 */
#ifndef DRAY_DNSPROTO_H
#define DRAY_DNSPROTO_H

#define DNS_OK 0
#define DNS_NULLMX 1
#define DNS_NODOMAIN 2
#define DNS_NOHOST 3
#define DNS_NOADDR 4
#define DNS_TEMP 5

#define DNS_SECURE 1u /* MX and addresses were validated with DNSSEC */
#define DNS_IMPLICIT 2u /* the domain itself: it has no MX records */

#define DNS_AHEAD 4096
#define DNS_TTLMAX 86400
#define DNS_TEXTMAX 200
#define DNS_HOSTSMAX 32 /* of one domain; the least preferred are left out */
#define DNS_ADDRSMAX 16 /* of one host */
#define DNS_TEXTSMAX 16 /* records of TXT that are told */
#define DNS_RECORDMAX 4096 /* octets of one; a longer one is left out */
#define DNS_FRAME_MAX 32768

#endif
