/*
 * Eight tables: table[k][b] is the effect of octet b with k octets of zero
 * behind it, so that eight octets are worked off in one step.
 */
#include "crc.h"

static uint32_t table[8][256];

void
crc_init(void)
{
	uint32_t c;
	int b, k;

	for (b = 0; b < 256; b++) {
		c = (uint32_t)b;
		for (k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[0][b] = c;
	}
	for (k = 1; k < 8; k++)
		for (b = 0; b < 256; b++) {
			c = table[k - 1][b];
			table[k][b] = table[0][c & 255] ^ c >> 8;
		}
}

uint32_t
crc_add(uint32_t crc, const void *s, size_t n)
{
	const unsigned char *p = s;
	uint32_t c = ~crc;

	for (; n >= 8; p += 8, n -= 8) {
		c ^= p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		    (uint32_t)p[3] << 24;
		c = table[7][c & 255] ^ table[6][c >> 8 & 255] ^
		    table[5][c >> 16 & 255] ^ table[4][c >> 24] ^
		    table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
		    table[0][p[7]];
	}
	for (; n; p++, n--)
		c = table[0][(c ^ *p) & 255] ^ c >> 8;
	return ~c;
}
