#include <string.h>

#include "common/bundle.h"
#include "common/chars.h"

#include "command.h"
#include "compose.h"
#include "lane.h"

#define LINE 4096 /* more than any command with all its parameters */
#define ENVID_MAX 100 /* RFC 3461 4.4 */
#define ORCPT_MAX 500 /* RFC 3461 4.2 */

static char *
put(char *d, const char *s, size_t n)
{
	memcpy(d, s, n);
	return d + n;
}

static char *
puts_(char *d, const char *s)
{
	return put(d, s, strlen(s));
}

static char *
putn(char *d, uint64_t v)
{
	char b[20];
	size_t n = sizeof b;

	do
		b[--n] = (char)('0' + v % 10);
	while (v /= 10);
	return put(d, b + n, sizeof b - n);
}

/* As it is if it is xtext already, else made so. */
static char *
put_xtext(char *d, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char c;
	size_t i;

	if (chars_xtext(s, n))
		return put(d, s, n);
	for (i = 0; i < n; i++) {
		c = (unsigned char)s[i];
		if (c <= 32 || c >= 127 || c == '+' || c == '=') {
			*d++ = '+';
			*d++ = hex[c >> 4];
			*d++ = hex[c & 15];
		} else {
			*d++ = (char)c;
		}
	}
	return d;
}

/* Nothing rather than one that is too long, which would be refused. */
static char *
put_envid(char *d, const char *s, size_t n)
{
	char *begin = puts_(d, " ENVID="), *end = put_xtext(begin, s, n);

	return end - begin > ENVID_MAX ? d : end;
}

static void
command(struct lane *l, const char *s)
{
	output_add(l, s, strlen(s));
}

void
command_rset(struct lane *l)
{
	command(l, "RSET\r\n");
}

void
command_data(struct lane *l)
{
	command(l, "DATA\r\n");
}

void
command_mail(struct lane *l, const struct job *j)
{
	uint32_t caps = l->caps.bits;
	char *begin = output_room(l, LINE), *d = begin;

	d = puts_(d, "MAIL FROM:<");
	d = put(d, j->sender, j->sender_len);
	*d++ = '>';
	if (caps & REMOTE_CAP_SIZE)
		d = putn(puts_(d, " SIZE="), compose_size(j));
	if (caps & REMOTE_CAP_8BITMIME && j->flags & BUNDLE_8BIT)
		d = puts_(d, " BODY=8BITMIME");
	/* A header that is not ASCII is no reason to fail where it is not
	 * offered: everybody takes those. */
	if (caps & REMOTE_CAP_SMTPUTF8 && (j->utf8 || j->flags & BUNDLE_UTF8))
		d = puts_(d, " SMTPUTF8");
	if (caps & REMOTE_CAP_DSN && (j->ret == 'F' || j->ret == 'H'))
		d = puts_(d, j->ret == 'F' ? " RET=FULL" : " RET=HDRS");
	if (caps & REMOTE_CAP_DSN && j->envid_len)
		d = put_envid(d, j->envid, j->envid_len);
	d = put(d, "\r\n", 2);
	output_took(l, (size_t)(d - begin));
}

static char *
put_notify(char *d, uint8_t notify)
{
	static const struct {
		const char *word;
		uint8_t bit;
	} words[] = {
		{ "SUCCESS,", BUNDLE_SUCCESS },
		{ "FAILURE,", BUNDLE_FAILURE },
		{ "DELAY,", BUNDLE_DELAY },
	};
	size_t i;

	if (notify & BUNDLE_NEVER)
		return puts_(d, " NOTIFY=NEVER");
	if (!(notify & (BUNDLE_SUCCESS | BUNDLE_FAILURE | BUNDLE_DELAY)))
		return d;
	d = puts_(d, " NOTIFY=");
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (notify & words[i].bit)
			d = puts_(d, words[i].word);
	return d - 1;
}

static char *
put_orcpt(char *d, const char *s, size_t n)
{
	const char *semi = memchr(s, ';', n);
	size_t type = semi ? (size_t)(semi - s) + 1 : 0;
	char *begin, *end;

	/* Without a type it would not be understood. */
	if (type < 2 || !chars_xtext(s, type))
		return d;
	begin = puts_(d, " ORCPT=");
	end = put_xtext(put(begin, s, type), s + type, n - type);
	return end - begin > ORCPT_MAX ? d : end;
}

void
command_rcpt(struct lane *l, const struct job *j, uint32_t i)
{
	const struct rcpt *p = &j->rcpts[i];
	char *begin = output_room(l, LINE), *d = begin;

	d = puts_(d, "RCPT TO:<");
	d = put(d, p->addr, p->addr_len);
	*d++ = '>';
	if (l->caps.bits & REMOTE_CAP_DSN) {
		d = put_notify(d, p->notify);
		if (p->orcpt_len)
			d = put_orcpt(d, p->orcpt, p->orcpt_len);
	}
	d = put(d, "\r\n", 2);
	output_took(l, (size_t)(d - begin));
}

void
command_bdat(struct lane *l, const struct job *j)
{
	char *begin = output_room(l, LINE), *d = begin;

	d = puts_(putn(puts_(d, "BDAT "), compose_size(j)), " LAST\r\n");
	output_took(l, (size_t)(d - begin));
}
