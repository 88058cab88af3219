/*
 * dnsask - one question to dray-dns (dnsproto.h), for short programs.
 *
 *   dnsask(path, type, name, fn, ctx, why)
 *       asks at the socket `path` for the domain or name, and waits for the
 *       answer, at most DNSASK_SECONDS.  fn(ctx, r, verdict, text) gets
 *       what follows the text: it reads the rest of the frame from r to its end.
 *       Octets that are not printable are masked in text.
 *       0, or -1: there is no answer, and why says why in at most DNSASK_WHYMAX
 *       octets; "" otherwise
 */
#ifndef DRAY_DNSASK_H
#define DRAY_DNSASK_H

#include <stddef.h>

#include "common/dnsproto.h"
#include "common/field.h"

#define DNSASK_SECONDS 30
#define DNSASK_WHYMAX (DNS_TEXTMAX + 64)

typedef void dnsask_fn(
    void *ctx, struct field *r, unsigned int verdict, const char *text);

int dnsask(const char *path, char type, const char *name, dnsask_fn *fn,
    void *ctx, char why[DNSASK_WHYMAX]);

#endif
