/*
 * often - who asks too often, by address: of IPv6 the network of 64 bits.  A
 * table of fixed size; who shares a place with another shares his rate.
 *
 *   often_start()
 *   often_ok(s, now)   0: the address s, as text, has asked too often; now in
 *                      nanoseconds
 */
#ifndef DRAY_UNSUB_OFTEN_H
#define DRAY_UNSUB_OFTEN_H

#include <stdint.h>

#define OFTEN_COUNT 60 /* requests of an address */
#define OFTEN_SECONDS 60
#define OFTEN_BURST 30

void often_start(void);
int often_ok(const char *s, uint64_t now);

#endif
