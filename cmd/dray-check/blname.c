#include <stdio.h>
#include <string.h>

#include "cmd/dray-check/blname.h"

int
blname_domain(char *d, const char *domain, const char *zone)
{
	int n = snprintf(d, BLNAME_MAX, "%s.%s", domain, zone);

	return n < 0 || n >= BLNAME_MAX ? -1 : 0;
}

int
blname_address(
    char *d, unsigned int family, const uint8_t *ip, const char *zone)
{
	static const char hex[] = "0123456789abcdef";
	char digits[2 * 2 * 16 + 1] = "";
	unsigned int i;

	if (family == 4) {
		snprintf(digits, sizeof digits, "%u.%u.%u.%u", ip[3], ip[2],
		    ip[1], ip[0]);
		return blname_domain(d, digits, zone);
	}
	for (i = 0; i < 16; i++) {
		digits[4 * i] = hex[ip[15 - i] & 15];
		digits[4 * i + 1] = '.';
		digits[4 * i + 2] = hex[ip[15 - i] >> 4];
		digits[4 * i + 3] = i < 15 ? '.' : '\0';
	}
	return blname_domain(d, digits, zone);
}
