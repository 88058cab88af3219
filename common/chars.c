#include "common/chars.h"

int
chars_name(const char *s, size_t n)
{
	for (; n; s++, n--)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			(*s >= '0' && *s <= '9') || *s == '.' || *s == '_' ||
			*s == '-'))
			return 0;
	return 1;
}

int
chars_ascii(const char *s, size_t n)
{
	for (; n; s++, n--)
		if (*s < ' ' || *s > '~')
			return 0;
	return 1;
}

int
chars_clean(const char *s, size_t n)
{
	for (; n; s++, n--)
		if ((unsigned char)*s < ' ' || *s == 127)
			return 0;
	return 1;
}

static int
is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

int
chars_xtext(const char *s, size_t n)
{
	for (; n; s++, n--) {
		if (*s <= ' ' || *s > '~' || *s == '=')
			return 0;
		if (*s == '+' && (n < 3 || !is_digit(s[1]) || !is_digit(s[2])))
			return 0;
	}
	return 1;
}

void
chars_mask(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}
