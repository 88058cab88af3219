/*
 * ruledefault - what a reply means that no rule knows: its enhanced status
 * (RFC 3463, and the registry of RFC 5248), or its code (RFC 5321 4.2).
 *
 *   ruledefault_find(code, status, id_r)
 *                             the class, and in id_r a name for it in place of
 *                             a rule's: "default:x.1.1", "default:550"
 *
 * Code 0 and status "" are unknown.
 */
#ifndef DRAY_RULEDEFAULT_H
#define DRAY_RULEDEFAULT_H

#include <stdint.h>

uint8_t ruledefault_find(
    unsigned int code, const char *status, const char **id_r);

#endif
