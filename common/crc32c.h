/*
 * crc32c - CRC-32C (Castagnoli), the checksum of the spool, as in RFC 3720
 * appendix B.4.  In hardware where the processor has SSE 4.2.
 *
 *   crc32c(crc, data, len)   start with crc 0; pieces may be chained
 */
#ifndef DRAY_CRC32C_H
#define DRAY_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
