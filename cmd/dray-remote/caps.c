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

/* The number behind SIZE.  What is no number is no limit; one too large for
 * us is none that we could reach. */
static uint64_t
size(const char *s, size_t n)
{
	uint64_t v = 0;

	while (n && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	for (; n && *s >= '0' && *s <= '9'; s++, n--) {
		if (v > UINT64_MAX / 10 - 1)
			return 0;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	return n && *s != ' ' && *s != '\t' ? 0 : v;
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
	if (known[i].bit == REMOTE_CAP_SIZE)
		c->size = size(s + k, n - k);
}
