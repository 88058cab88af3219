/*
 * ask - a question to dray-send over BASE/sock/control (dray-protocols(7)).
 *
 *   ask(base, type, fn, ctx)  sends the question, and calls fn for each frame
 *       of the answer until fn says that it was the last one: fn(ctx, data,
 *       len) returns 1 the last, 0 more to come, -1 it is malformed.
 *
 * Exits 111 with a message if dray-send is not there, does not answer within
 * ASK_SECONDS, or answers with something else.
 */
#ifndef DRAY_STAT_ASK_H
#define DRAY_STAT_ASK_H

#include <stddef.h>

#define ASK_SECONDS 30

typedef int ask_fn(void *ctx, const char *data, size_t len);

void ask(const char *base, char type, ask_fn *fn, void *ctx);

#endif
