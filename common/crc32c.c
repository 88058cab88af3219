#include <string.h>

#include "common/crc32c.h"

#define POLY 0x82f63b78u /* reflected */

#define LANE 1024 /* octets of each of three that are summed side by side */

static uint32_t table[256];
static uint32_t over[4][256]; /* a state, LANE octets of zeros later */

/* The sum is linear: of a state it is that of its bits, which bit[] has. */
static uint32_t
apply(const uint32_t *bit, uint32_t state)
{
	uint32_t c = 0;

	for (; state; state >>= 1, bit++)
		if (state & 1)
			c ^= *bit;
	return c;
}

/* From one octet of zeros to LANE by doubling. */
static void
fill_over(void)
{
	uint32_t bit[32], twice[32], i, k;

	for (i = 0; i < 32; i++)
		bit[i] = table[(1u << i) & 255] ^ (1u << i) >> 8;
	for (k = 1; k < LANE; k *= 2) {
		for (i = 0; i < 32; i++)
			twice[i] = apply(bit, bit[i]);
		memcpy(bit, twice, sizeof bit);
	}
	for (k = 0; k < 4; k++)
		for (i = 0; i < 256; i++)
			over[k][i] = apply(bit, i << (8 * k));
}

/* Before main, so that no two threads meet here. */
__attribute__((constructor)) static void
fill(void)
{
	uint32_t c;
	unsigned int i, k;

	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c & 1 ? POLY ^ c >> 1 : c >> 1;
		table[i] = c;
	}
	fill_over();
}

static uint32_t
by_table(uint32_t crc, const unsigned char *p, size_t len)
{
	while (len--)
		crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
	return crc;
}

#if defined(__x86_64__)
static uint64_t
get(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint32_t
skip(uint64_t c)
{
	return over[0][c & 255] ^ over[1][c >> 8 & 255] ^
	    over[2][c >> 16 & 255] ^ over[3][c >> 24 & 255];
}

/* The instruction takes three cycles, but the next may begin after one. */
__attribute__((target("sse4.2"))) static uint64_t
three_lanes(uint64_t c, const unsigned char *p)
{
	uint64_t d = 0, e = 0;
	size_t i;

	for (i = 0; i < LANE; i += 8) {
		c = __builtin_ia32_crc32di(c, get(p + i));
		d = __builtin_ia32_crc32di(d, get(p + LANE + i));
		e = __builtin_ia32_crc32di(e, get(p + 2 * LANE + i));
	}
	return skip(skip(c) ^ d) ^ e;
}

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t c = crc;

	for (; len >= 3 * LANE; p += 3 * LANE, len -= 3 * LANE)
		c = three_lanes(c, p);
	for (; len >= 8; p += 8, len -= 8)
		c = __builtin_ia32_crc32di(c, get(p));
	while (len--)
		c = __builtin_ia32_crc32qi((uint32_t)c, *p++);
	return (uint32_t)c;
}
#endif

uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	crc = ~crc;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~by_instruction(crc, data, len);
#endif
	return ~by_table(crc, data, len);
}
