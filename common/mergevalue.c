#include <errno.h>
#include <stdint.h>

#include "common/mem.h"
#include "common/mergevalue.h"

#define HEADMAX 4 /* octets: MERGEVALUE_MAX times eight, in seven bits each */

static int
malformed(void)
{
	errno = EPROTO;
	return -1;
}

int
mergevalue_next(const char **p, const char *end, struct mergevalue *v_r)
{
	const char *q = *p;
	uint32_t head = 0;
	unsigned int shift = 0;
	unsigned char c;

	if (q == end)
		return 0;
	do {
		if (q == end || shift == 7 * HEADMAX)
			return malformed();
		c = (unsigned char)*q++;
		head |= (uint32_t)(c & 127) << shift;
		shift += 7;
	} while (c & 128);
	v_r->n = head >> 3;
	v_r->s = q;
	if ((head & 7) > MERGEVALUE_OBJECT || v_r->n > (size_t)(end - q))
		return malformed();
	v_r->type = (enum mergevalue_type)(head & 7);
	if (v_r->n && v_r->type < MERGEVALUE_TEXT)
		return malformed();
	*p = q + v_r->n;
	return 1;
}

int
mergevalue_false(const struct mergevalue *v)
{
	switch (v->type) {
	case MERGEVALUE_NULL:
	case MERGEVALUE_FALSE:
		return 1;
	case MERGEVALUE_TEXT:
	case MERGEVALUE_LIST:
		return v->n == 0;
	default:
		return 0;
	}
}

void
mergevalue_put(stralloc *sa, enum mergevalue_type type, const char *s, size_t n)
{
	uint32_t head = (uint32_t)n << 3 | (uint32_t)type;

	mem_check(stralloc_readyplus(sa, n + HEADMAX));
	for (; head > 127; head >>= 7)
		sa->s[sa->len++] = (char)(head | 128);
	sa->s[sa->len++] = (char)head;
	mem_check(stralloc_catb(sa, n ? s : "", n));
}
