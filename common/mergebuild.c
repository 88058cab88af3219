#include <errno.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergebuild.h"
#include "common/utf8.h"

/* What of this stands in no text: mergecompile.h puts another in its place,
 * where there is anything to tell apart. */
#define BOUNDARY "=_dray_alternatives_"
#define BOUNDARYMAX 64

static int
wrong(struct mergebuild *b, const char *why)
{
	b->why = why;
	errno = EINVAL;
	return -1;
}

static int
field(struct mergebuild *b, stralloc *out, const char *name, const char *s)
{
	if (!s)
		return 0;
	if (strpbrk(s, "\r\n"))
		return wrong(b, "a line end in a field of the header");
	if (!utf8_ok(s, strlen(s)))
		return wrong(b, "a field of the header is not UTF-8");
	mem_check(stralloc_cats(out, name));
	mem_check(stralloc_cats(out, ": "));
	mem_check(stralloc_cats(out, s));
	mem_check(stralloc_cats(out, "\r\n"));
	return 0;
}

static int
has(const char *s, size_t n, const char *boundary)
{
	return s && n && memmem(s, n, boundary, strlen(boundary));
}

static void
part(stralloc *out, const char *type, const char *s, size_t n)
{
	mem_check(stralloc_cats(out, "Content-Type: "));
	mem_check(stralloc_cats(out, type));
	mem_check(stralloc_cats(
	    out, "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"));
	mem_check(stralloc_catb(out, n ? s : "", n));
}

static void
delimiter(stralloc *out, const char *boundary, const char *end)
{
	mem_check(stralloc_cats(out, "\r\n--"));
	mem_check(stralloc_cats(out, boundary));
	mem_check(stralloc_cats(out, end));
}

static void
both(const struct mergebuild *b, stralloc *out)
{
	char boundary[BOUNDARYMAX] = BOUNDARY;
	size_t n = strlen(boundary);

	/* Longer than what is there in the texts. */
	while (n + 1 < sizeof boundary &&
	    (has(b->text, b->text_len, boundary) ||
		has(b->html, b->html_len, boundary)))
		boundary[n++] = '_';
	mem_check(stralloc_cats(
	    out, "Content-Type: multipart/alternative; boundary=\""));
	mem_check(stralloc_cats(out, boundary));
	mem_check(stralloc_cats(out, "\"\r\n"));
	delimiter(out, boundary, "\r\n");
	part(out, "text/plain", b->text, b->text_len);
	delimiter(out, boundary, "\r\n");
	part(out, "text/html", b->html, b->html_len);
	delimiter(out, boundary, "--\r\n");
}

int
mergebuild_message(struct mergebuild *b, stralloc *out)
{
	if (!b->text && !b->html)
		return wrong(b, "there is neither text nor HTML");
	if ((b->text && !utf8_ok(b->text, b->text_len)) ||
	    (b->html && !utf8_ok(b->html, b->html_len)))
		return wrong(b, "the text or the HTML is not UTF-8");
	if (field(b, out, "From", b->from) == -1 ||
	    field(b, out, "To", b->to) == -1 ||
	    field(b, out, "Subject", b->subject) == -1)
		return -1;
	mem_check(stralloc_cats(out, "MIME-Version: 1.0\r\n"));
	if (b->text && b->html)
		both(b, out);
	else if (b->text)
		part(out, "text/plain", b->text, b->text_len);
	else
		part(out, "text/html", b->html, b->html_len);
	return 0;
}
