#include <string.h>

#include "common/crc32c.h"
#include "common/daycount.h"
#include "common/field.h"

#define CRC_AT (DAYCOUNT_LEN - 4)

/* The key of the header. */
static const unsigned char magic[DAYCOUNT_KEYLEN] = "DRAYDAY1";

void
daycount_pack(unsigned char d[DAYCOUNT_LEN], const struct daycount *r)
{
	memcpy(d, r->key, DAYCOUNT_KEYLEN);
	field_pack32(d + DAYCOUNT_KEYLEN, r->day);
	field_pack64(d + DAYCOUNT_KEYLEN + 4, r->count);
	field_pack32(d + CRC_AT, crc32c(0, d, CRC_AT));
}

void
daycount_head(unsigned char d[DAYCOUNT_LEN])
{
	struct daycount r = { .day = 0 };

	memcpy(r.key, magic, sizeof magic);
	daycount_pack(d, &r);
}

/* 0: those octets are no record. */
static int
unpack(struct daycount *r, const unsigned char s[DAYCOUNT_LEN])
{
	struct field f;

	field_start(&f, s + DAYCOUNT_KEYLEN, DAYCOUNT_LEN - DAYCOUNT_KEYLEN);
	memcpy(r->key, s, DAYCOUNT_KEYLEN);
	r->day = field_getu32(&f);
	r->count = field_getu64(&f);
	return field_getu32(&f) == crc32c(0, s, CRC_AT);
}

int
daycount_each(const unsigned char *s, size_t n, daycount_fn *f, void *arg)
{
	unsigned char head[DAYCOUNT_LEN];
	struct daycount r;
	int bad = 0, good = 1;
	size_t at;

	daycount_head(head);
	if (n < sizeof head || memcmp(s, head, sizeof head) != 0)
		return 0;
	for (at = DAYCOUNT_LEN; n - at >= DAYCOUNT_LEN; at += DAYCOUNT_LEN) {
		if (!unpack(&r, s + at)) {
			bad = 1;
			continue;
		}
		good &= !bad;
		f(arg, &r);
	}
	return good;
}
