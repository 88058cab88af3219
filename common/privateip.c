#include <stddef.h>
#include <string.h>

#include "common/privateip.h"

static int
is_private4(const uint8_t *ip)
{
	static const struct {
		uint8_t ip[4];
		unsigned int bits;
	} nets[] = {
		{ { 0, 0, 0, 0 }, 8 }, /* RFC 1122 3.2.1.3 */
		{ { 10, 0, 0, 0 }, 8 }, /* RFC 1918 */
		{ { 100, 64, 0, 0 }, 10 }, /* RFC 6598 */
		{ { 127, 0, 0, 0 }, 8 },
		{ { 169, 254, 0, 0 }, 16 }, /* RFC 3927 */
		{ { 172, 16, 0, 0 }, 12 }, { { 192, 168, 0, 0 }, 16 },
		{ { 224, 0, 0, 0 }, 3 }, /* multicast, and what is above */
	};
	uint32_t a, b;
	size_t i;

	a = (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 |
	    (uint32_t)ip[2] << 8 | ip[3];
	for (i = 0; i < sizeof nets / sizeof *nets; i++) {
		b = (uint32_t)nets[i].ip[0] << 24 |
		    (uint32_t)nets[i].ip[1] << 16;
		if ((a ^ b) >> (32 - nets[i].bits) == 0)
			return 1;
	}
	return 0;
}

static int
is_private6(const uint8_t *ip)
{
	static const uint8_t zero[16], mapped[12] = { [10] = 255, [11] = 255 };

	if (memcmp(ip, mapped, 12) == 0)
		return is_private4(ip + 12);
	if (memcmp(ip, zero, 15) == 0 && ip[15] <= 1) /* :: and ::1 */
		return 1;
	return (ip[0] & 0xfe) == 0xfc || /* RFC 4193 */
	    (ip[0] == 0xfe && ip[1] >= 0x80) || /* link-local, site-local */
	    ip[0] == 0xff;
}

int
privateip(unsigned int family, const uint8_t *ip)
{
	return family == 4 ? is_private4(ip) : is_private6(ip);
}
