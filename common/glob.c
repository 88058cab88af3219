#include <string.h>

#include "common/chars.h"
#include "common/glob.h"

/* What the last star stands for grows by one whenever the rest fails: no star
 * before it has to be tried again. */
int
glob_match(const char *p, size_t plen, const char *s, size_t n)
{
	const char *pe = p + plen, *se = s + n;
	const char *star = NULL, *from = s;

	while (s < se) {
		if (p < pe && *p == '*') {
			star = ++p;
			from = s;
		} else if (p < pe &&
		    (*p == '?' || chars_lower(*p) == chars_lower(*s))) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else {
			return 0;
		}
	}
	while (p < pe && *p == '*')
		p++;
	return p == pe;
}

static int
one(const char *p, const char *end, const char *s, size_t n)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (p == end)
		return 0;
	if (end - p == 2 && p[0] == '<' && p[1] == '>')
		return n == 0;
	return glob_match(p, (size_t)(end - p), s, n);
}

int
glob_list(const char *list, size_t len, char stop, const char *s, size_t n)
{
	const char *end = list + len, *next;

	for (; list < end; list = next + 1) {
		next = memchr(list, stop, (size_t)(end - list));
		if (!next)
			next = end;
		if (one(list, next, s, n))
			return 1;
	}
	return 0;
}
