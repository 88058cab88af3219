#include <string.h>
#include <strings.h>

#include "common/bundle.h"
#include "common/notify.h"

static const struct {
	const char *word;
	uint8_t bit;
} words[] = {
	{ "NEVER", BUNDLE_NEVER },
	{ "SUCCESS", BUNDLE_SUCCESS },
	{ "FAILURE", BUNDLE_FAILURE },
	{ "DELAY", BUNDLE_DELAY },
};

static uint8_t
word(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == n &&
		    !strncasecmp(s, words[i].word, n))
			return words[i].bit;
	return 0;
}

uint8_t
notify_parse(const char *s, size_t n)
{
	const char *end = s + n, *comma;
	uint8_t bits = 0, bit;

	for (;; s = comma + 1) {
		comma = memchr(s, ',', (size_t)(end - s));
		bit = word(s, (size_t)((comma ? comma : end) - s));
		bits |= bit;
		if (!bit || (bits & BUNDLE_NEVER && bits != BUNDLE_NEVER))
			return 0;
		if (!comma)
			return bits;
	}
}
