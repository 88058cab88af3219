/* The module itself, so that both of its ways can be compared. */
#include "common/crc32c.c"

#include <stdlib.h>

#include "t/lib/tap.h"

#define OCTETS 7000 /* more than twice what is summed in three lanes */

/* RFC 3720 B.4; its table lists the octets of the sum lowest first. */
static void
vectors(void)
{
	static const unsigned char read10[48] = { 0x01, 0xc0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0,
		0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02 };
	unsigned char b[32];
	int i;

	memset(b, 0, sizeof b);
	is_int(crc32c(0, b, sizeof b), 0x8a9136aa, "32 octets of zeros");
	memset(b, 0xff, sizeof b);
	is_int(crc32c(0, b, sizeof b), 0x62a8ab43, "32 octets of ones");
	for (i = 0; i < 32; i++)
		b[i] = (unsigned char)i;
	is_int(crc32c(0, b, sizeof b), 0x46dd794e, "32 octets, up");
	for (i = 0; i < 32; i++)
		b[i] = (unsigned char)(31 - i);
	is_int(crc32c(0, b, sizeof b), 0x113fdb5c, "32 octets, down");
	is_int(crc32c(0, read10, sizeof read10), 0xd9963a56,
	    "an iSCSI SCSI Read (10) command PDU");
	is_int(crc32c(0, "123456789", 9), 0xe3069283, "nine digits");
	is_int(crc32c(0, "", 0), 0, "nothing");
	is_int(crc32c(7, "", 0), 7, "nothing more");
}

/* Every length and every start, so that the eight octets at a time are met
 * with each remainder; and lengths around those of lanes. */
static void
two_ways(const unsigned char *b, size_t n)
{
#if defined(__x86_64__)
	size_t from, len;
	int bad = 0;

	if (!__builtin_cpu_supports("sse4.2")) {
		ok(1, "the instruction # SKIP this processor lacks it");
		return;
	}
	for (from = 0; from < 9; from++)
		for (len = 0; len + from <= n; len += len < 500 ? 1 : 61)
			bad += by_table(~0u, b + from, len) !=
			    by_instruction(~0u, b + from, len);
	is_int(bad, 0, "the table and the instruction agree");
#else
	(void)b;
	(void)n;
	ok(1, "the instruction # SKIP not this architecture");
#endif
}

static void
chained(const unsigned char *b, size_t n)
{
	uint32_t want = crc32c(0, b, n);
	size_t cut;
	int bad = 0;

	for (cut = 0; cut <= n; cut += 7)
		bad += crc32c(crc32c(0, b, cut), b + cut, n - cut) != want;
	is_int(bad, 0, "pieces may be chained, wherever they are cut");
}

int
main(void)
{
	/* Exactly as long as it has to be: the sanitizer sees one too many. */
	unsigned char *b = malloc(OCTETS);
	size_t i;

	for (i = 0; i < OCTETS; i++)
		b[i] = (unsigned char)(i * i + i / 7);
	vectors();
	two_ways(b, OCTETS);
	chained(b, OCTETS);
	free(b);
	return done_testing();
}
