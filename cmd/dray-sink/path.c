#include <string.h>
#include <strings.h>

#include "common/chars.h"
#include "common/notify.h"
#include "path.h"

enum { LOCAL_MAX = 64, DOMAIN_MAX = 255, PATH_MAX_ = 256, ENVID_MAX = 100 };

static int
is_letdig(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static int
is_atext(unsigned char c)
{
	return is_letdig(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* The length of the UTF-8 character at s, more than one octet; 0: none. */
static size_t
utf8_len(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len, i;

	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	for (i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return len;
}

/* The octets of one character that `ok` allows or that is beyond ASCII. */
static size_t
one_char(const char *s, size_t n, int (*ok)(unsigned char), int *utf8)
{
	size_t k;

	if (!n)
		return 0;
	if (!((unsigned char)*s & 0x80))
		return ok((unsigned char)*s) ? 1 : 0;
	k = utf8_len(s, n);
	if (k)
		*utf8 = 1;
	return k;
}

static int
is_qtext(unsigned char c)
{
	return c >= 32 && c <= 126 && c != '"' && c != '\\';
}

static int
is_qpair(unsigned char c)
{
	return c >= 32 && c <= 126;
}

static size_t
quoted_string(const char *s, size_t n, int *utf8)
{
	size_t i = 1, k;

	while (i < n && s[i] != '"') {
		if (s[i] == '\\') {
			i++;
			k = one_char(s + i, n - i, is_qpair, utf8);
		} else {
			k = one_char(s + i, n - i, is_qtext, utf8);
		}
		if (!k)
			return 0;
		i += k;
	}
	return i < n ? i + 1 : 0;
}

static size_t
dot_string(const char *s, size_t n, int *utf8)
{
	size_t i = 0, k, start = 0;

	for (;;) {
		while ((k = one_char(s + i, n - i, is_atext, utf8)))
			i += k;
		if (i == start)
			return 0;
		if (i == n || s[i] != '.')
			return i;
		start = ++i;
	}
}

static size_t
local_part(const char *s, size_t n, int *utf8)
{
	size_t k;

	if (n && *s == '"')
		k = quoted_string(s, n, utf8);
	else
		k = dot_string(s, n, utf8);
	return k <= LOCAL_MAX ? k : 0;
}

/* One label: letters, digits, hyphens inside; no more than 63 octets. */
static size_t
label(const char *s, size_t n, int *utf8)
{
	size_t i = 0, k;
	int hyphen = 0;

	while (i < n) {
		if (s[i] == '-' && i) {
			hyphen = 1;
			i++;
			continue;
		}
		k = one_char(s + i, n - i, is_letdig, utf8);
		if (!k)
			break;
		hyphen = 0;
		i += k;
	}
	return hyphen || i > 63 ? 0 : i;
}

static size_t
literal(const char *s, size_t n)
{
	size_t i = 1;

	while (i < n && s[i] != ']') {
		if (!is_letdig((unsigned char)s[i]) && s[i] != '.' &&
		    s[i] != ':' && s[i] != '-')
			return 0;
		i++;
	}
	return i < n && i > 1 ? i + 1 : 0;
}

size_t
path_domain(const char *s, size_t n, int *utf8)
{
	size_t i = 0, k;

	if (n && *s == '[')
		return literal(s, n);
	for (;;) {
		k = label(s + i, n - i, utf8);
		if (!k)
			return 0;
		i += k;
		if (i == n || s[i] != '.')
			return i <= DOMAIN_MAX ? i : 0;
		i++;
	}
}

/* The length of "@a,@b:" at s; 0: none; n + 1: a bad one. */
static size_t
source_route(const char *s, size_t n)
{
	size_t i = 0, k;
	int utf8;

	if (!n || *s != '@')
		return 0;
	for (;;) {
		k = path_domain(s + i + 1, n - i - 1, &utf8);
		if (!k)
			return n + 1;
		i += 1 + k;
		if (i + 1 >= n)
			return n + 1;
		if (s[i] == ':')
			return i + 1;
		if (s[i] != ',' || s[i + 1] != '@')
			return n + 1;
		i++;
	}
}

/* Takes an address up to its closing bracket; its length, 0 when bad. */
static size_t
mailbox(const char *s, size_t n, struct path *p)
{
	size_t i, k;

	i = local_part(s, n, &p->utf8);
	if (!i || i + 1 >= n || s[i] != '@')
		return 0;
	k = path_domain(s + i + 1, n - i - 1, &p->utf8);
	if (!k)
		return 0;
	p->domain = s + i + 1;
	p->domainlen = k;
	return i + 1 + k;
}

/* Takes "<...>"; its length, or 0 when it is no path. */
static size_t
bracketed(const char *s, size_t n, enum path_kind kind, struct path *p)
{
	size_t route, k;

	if (n < 2 || *s != '<')
		return 0;
	if (s[1] == '>' && kind == PATH_FROM) {
		p->addr = s + 1;
		p->domain = s + 1;
		return 2;
	}
	route = source_route(s + 1, n - 1);
	if (route > n - 1)
		return 0;
	p->addr = s + 1 + route;
	n -= 1 + route;
	if (kind == PATH_TO && !route && n > 10 &&
	    !strncasecmp(p->addr, "postmaster>", 11)) {
		p->addrlen = 10;
		p->domain = p->addr + 10;
		return 12;
	}
	k = mailbox(p->addr, n, p);
	if (!k || k >= n || p->addr[k] != '>' || 2 + route + k > PATH_MAX_)
		return 0;
	p->addrlen = k;
	return 1 + route + k + 1;
}

static int
parse_size(const char *v, size_t n, uint64_t *size_r)
{
	uint64_t size = 0;
	size_t i;

	if (!n || n > 19)
		return -1;
	for (i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return -1;
		size = size * 10 + (uint64_t)(v[i] - '0');
	}
	*size_r = size;
	return 0;
}

static int
is_word(const char *v, size_t n, const char *word)
{
	return strlen(word) == n && !strncasecmp(v, word, n);
}

static int
parse_body(const char *v, size_t n, enum path_body *body_r)
{
	if (is_word(v, n, "7BIT"))
		*body_r = BODY_7BIT;
	else if (is_word(v, n, "8BITMIME"))
		*body_r = BODY_8BITMIME;
	else if (is_word(v, n, "BINARYMIME"))
		*body_r = BODY_BINARYMIME;
	else
		return -1;
	return 0;
}

/* addr-type ";" xtext, or the utf-8 forms of RFC 6533, which we only bound. */
static int
orcpt_ok(const char *v, size_t n)
{
	const char *semi = memchr(v, ';', n);
	size_t k, i;

	if (!semi || semi == v || n > 500)
		return 0;
	k = (size_t)(semi - v) + 1;
	if (is_word(v, k - 1, "utf-8")) {
		for (i = k; i < n; i++)
			if ((unsigned char)v[i] <= 32 || v[i] == 127)
				return 0;
		return n > k;
	}
	return n > k && chars_xtext(semi + 1, n - k);
}

static unsigned
param_named(const char *s, size_t n, enum path_kind kind)
{
	static const struct {
		const char *name;
		enum path_kind kind;
		unsigned bit;
	} all[] = {
		{ "SIZE", PATH_FROM, PARAM_SIZE },
		{ "BODY", PATH_FROM, PARAM_BODY },
		{ "RET", PATH_FROM, PARAM_RET },
		{ "ENVID", PATH_FROM, PARAM_ENVID },
		{ "SMTPUTF8", PATH_FROM, PARAM_SMTPUTF8 },
		{ "NOTIFY", PATH_TO, PARAM_NOTIFY },
		{ "ORCPT", PATH_TO, PARAM_ORCPT },
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].kind == kind && is_word(s, n, all[i].name))
			return all[i].bit;
	return 0;
}

static int
value_ok(struct path *p, unsigned bit, const char *v, size_t n)
{
	switch (bit) {
	case PARAM_SIZE:
		return !parse_size(v, n, &p->size);
	case PARAM_BODY:
		return !parse_body(v, n, &p->body);
	case PARAM_RET:
		return is_word(v, n, "FULL") || is_word(v, n, "HDRS");
	case PARAM_ENVID:
		return n && n <= ENVID_MAX && chars_xtext(v, n);
	case PARAM_NOTIFY:
		return notify_parse(v, n) != 0;
	case PARAM_ORCPT:
		return n && orcpt_ok(v, n);
	}
	return !n; /* SMTPUTF8 has no value */
}

static int
parse_param(const char *s, size_t n, enum path_kind kind, struct path *p)
{
	const char *eq = memchr(s, '=', n);
	size_t k = eq ? (size_t)(eq - s) : n;
	unsigned bit = param_named(s, k, kind);

	if (!bit)
		return 555;
	if (p->has & bit)
		return 501;
	p->has |= bit;
	if (eq && k + 1 == n)
		return 501;
	return value_ok(p, bit, s + k + (eq != NULL), n - k - (eq != NULL))
	    ? 0
	    : 501;
}

static int
parse_params(const char *s, size_t n, enum path_kind kind, struct path *p)
{
	size_t i = 0, start;
	int code;

	while (i < n) {
		if (s[i] != ' ')
			return 501;
		while (i < n && s[i] == ' ')
			i++;
		start = i;
		while (i < n && s[i] != ' ')
			i++;
		if (i == start)
			break; /* blanks before CRLF: RFC 5321 4.1.1 lets them */
		code = parse_param(s + start, i - start, kind, p);
		if (code)
			return code;
	}
	return 0;
}

int
path_parse(const char *s, size_t n, enum path_kind kind, struct path *p_r)
{
	size_t k;

	memset(p_r, 0, sizeof *p_r);
	if (!n || *s != '<')
		return 501;
	k = bracketed(s, n, kind, p_r);
	if (!k)
		return memchr(s, '>', n) ? 553 : 501;
	p_r->params = s + k;
	p_r->paramslen = n - k;
	while (p_r->paramslen && *p_r->params == ' ') {
		p_r->params++;
		p_r->paramslen--;
	}
	return parse_params(s + k, n - k, kind, p_r);
}
