#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/mime.h"
#include "common/header.h"

#define TYPE "content-type"

/* Types of which nothing is nested. */
static const char *const flat[] = { "text/", "application/", "image/", "audio/",
	"video/", "font/" };

struct count {
	unsigned int nested; /* types that may have parts */
	unsigned int lines; /* that may be boundaries */
	unsigned int fields; /* in a row */
};

static int
may_nest(const char *p, const char *end)
{
	size_t i, n;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == ':')
		p++;
	while (p < end && strchr(" \t\r\n", *p) && *p)
		p++;
	for (i = 0; i < sizeof flat / sizeof *flat; i++) {
		n = strlen(flat[i]);
		if ((size_t)(end - p) >= n && !strncasecmp(p, flat[i], n))
			return 0;
	}
	return 1;
}

static void
look(struct count *c, const char *p, const char *eol, const char *end)
{
	size_t n = (size_t)(eol - p);

	if (n == 1 || (n == 2 && *p == '\r'))
		c->fields = 0;
	else if (memchr(p, ':', n < 80 ? n : 80))
		c->fields++;
	if (n >= 2 && p[0] == '-' && p[1] == '-')
		c->lines++;
	if ((*p == 'c' || *p == 'C') && n >= sizeof TYPE - 1 &&
	    !strncasecmp(p, TYPE, sizeof TYPE - 1))
		c->nested += (unsigned int)may_nest(p + sizeof TYPE - 1, end);
}

size_t
mime_bound(const char *s, size_t n)
{
	struct count c = { 0, 0, 0 };
	const char *p, *eol, *end;

	if (n > REPORT_OCTETS)
		n = REPORT_OCTETS;
	end = s + n;
	for (p = s; p < end; p = eol) {
		eol = header_nextline(p, end);
		look(&c, p, eol, end);
		/* In a digest every part is a message without saying so: two
		 * levels for each type. */
		if (c.nested > REPORT_DEPTH || c.lines > MIME_LINES ||
		    c.fields > MIME_FIELDS)
			break;
	}
	return (size_t)(p - s);
}
