#include <stdint.h>
#include <string.h>

#include <idn2.h>

#include "common/addr.h"
#include "common/idn.h"
#include "common/utf8.h"

/* Most domains are ASCII, and may have underscores; the library is asked about
 * the others only. */
size_t
idn_ascii(char *d, const char *s, size_t n)
{
	uint8_t text[ADDR_DOMAINMAX + 1];
	uint8_t *ascii = NULL;
	size_t len = 0;

	if (n == 0 || n > ADDR_DOMAINMAX)
		return 0;
	if (!utf8_high(s, n)) {
		if (!addr_domain_ok(s, n))
			return 0;
		addr_lower(d, s, n);
		return n;
	}
	if (memchr(s, '\0', n))
		return 0;
	memcpy(text, s, n);
	text[n] = '\0';
	if (idn2_lookup_u8(text, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK) {
		len = strlen((char *)ascii);
		if (addr_domain_ok((char *)ascii, len))
			addr_lower(d, (char *)ascii, len);
		else
			len = 0;
	}
	idn2_free(ascii);
	return len;
}
