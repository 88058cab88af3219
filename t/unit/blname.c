/* Names that lists in DNS are asked for. */
#include <arpa/inet.h>
#include <string.h>

#include "cmd/dray-check/blname.h"
#include "t/lib/tap.h"

static void
addresses(void)
{
	char d[BLNAME_MAX];
	uint8_t ip[16];

	inet_pton(AF_INET, "192.0.2.99", ip);
	ok(blname_address(d, 4, ip, "bl.example") == 0 &&
		!strcmp(d, "99.2.0.192.bl.example"),
	    "IPv4: octets from the last to the first");
	inet_pton(AF_INET6, "2001:db8:1:2:3:4:567:89ab", ip);
	ok(blname_address(d, 6, ip, "bl.example") == 0 &&
		!strcmp(d,
		    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0."
		    "8.b.d.0.1.0.0.2.bl.example"),
	    "IPv6: nibbles, the same (RFC 5782 2.4)");
}

static void
lengths(void)
{
	char d[BLNAME_MAX], zone[256];
	uint8_t ip[16] = { 0 };

	ok(blname_domain(d, "brand.example", "bl.example") == 0 &&
		!strcmp(d, "brand.example.bl.example"),
	    "a domain");
	memset(zone, 'z', sizeof zone);
	zone[253 - 64] = '\0';
	ok(blname_address(d, 6, ip, zone) == 0 && strlen(d) == 253,
	    "the longest name");
	zone[253 - 64] = 'z';
	zone[254 - 64] = '\0';
	ok(blname_address(d, 6, ip, zone) == -1, "one octet more");
	zone[254 - 64] = 'z';
	zone[255] = '\0';
	ok(blname_address(d, 4, ip, zone) == -1, "a zone as long as that");
	ok(blname_domain(d, "brand.example", zone) == -1, "and a domain");
}

int
main(void)
{
	addresses();
	lengths();
	return done_testing();
}
