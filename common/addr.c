#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/addr.h"
#include "common/chars.h"
#include "common/utf8.h"

#define LABELMAX 63 /* RFC 1035 2.3.4 */

/* RFC 5322 3.2.3, RFC 6531 3.3. */
static int
isatext(char c)
{
	if ((unsigned char)c > 127)
		return 1;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return 1;
	return c && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

/* Length of the quoted string that s begins with, 0 when it has no end. */
static size_t
quoted(const char *s, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\')
			i++;
	}
	return 0;
}

/*
 * Length of the local part.  Dots may stand anywhere: a..b@ and a.@ are not
 * RFC 5321 dot-strings, yet such mailboxes exist and get mail.
 */
static size_t
local(const char *s, size_t n)
{
	size_t i;

	if (n && s[0] == '"')
		return quoted(s, n);
	for (i = 0; i < n && (isatext(s[i]) || s[i] == '.'); i++)
		;
	return i;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] */
static int
isliteral(const char *s, size_t n)
{
	unsigned char ip[16];
	char text[INET6_ADDRSTRLEN];
	int family = AF_INET;

	if (n < 2 || s[n - 1] != ']')
		return 0;
	s++;
	n -= 2;
	if (n > 5 && !strncasecmp(s, "IPv6:", 5)) {
		family = AF_INET6;
		s += 5;
		n -= 5;
	}
	if (n >= sizeof text || memchr(s, '\0', n))
		return 0;
	memcpy(text, s, n);
	text[n] = '\0';
	return inet_pton(family, text, ip) == 1;
}

int
addr_domain_ok(const char *s, size_t n)
{
	size_t i, label = 0;

	if (!n || n > ADDR_DOMAINMAX)
		return 0;
	if (s[0] == '[')
		return isliteral(s, n);
	for (i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (!label)
				return 0;
			label = 0;
			continue;
		}
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '-' && s[i] != '_')
			return 0;
		if (++label > LABELMAX)
			return 0;
	}
	return label != 0;
}

/* The controls of Latin-1, U+0080 to U+009F, are none either. */
static int
isprintable(const char *s, size_t n)
{
	size_t i;
	unsigned char c, d;

	for (i = 0; i < n; i++) {
		c = (unsigned char)s[i];
		d = i + 1 < n ? (unsigned char)s[i + 1] : 0;
		if (c < ' ' || c == 127 || (c == 0xc2 && d < 0xa0))
			return 0;
	}
	return utf8_ok(s, n);
}

/* As addr_domain_ok for a domain that is not ASCII; what its labels may be is
 * for those who make it so (idn.h). */
static int
isidn(const char *s, size_t n)
{
	size_t i, label = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '.' && !label)
			return 0;
		if ((unsigned char)s[i] < 128 && s[i] != '.' &&
		    !addr_domain_ok(&s[i], 1))
			return 0;
		label = s[i] == '.' ? 0 : label + 1;
	}
	return n <= ADDR_DOMAINMAX && label;
}

int
addr_split(const char *s, size_t n, struct addr *a_r)
{
	size_t k;

	if (n > ADDR_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!isprintable(s, n)) {
		errno = EILSEQ;
		return -1;
	}
	k = local(s, n);
	if (!k || k >= n || s[k] != '@') {
		errno = EINVAL;
		return -1;
	}
	a_r->utf8 = utf8_high(s, k);
	a_r->idn = utf8_high(s + k + 1, n - k - 1);
	if (!(a_r->idn ? isidn : addr_domain_ok)(s + k + 1, n - k - 1)) {
		errno = EINVAL;
		return -1;
	}
	if (k > ADDR_LOCALMAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	a_r->local = s;
	a_r->local_len = k;
	a_r->domain = s + k + 1;
	a_r->domain_len = n - k - 1;
	return 0;
}

void
addr_lower(char *d, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		d[i] = (char)chars_lower(s[i]);
}
