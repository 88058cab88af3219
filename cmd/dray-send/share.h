/*
 * share - what tenants and campaigns may use of the whole node: a part of quota.h.
 *
 *   share_meters(owner)   of the tenant and of the campaign; either may be NULL
 */
#ifndef DRAY_SEND_SHARE_H
#define DRAY_SEND_SHARE_H

#include <stdint.h>

#include "cmd/dray-send/meter.h"

struct meter *const *share_meters(uint16_t owner);

#endif
