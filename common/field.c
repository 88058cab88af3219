#include <string.h>

#include "common/field.h"
#include "common/mem.h"

void
field_pack32(unsigned char *d, uint32_t v)
{
	d[0] = v >> 24;
	d[1] = v >> 16;
	d[2] = v >> 8;
	d[3] = v;
}

void
field_pack64(unsigned char *d, uint64_t v)
{
	field_pack32(d, v >> 32);
	field_pack32(d + 4, v);
}

void
field_putu8(stralloc *sa, uint8_t v)
{
	mem_check(stralloc_append(sa, (char)v));
}

void
field_putu16(stralloc *sa, uint16_t v)
{
	char b[2] = { (char)(v >> 8), (char)v };

	mem_check(stralloc_catb(sa, b, sizeof b));
}

void
field_putu32(stralloc *sa, uint32_t v)
{
	unsigned char b[4];

	field_pack32(b, v);
	mem_check(stralloc_catb(sa, (char *)b, sizeof b));
}

void
field_putu64(stralloc *sa, uint64_t v)
{
	unsigned char b[8];

	field_pack64(b, v);
	mem_check(stralloc_catb(sa, (char *)b, sizeof b));
}

void
field_putstr(stralloc *sa, const void *s, size_t len)
{
	mem_check(len <= UINT32_MAX && stralloc_readyplus(sa, len + 4));
	field_pack32((unsigned char *)sa->s + sa->len, (uint32_t)len);
	if (len)
		memcpy(sa->s + sa->len + 4, s, len);
	sa->len += len + 4;
}

void
field_start(struct field *r, const void *data, size_t len)
{
	r->p = len ? data
		   : (const void *)""; /* an empty stralloc has no address */
	r->end = r->p + len;
	r->bad = 0;
}

const char *
field_getb(struct field *r, size_t len)
{
	const unsigned char *p = r->p;

	if (r->bad || (size_t)(r->end - p) < len) {
		r->bad = 1;
		r->p = r->end;
		return NULL;
	}
	r->p += len;
	return (const char *)p;
}

static uint64_t
number(struct field *r, size_t len)
{
	const unsigned char *p = (const unsigned char *)field_getb(r, len);
	uint64_t v = 0;

	for (; p && len; len--)
		v = v << 8 | *p++;
	return v;
}

uint8_t
field_getu8(struct field *r)
{
	return (uint8_t)number(r, 1);
}

uint16_t
field_getu16(struct field *r)
{
	return (uint16_t)number(r, 2);
}

uint32_t
field_getu32(struct field *r)
{
	return (uint32_t)number(r, 4);
}

uint64_t
field_getu64(struct field *r)
{
	return number(r, 8);
}

const char *
field_getstr(struct field *r, size_t max, size_t *len_r)
{
	size_t len = field_getu32(r);
	const char *p;

	if (len > max)
		r->bad = 1;
	p = field_getb(r, len);
	*len_r = p ? len : 0;
	return p ? p : "";
}

size_t
field_left(const struct field *r)
{
	return (size_t)(r->end - r->p);
}

int
field_end(const struct field *r)
{
	return !r->bad && r->p == r->end;
}
