/*
 * notify - when a sender wants to hear of a recipient (NOTIFY, RFC 3461 4.1).
 *
 *   notify_parse(s, n)   the BUNDLE_ bits (bundle.h) of "NEVER", or of some of
 *                        "SUCCESS", "FAILURE" and "DELAY" with commas between
 *                        them, in upper or lower case; 0: it is neither
 */
#ifndef DRAY_NOTIFY_H
#define DRAY_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

uint8_t notify_parse(const char *s, size_t n);

#endif
