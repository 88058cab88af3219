#include <string.h>

#include <openssl/evp.h>

#include "common/mem.h"
#include "common/signfield.h"

#define WIDTH 76
#define TAB 8

/* How many columns the last line has. */
static size_t
column(const stralloc *out)
{
	const char *nl = out->len ? memrchr(out->s, '\n', out->len) : NULL;
	size_t n = nl ? out->len - (size_t)(nl + 1 - out->s) : out->len;

	return nl && n && nl[1] == '\t' ? n + TAB - 1 : n;
}

static void
add(stralloc *out, const char *s, size_t n)
{
	mem_check(stralloc_catb(out, s, n));
}

void
signfield_word(stralloc *out, const char *glue, const char *s, size_t n)
{
	if (column(out) + strlen(glue) + n > WIDTH)
		glue = "\r\n\t";
	add(out, glue, strlen(glue));
	add(out, s, n);
}

void
signfield_text(stralloc *out, const char *glue, const char *s)
{
	signfield_word(out, glue, s, strlen(s));
}

void
signfield_list(stralloc *out, const char *names, size_t n)
{
	const char *end = names + n, *glue = " ", *colon;
	size_t k;

	for (; names < end; names += k) {
		colon = memchr(names, ':', (size_t)(end - names));
		k = (size_t)((colon ? colon + 1 : end) - names);
		signfield_word(out, glue, names, k);
		glue = "";
	}
}

size_t
signfield_encode(char *d, const unsigned char *s, size_t n)
{
	if (n > SIGNFIELD_OCTETS)
		n = SIGNFIELD_OCTETS;
	return (size_t)EVP_EncodeBlock((unsigned char *)d, s, (int)n);
}

void
signfield_base64(stralloc *out, const unsigned char *s, size_t n)
{
	char text[SIGNFIELD_TEXTMAX];
	size_t room, k, len, i;

	len = signfield_encode(text, s, n);
	for (i = 0; i < len; i += k) {
		room = column(out) < WIDTH ? WIDTH - column(out) : 0;
		if (!room) {
			add(out, "\r\n\t", 3);
			room = WIDTH - TAB;
		}
		k = room < len - i ? room : len - i;
		add(out, text + i, k);
	}
}
