#include <string.h>

#include "common/chars.h"
#include "common/relaxed.h"

#define BLOCK 16

/* One that a compiler turns into what its machine has for it. */
typedef signed char block __attribute__((vector_size(BLOCK)));

void
relaxed_field(struct digest *d, const struct header_field *f)
{
	const char *s = f->value, *end = s + f->value_len;
	int any = 0, wsp = 0;
	size_t i;

	for (i = 0; i < f->name_len; i++)
		digest_put(d, (char)chars_lower(f->s[i]));
	digest_put(d, ':');
	for (; s < end; s++) {
		if (*s == '\r' || *s == '\n')
			continue;
		if (*s == ' ' || *s == '\t') {
			wsp = any;
			continue;
		}
		if (wsp)
			digest_put(d, ' ');
		digest_put(d, *s);
		wsp = 0;
		any = 1;
	}
}

void
relaxed_start(struct relaxed *b)
{
	memset(b, 0, sizeof *b);
}

void
relaxed_stuffed(struct relaxed *b)
{
	b->stuffed = 1;
}

static void
put_text(struct relaxed *b, struct digest *d, char c)
{
	for (; b->blank; b->blank--)
		digest_add(d, "\r\n", 2);
	if (b->wsp)
		digest_put(d, ' ');
	b->wsp = 0;
	b->text = b->begun = 1;
	digest_put(d, c);
}

static void
end_line(struct relaxed *b, struct digest *d)
{
	if (b->text)
		digest_add(d, "\r\n", 2);
	else
		b->blank++;
	b->text = b->begun = b->wsp = b->cr = 0;
}

static void
put_octet(struct relaxed *b, struct digest *d, char c)
{
	int first = !b->begun;

	if (c == '\n') {
		end_line(b, d);
		return;
	}
	if (b->cr)
		put_text(b, d, '\r');
	b->cr = c == '\r';
	if (b->cr)
		return;
	b->begun = 1;
	if (c == ' ' || c == '\t')
		b->wsp = 1;
	else if (c != '.' || !first || !b->stuffed)
		put_text(b, d, c);
}

/* Whether some octet of a block may not go as it is, given the one behind it. */
static int
needs_care(const char *s)
{
	uint64_t any[BLOCK / 8];
	block a, b, e;

	memcpy(&a, s, BLOCK);
	memcpy(&b, s + 1, BLOCK);
	e = (block)(a == '\t');
	e |= (block)(a == ' ') &
	    ((block)(b == ' ') | (block)(b == '\t') | (block)(b == '\r'));
	e |= (block)(a == '\n') & ((block)(b == '\r') | (block)(b == '.'));
	memcpy(any, &e, BLOCK);
	return (any[0] | any[1]) != 0;
}

/* How many octets are already in their relaxed form, in the middle of a line.
 * Most of a mail is. */
static size_t
plain(const char *s, size_t n)
{
	size_t k = 0;

	while (n - k > BLOCK && !needs_care(s + k))
		k += BLOCK;
	return k && s[k - 1] == '\r' ? k - 1 : k;
}

void
relaxed_body(struct relaxed *b, struct digest *d, const char *s, size_t n)
{
	size_t k;

	while (n) {
		k = b->text && !b->wsp && !b->cr ? plain(s, n) : 0;
		if (k) {
			digest_add(d, s, k);
			b->text = b->begun = s[k - 1] != '\n';
			s += k;
			n -= k;
			continue;
		}
		for (k = 0; k < BLOCK && n; k++, n--)
			put_octet(b, d, *s++);
	}
}

void
relaxed_end(struct relaxed *b, struct digest *d)
{
	if (b->text)
		digest_add(d, "\r\n", 2);
	relaxed_start(b);
}
