/*
 * secret - what session tickets are made with.
 *
 *   secret_next()       new ones; of those before the last TLSKEY_TICKETS - 1
 *                       stay.  Dies (111) if the system has no randomness
 *   secret_put(out)     appends the content of TICKETS (tlskeyproto.h)
 */
#ifndef DRAY_TLSKEY_SECRET_H
#define DRAY_TLSKEY_SECRET_H

#include <skalibs/stralloc.h>

void secret_next(void);
void secret_put(stralloc *out);

#endif
