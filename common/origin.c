#include "common/chars.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/origin.h"

void
origin_put(stralloc *sa, const struct origin *o)
{
	field_putu8(sa, ORIGIN_VERSION);
	field_putu32(sa, o->header);
	mem_check(stralloc_catb(sa, (const char *)o->hash, ORIGIN_HASH));
	field_putstr(sa, o->from, o->from_len);
}

int
origin_get(struct origin *o_r, const char *s, size_t n)
{
	struct field r;
	uint8_t version;

	field_start(&r, s, n);
	version = field_getu8(&r);
	o_r->header = field_getu32(&r);
	o_r->hash = (const unsigned char *)field_getb(&r, ORIGIN_HASH);
	o_r->from = field_getstr(&r, ADDR_DOMAINMAX, &o_r->from_len);
	if (!field_end(&r) || version != ORIGIN_VERSION ||
	    !chars_name(o_r->from, o_r->from_len))
		return -1;
	return 0;
}
