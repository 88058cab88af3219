/*
 * field - typed fields in frames and in the spool's index.
 *
 * Numbers are big-endian; a string is its length (4 octets) and its octets.
 * Writing appends to a stralloc, and dies if memory is short (mem.h).
 *
 * Reading never goes past the end: a field that is not there reads as 0 or as
 * an empty string and marks the reader bad.
 *
 *   field_start(r, data, len)
 *   field_getu8, _getu16, _getu32, _getu64 (r)
 *   field_getstr(r, max, len_r)  points into the data; longer than max is bad
 *   field_getb(r, len)    the next len octets, or NULL
 *   field_left(r)         octets not read
 *   field_end(r)          1 if all was there, nothing is left, nothing bad
 */
#ifndef DRAY_FIELD_H
#define DRAY_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

struct field {
	const unsigned char *p;
	const unsigned char *end;
	int bad;
};

void field_putu8(stralloc *sa, uint8_t v);
void field_putu16(stralloc *sa, uint16_t v);
void field_putu32(stralloc *sa, uint32_t v);
void field_putu64(stralloc *sa, uint64_t v);
void field_putstr(stralloc *sa, const void *s, size_t len);

void field_start(struct field *r, const void *data, size_t len);
uint8_t field_getu8(struct field *r);
uint16_t field_getu16(struct field *r);
uint32_t field_getu32(struct field *r);
uint64_t field_getu64(struct field *r);
const char *field_getstr(struct field *r, size_t max, size_t *len_r);
const char *field_getb(struct field *r, size_t len);
size_t field_left(const struct field *r);
int field_end(const struct field *r);

void field_pack32(unsigned char *d, uint32_t v);
void field_pack64(unsigned char *d, uint64_t v);

#endif
