#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/mime.h"
#include "common/utf8.h"

#define NONE ((iconv_t)-1)

/* They are opened before the program shuts itself in, since each of them is a
 * file.  One that is missing in a system's library is taken for Latin. */
static struct {
	const char *name;
	iconv_t to_utf8;
} sets[] = {
	{ "iso-8859-1", NONE },
	{ "iso-2022-jp", NONE },
	{ "shift_jis", NONE },
	{ "euc-jp", NONE },
	{ "gb18030", NONE },
	{ "big5", NONE },
	{ "euc-kr", NONE },
	{ "koi8-r", NONE },
	{ "koi8-u", NONE },
	{ "iso-8859-2", NONE },
	{ "iso-8859-5", NONE },
	{ "iso-8859-7", NONE },
	{ "iso-8859-8", NONE },
	{ "iso-8859-9", NONE },
	{ "iso-8859-15", NONE },
	{ "windows-1250", NONE },
	{ "windows-1251", NONE },
	{ "windows-1252", NONE },
	{ "windows-1253", NONE },
	{ "windows-1254", NONE },
	{ "windows-1255", NONE },
	{ "windows-1256", NONE },
	{ "windows-1257", NONE },
	{ "tis-620", NONE },
	{ "utf-16", NONE },
	{ "ibm850", NONE },
};

#define SETS (sizeof sets / sizeof *sets)

/* Other names, and smaller sets that are in larger ones. */
static const struct {
	const char *name;
	const char *is;
} aliases[] = {
	{ "latin1", "iso-8859-1" },
	{ "iso8859-1", "iso-8859-1" },
	{ "x-sjis", "shift_jis" },
	{ "shift-jis", "shift_jis" },
	{ "cp932", "shift_jis" },
	{ "windows-31j", "shift_jis" },
	{ "iso-2022-jp-1", "iso-2022-jp" },
	{ "cp50220", "iso-2022-jp" },
	{ "gb2312", "gb18030" },
	{ "gbk", "gb18030" },
	{ "ks_c_5601-1987", "euc-kr" },
	{ "iso-8859-8-i", "iso-8859-8" },
	{ "cp1250", "windows-1250" },
	{ "cp1251", "windows-1251" },
	{ "cp1252", "windows-1252" },
};

void
charset_open(void)
{
	size_t i;

	for (i = 0; i < SETS; i++)
		if (sets[i].to_utf8 == NONE)
			sets[i].to_utf8 = iconv_open("utf-8", sets[i].name);
}

static iconv_t
find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (!strcasecmp(name, aliases[i].name))
			name = aliases[i].is;
	for (i = 0; i < SETS; i++)
		if (!strcasecmp(name, sets[i].name))
			return sets[i].to_utf8;
	return sets[0].to_utf8;
}

/* What cannot be converted becomes '?'.  Returns the octets in d. */
static size_t
convert(iconv_t cd, const char *s, size_t n, char *d, size_t max)
{
	char *in = (char *)s, *out = d;
	size_t left = max;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (n && left >= 8 && iconv(cd, &in, &n, &out, &left) == (size_t)-1)
		if (n && left) {
			*out++ = '?';
			left--;
			in++;
			n--;
		}
	return max - left;
}

static int
is_jis(const char *s, size_t n)
{
	return memmem(s, n, "\033$B", 3) || memmem(s, n, "\033$@", 3);
}

/* Line ends as LF, in place. */
static size_t
fix_lines(char *s, size_t n)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++)
		if (s[i] != '\r' || i + 1 == n || s[i + 1] != '\n')
			s[len++] = s[i] == '\r' || !s[i] ? '\n' : s[i];
	s[len] = '\0';
	return len;
}

const char *
charset_text(
    struct arena *a, const char *name, const char *s, size_t n, size_t *n_r)
{
	iconv_t cd = NONE;
	size_t max;
	char *d;

	if (n > REPORT_TEXT)
		n = REPORT_TEXT;
	if (is_jis(s, n))
		cd = find("iso-2022-jp");
	else if (!strncasecmp(name, "utf-16", 6))
		cd = find("utf-16");
	else if (utf8_high(s, n) && !utf8_ok(s, n))
		cd = find(name);
	else if (utf8_high(s, n) && *name && strcasecmp(name, "utf-8") &&
	    strcasecmp(name, "us-ascii"))
		cd = find(name);
	if (cd == NONE) {
		d = arena_dup(a, s, n);
	} else {
		max = n * 3 < REPORT_TEXT ? n * 3 : REPORT_TEXT;
		d = arena_take(a, max + 9);
		n = convert(cd, s, n, d, max + 8);
	}
	*n_r = fix_lines(d, n);
	return d;
}
