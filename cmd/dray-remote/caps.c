#include <string.h>
#include <strings.h>

#include "common/remoteproto.h"

#include "caps.h"

/* clang-format off */
static const struct {
	const char *word;
	uint32_t bit;
} known[] = {
	{ "PIPELINING",		 REMOTE_CAP_PIPELINING },
	{ "CHUNKING",		 REMOTE_CAP_CHUNKING },
	{ "8BITMIME",		 REMOTE_CAP_8BITMIME },
	{ "SIZE",		 REMOTE_CAP_SIZE },
	{ "ENHANCEDSTATUSCODES", REMOTE_CAP_ENHANCED },
	{ "DSN",		 REMOTE_CAP_DSN },
	{ "SMTPUTF8",		 REMOTE_CAP_SMTPUTF8 },
	{ "STARTTLS",		 REMOTE_CAP_STARTTLS },
	{ "LIMITS",		 REMOTE_CAP_LIMITS },
};
/* clang-format on */

void
caps_init(struct caps *c)
{
	memset(c, 0, sizeof *c);
}

/* The length of the word at s. */
static size_t
word(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] != ' ' && s[i] != '\t')
		i++;
	return i;
}

/* Blanks at the beginning of s. */
static size_t
blank(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return i;
}

/* The number at s.  What is no number is no limit; one too large for us is none
 * that we could reach. */
static uint64_t
number(const char *s, size_t n)
{
	uint64_t v = 0;

	for (; n && *s >= '0' && *s <= '9'; s++, n--) {
		if (v > UINT64_MAX / 10 - 1)
			return 0;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	return n && *s != ' ' && *s != '\t' ? 0 : v;
}

/* "RCPTMAX=20 MAILMAX=5" */
static void
limits(struct caps *c, const char *s, size_t n)
{
	uint64_t v;
	size_t k;

	for (; (k = blank(s, n)) < n; s += k, n -= k) {
		s += k;
		n -= k;
		k = word(s, n);
		if (k < 8 || s[7] != '=')
			continue;
		v = number(s + 8, k - 8);
		if (v > UINT32_MAX)
			v = 0;
		if (!strncasecmp(s, "RCPTMAX", 7))
			c->rcptmax = (uint32_t)v;
		else if (!strncasecmp(s, "MAILMAX", 7))
			c->mailmax = (uint32_t)v;
	}
}

void
caps_line(struct caps *c, const char *s, size_t n)
{
	size_t i, k = word(s, n);

	if (!c->lines++) {
		c->bits |= REMOTE_CAP_ESMTP;
		return;
	}
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i].word) == k &&
		    !strncasecmp(s, known[i].word, k))
			break;
	if (i == sizeof known / sizeof *known)
		return;
	c->bits |= known[i].bit;
	s += k;
	n -= k;
	if (known[i].bit == REMOTE_CAP_SIZE)
		c->size = number(s + blank(s, n), n - blank(s, n));
	else if (known[i].bit == REMOTE_CAP_LIMITS)
		limits(c, s, n);
}
