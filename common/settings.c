#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/chars.h"
#include "common/settings.h"

#define LIFETIMEMAX (366u * 86400)

static int
bad(int e)
{
	errno = e;
	return -1;
}

static int
name(char *d, const char *s, size_t n, int plain)
{
	if (!n || n > SETTINGS_MAX)
		return bad(EINVAL);
	if (plain ? !chars_name(s, n) : !chars_ascii(s, n))
		return bad(EINVAL);
	if (!d[0]) {
		memcpy(d, s, n);
		d[n] = '\0';
	}
	return 0;
}

static int
duration(uint32_t *d, const char *s, size_t n)
{
	static const struct {
		char c;
		uint32_t seconds;
	} unit[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 } };
	uint64_t v = 0;
	size_t i, k;

	for (i = 0; i < n && i < 9 && s[i] >= '0' && s[i] <= '9'; i++)
		v = v * 10 + (unsigned int)(s[i] - '0');
	if (!i || n - i > 1)
		return bad(EINVAL);
	if (i < n) {
		for (k = 0; k < 5 && unit[k].c != s[i]; k++)
			;
		if (k == 5)
			return bad(EINVAL);
		v *= unit[k].seconds;
	}
	if (!v || v > LIFETIMEMAX)
		return bad(EINVAL);
	if (!*d)
		*d = (uint32_t)v;
	return 0;
}

int
settings_set(struct settings *s, const char *key, size_t key_len,
    const char *value, size_t len)
{
	static const char *const keys[] = { "stream", "route", "campaign",
		"tenant", "lifetime" };
	size_t k;

	while (len && strchr(" \t\r\n", value[len - 1]) && value[len - 1])
		len--;
	while (len && strchr(" \t\r\n", *value) && *value) {
		value++;
		len--;
	}
	for (k = 0; k < 5; k++)
		if (key_len == strlen(keys[k]) &&
		    !strncasecmp(key, keys[k], key_len))
			break;
	switch (k) {
	case 0:
		return name(s->stream, value, len, 1);
	case 1:
		return name(s->route, value, len, 1);
	case 2:
		return name(s->campaign, value, len, 0);
	case 3:
		return name(s->tenant, value, len, 0);
	case 4:
		return duration(&s->lifetime, value, len);
	}
	return bad(ENOENT);
}
