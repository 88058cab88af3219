#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cmd/dray-smtpd/path.h"
#include "common/bundle.h"
#include "common/chars.h"
#include "common/notify.h"

#define NO_PATH "501 5.5.4 an address in angle brackets is wanted"
#define NO_PARAM "555 5.5.4 a parameter is not known here"
#define TWICE "501 5.5.4 a parameter stands there twice"
#define NO_VALUE "501 5.5.4 a parameter has no good value"
#define POSTMASTER "postmaster"

static int
is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && !strncasecmp(s, word, n);
}

static const char *
find_end(const char *s, const char *end)
{
	int quoted = 0;

	for (; s < end; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '\\' && quoted && s + 1 < end)
			s++;
		else if (*s == '>' && !quoted)
			return s;
	}
	return NULL;
}

/* What an address is not, in the words of RFC 3463. */
static const char *
bad_address(enum path_kind kind)
{
	if (errno == ENAMETOOLONG)
		return kind == PATH_FROM ? "553 5.1.7 sender is too long"
					 : "553 5.1.3 recipient is too long";
	return kind == PATH_FROM ? "553 5.1.7 sender is not a mail address"
				 : "553 5.1.3 recipient is not a mail address";
}

static const char *
parse_address(struct path *p, enum path_kind kind)
{
	const char *colon;

	if (p->len && p->addr[0] == '@') {
		colon = memchr(p->addr, ':', p->len);
		if (!colon)
			return NO_PATH;
		p->len -= (size_t)(colon + 1 - p->addr);
		p->addr = colon + 1;
		if (!p->len)
			return NO_PATH;
	}
	if (!p->len)
		return kind == PATH_FROM ? NULL : NO_PATH;
	if (kind == PATH_TO && is_word(p->addr, p->len, POSTMASTER)) {
		p->a.local = p->addr;
		p->a.local_len = p->len;
		return NULL;
	}
	return addr_split(p->addr, p->len, &p->a) == -1 ? bad_address(kind)
							: NULL;
}

static int
take_size(struct path *p, const char *v, size_t n)
{
	size_t i;

	if (!n || n > 18)
		return -1;
	for (i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return -1;
		p->size = p->size * 10 + (uint64_t)(v[i] - '0');
	}
	return 0;
}

static int
take_body(struct path *p, const char *v, size_t n)
{
	(void)p;
	return is_word(v, n, "7BIT") || is_word(v, n, "8BITMIME") ? 0 : -1;
}

static int
take_utf8(struct path *p, const char *v, size_t n)
{
	(void)n;
	p->utf8 = 1;
	return v ? -1 : 0;
}

static int
take_ret(struct path *p, const char *v, size_t n)
{
	if (is_word(v, n, "FULL"))
		p->ret = 'F';
	else if (is_word(v, n, "HDRS"))
		p->ret = 'H';
	return p->ret ? 0 : -1;
}

static int
take_envid(struct path *p, const char *v, size_t n)
{
	p->envid = v;
	p->envid_len = n;
	return n && n <= BUNDLE_ENVIDMAX && chars_xtext(v, n) ? 0 : -1;
}

static int
take_orcpt(struct path *p, const char *v, size_t n)
{
	const char *semi = memchr(v, ';', n);
	size_t type = semi ? (size_t)(semi - v) : 0;

	p->orcpt = v;
	p->orcpt_len = n;
	if (!type || type + 1 == n || n > BUNDLE_ORCPTMAX)
		return -1;
	return chars_xtext(v, type) && chars_xtext(semi + 1, n - type - 1) ? 0
									   : -1;
}

static int
take_notify(struct path *p, const char *v, size_t n)
{
	p->notify = notify_parse(v, n);
	return p->notify ? 0 : -1;
}

/* Who wrote the message, says who sends it (RFC 4954 5): taken, and no more. */
static int
take_auth(struct path *p, const char *v, size_t n)
{
	(void)p;
	return (n == 2 && !memcmp(v, "<>", 2)) || (n && chars_xtext(v, n)) ? 0
									   : -1;
}

/* clang-format off */
static const struct {
	const char *name;
	enum path_kind kind;
	int (*take)(struct path *p, const char *v, size_t n);
	int bare; /* may stand without a value */
} params[] = {
	{ "SIZE",     PATH_FROM, take_size,   0 },
	{ "BODY",     PATH_FROM, take_body,   0 },
	{ "SMTPUTF8", PATH_FROM, take_utf8,   1 },
	{ "RET",      PATH_FROM, take_ret,    0 },
	{ "ENVID",    PATH_FROM, take_envid,  0 },
	{ "AUTH",     PATH_FROM, take_auth,   0 },
	{ "NOTIFY",   PATH_TO,   take_notify, 0 },
	{ "ORCPT",    PATH_TO,   take_orcpt,  0 },
};
/* clang-format on */

#define N (sizeof params / sizeof *params)

static const char *
parse_param(struct path *p, enum path_kind kind, const char *s, size_t n)
{
	const char *eq = memchr(s, '=', n);
	size_t k = eq ? (size_t)(eq - s) : n, i;

	for (i = 0; i < N; i++)
		if (params[i].kind == kind && is_word(s, k, params[i].name))
			break;
	if (i == N)
		return NO_PARAM;
	if (p->seen & 1u << i)
		return TWICE;
	p->seen |= 1u << i;
	if (!eq && !params[i].bare)
		return NO_VALUE;
	if (params[i].take(p, eq ? eq + 1 : NULL, eq ? n - k - 1 : 0) == -1)
		return NO_VALUE;
	return NULL;
}

static const char *
parse_params(
    struct path *p, enum path_kind kind, const char *s, const char *end)
{
	const char *wrong = NULL, *word;

	while (s < end && !wrong) {
		if (*s != ' ')
			return NO_PATH;
		while (s < end && *s == ' ')
			s++;
		for (word = s; s < end && *s != ' '; s++)
			;
		if (s > word)
			wrong = parse_param(p, kind, word, (size_t)(s - word));
	}
	return wrong;
}

const char *
path_parse(struct path *p, enum path_kind kind, const char *s, size_t n)
{
	const char *end = s + n, *close, *wrong;

	memset(p, 0, sizeof *p);
	while (s < end && *s == ' ')
		s++;
	if (s == end || *s != '<')
		return NO_PATH;
	close = find_end(++s, end);
	if (!close)
		return NO_PATH;
	p->addr = s;
	p->len = (size_t)(close - s);
	wrong = parse_address(p, kind);
	return wrong ? wrong : parse_params(p, kind, close + 1, end);
}
