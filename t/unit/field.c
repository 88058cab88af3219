#include "common/field.h"

#include <stdlib.h>

#include "t/lib/tap.h"

static const char octets[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
			     "\x0c\x0d\x0e\x0f\x00\x00\x00\x03"
			     "a\0c\x00\x00\x00\x00";
#define OCTETS (sizeof octets - 1)

static void
write_all(stralloc *sa)
{
	field_putu8(sa, 1);
	field_putu16(sa, 0x0203);
	field_putu32(sa, 0x04050607);
	field_putu64(sa, 0x08090a0b0c0d0e0f);
	field_putstr(sa, "a\0c", 3);
	field_putstr(sa, NULL, 0);
}

static void
read_all(struct field *r)
{
	size_t len;
	const char *s;

	is_int(field_getu8(r), 1, "u8");
	is_int(field_getu16(r), 0x0203, "u16");
	is_int(field_getu32(r), 0x04050607, "u32");
	ok(field_getu64(r) == 0x08090a0b0c0d0e0f, "u64");
	ok(!field_end(r), "not at the end");
	is_int(field_left(r), 11, "what is left");
	s = field_getstr(r, 3, &len);
	ok(len == 3 && memcmp(s, "a\0c", 3) == 0, "a string");
	s = field_getstr(r, 0, &len);
	ok(len == 0 && s, "an empty string");
	ok(field_end(r), "at the end");
}

static void
round_trip(void)
{
	stralloc sa = STRALLOC_ZERO;
	struct field r;

	write_all(&sa);
	ok(sa.len == OCTETS && memcmp(sa.s, octets, OCTETS) == 0,
	    "written as documented");
	field_start(&r, sa.s, sa.len);
	read_all(&r);
	is_int(field_getu8(&r), 0, "beyond the end is 0");
	ok(!field_end(&r), "and bad");
	stralloc_free(&sa);
}

static void
top(void)
{
	stralloc sa = STRALLOC_ZERO;
	struct field r;

	field_putu8(&sa, 255);
	field_putu16(&sa, 65535);
	field_putu32(&sa, UINT32_MAX);
	field_putu64(&sa, UINT64_MAX);
	field_start(&r, sa.s, sa.len);
	ok(field_getu8(&r) == 255 && field_getu16(&r) == 65535 &&
		field_getu32(&r) == UINT32_MAX &&
		field_getu64(&r) == UINT64_MAX && field_end(&r),
	    "the largest numbers");
	stralloc_free(&sa);
}

/* What was cut reads as 0 or empty, and everything behind it too. */
static int
cut_is_bad(size_t n)
{
	char *b = malloc(n ? n : 1); /* as long as it is, for the sanitizer */
	struct field r;
	size_t len;
	int good;

	memcpy(b, octets, n);
	field_start(&r, b, n);
	(void)field_getu8(&r);
	(void)field_getu16(&r);
	(void)field_getu32(&r);
	(void)field_getu64(&r);
	(void)field_getstr(&r, 100, &len);
	(void)field_getstr(&r, 100, &len);
	good = !field_end(&r) && r.bad && field_left(&r) == 0 && len == 0 &&
	    field_getu64(&r) == 0 && field_getb(&r, 0) == NULL;
	free(b);
	return good;
}

static void
limits(void)
{
	struct field r;
	size_t len = 9;
	const char *s;

	field_start(&r, octets + 15, 7);
	s = field_getstr(&r, 2, &len);
	ok(len == 0 && *s == '\0' && r.bad, "a string over its limit is bad");
	field_start(&r, "\xff\xff\xff\xff", 4);
	(void)field_getstr(&r, (size_t)-1, &len);
	ok(len == 0 && r.bad, "a length that nobody has");
	field_start(&r, "abc", 3);
	ok(field_getb(&r, 4) == NULL && r.bad, "octets that are not there");
	field_start(&r, "abc", 3);
	ok(field_getb(&r, (size_t)-1) == NULL && r.bad,
	    "as many as there are numbers");
	field_start(&r, "abc", 3);
	s = field_getb(&r, 3);
	ok(s && memcmp(s, "abc", 3) == 0 && field_end(&r), "all that is there");
	ok(field_getb(&r, 0) != NULL && field_end(&r), "and nothing more");
	field_start(&r, NULL, 0);
	ok(field_end(&r), "nothing at all ends well");
}

int
main(void)
{
	size_t n;
	int bad = 0;

	round_trip();
	top();
	for (n = 0; n < OCTETS; n++)
		bad += !cut_is_bad(n);
	is_int(bad, 0, "cut at every length");
	limits();
	return done_testing();
}
