/*
 * txt - questions for TXT and A records of a name, which people ask seldom:
 * nothing is kept.
 *
 *   txt_ask(c, type, id, name, len)
 *                        type is 'T' or 'A'; the answer goes to client_texts(),
 *                        now or later
 *
 * TXT_MAX of them are with the library at a time; more are answered with
 * DNS_TEMP.
 */
#ifndef DRAY_DNS_TXT_H
#define DRAY_DNS_TXT_H

#include <stddef.h>
#include <stdint.h>

#define TXT_MAX 64

struct client;

void txt_ask(
    struct client *c, char type, uint32_t id, const char *name, size_t len);

#endif
