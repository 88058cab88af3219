/*
 * crc - CRC-32 as in zlib, gzip and Ethernet (polynomial 0xedb88320).
 *
 *   crc_add(crc, s, n)   the checksum of what crc stood for, followed by the n
 *                        octets at s; the checksum of nothing is 0
 *   crc_init()           makes the tables; call it once before
 */
#ifndef DRAY_CRC_H
#define DRAY_CRC_H

#include <stddef.h>
#include <stdint.h>

void crc_init(void);
uint32_t crc_add(uint32_t crc, const void *s, size_t n);

#endif
