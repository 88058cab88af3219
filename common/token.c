#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/chars.h"
#include "common/field.h"
#include "common/token.h"

#define OCTETS 25
#define OWNER_AT (5 + TOKEN_ADDRESS + TOKEN_CAMPAIGN)
#define DIGESTMIN crypto_generichash_BYTES_MIN
#define ADDRESSMAX 320

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* The first octets of a keyed digest.  What it is about stands in front, so that
 * what was made for one purpose is of no use for another. */
static void
keyed(const unsigned char *key, char purpose, const void *s, size_t n,
    unsigned char *d, size_t len)
{
	unsigned char out[DIGESTMIN];
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, key, TOKEN_KEY, sizeof out);
	(void)crypto_generichash_update(&h, (const unsigned char *)&purpose, 1);
	(void)crypto_generichash_update(&h, s, n);
	(void)crypto_generichash_final(&h, out, sizeof out);
	memcpy(d, out, len);
}

/* The number of a key, 16 for that of addresses, or -1. */
static int
number(const char *s, size_t n)
{
	if (n == 7 && memcmp(s, "address", n) == 0)
		return TOKEN_KEYS;
	if (n == 1 && *s >= '0' && *s <= '9')
		return *s - '0';
	if (n == 2 && *s == '1' && s[1] >= '0' && s[1] <= '5')
		return 10 + (s[1] - '0');
	return -1;
}

/* The bit of the key for addresses is behind those of `have`. */
static int
take_line(struct token_keys *k, uint32_t *have, const char *s, size_t n)
{
	const char *blank = memchr(s, ' ', n);
	size_t word = blank ? (size_t)(blank - s) : n, len;
	int i = blank ? number(s, word) : -1;
	unsigned char *d;

	if (i == -1 || *have >> i & 1)
		return -1;
	d = i == TOKEN_KEYS ? k->address : k->key[i];
	if (sodium_hex2bin(d, TOKEN_KEY, blank + 1, n - word - 1, NULL, &len,
		NULL) == -1 ||
	    len != TOKEN_KEY)
		return -1;
	*have |= UINT32_C(1) << i;
	if (k->first == -1 && i < TOKEN_KEYS)
		k->first = i;
	return 0;
}

int
token_read_keys(struct token_keys *k, const char *s, size_t n)
{
	const char *end = s + n, *nl;
	uint32_t have = 0;
	int bad = n > TOKEN_FILEMAX;

	memset(k, 0, sizeof *k);
	k->first = -1;
	for (; s < end && !bad; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			nl = end;
		if (nl > s && *s != '#')
			bad = take_line(k, &have, s, (size_t)(nl - s)) == -1;
	}
	k->have = (uint16_t)have;
	if (!bad && k->first != -1 && have >> TOKEN_KEYS)
		return 0;
	sodium_memzero(k, sizeof *k);
	k->first = -1;
	return -1;
}

int
token_load_keys(struct token_keys *k, const char *path)
{
	char text[TOKEN_FILEMAX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
	ssize_t n;

	memset(k, 0, sizeof *k);
	k->first = -1;
	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof text);
	close(fd);
	if (n == -1)
		return -1;
	r = token_read_keys(k, text, (size_t)n);
	sodium_memzero(text, sizeof text);
	if (r == -1)
		errno = EPROTO;
	return r;
}

void
token_address(const struct token_keys *k, const char *local, size_t n,
    const char *domain, size_t m, unsigned char d[TOKEN_ADDRESS])
{
	char all[ADDRESSMAX];
	size_t i;

	if (n + 1 + m > sizeof all)
		n = m = 0;
	for (i = 0; i < n; i++)
		all[i] = (char)chars_lower(local[i]);
	all[n] = '@';
	for (i = 0; i < m; i++)
		all[n + 1 + i] = (char)chars_lower(domain[i]);
	keyed(k->address, 'a', all, n + 1 + m, d, TOKEN_ADDRESS);
}

void
token_campaign(const struct token_keys *k, const char *s, size_t n,
    unsigned char d[TOKEN_CAMPAIGN])
{
	keyed(k->address, 'c', s, n, d, TOKEN_CAMPAIGN);
}

void
token_list(const struct token_keys *k, const char *list_id, const char *s,
    size_t n, unsigned char d[TOKEN_CAMPAIGN])
{
	if (*list_id)
		token_campaign(k, list_id, strlen(list_id), d);
	else
		token_campaign(k, s, n, d);
}

void
token_owner(const struct token_keys *k, const char *s, size_t n,
    unsigned char d[TOKEN_OWNER])
{
	keyed(k->address, 'o', s, n, d, TOKEN_OWNER);
}

static void
encode(const unsigned char s[OCTETS], char d[TOKEN_LEN])
{
	uint32_t bits = 0;
	unsigned int have = 0;
	size_t i;

	for (i = 0; i < OCTETS; i++) {
		bits = bits << 8 | s[i];
		for (have += 8; have >= 5; have -= 5)
			*d++ = digits[bits >> (have - 5) & 31];
	}
}

static int
decode(const char *s, unsigned char d[OCTETS])
{
	const char *at;
	uint32_t bits = 0;
	unsigned int have = 0;
	size_t i;

	for (i = 0; i < TOKEN_LEN; i++) {
		at = memchr(digits, chars_lower((unsigned char)s[i]),
		    sizeof digits - 1);
		if (!at)
			return -1;
		bits = bits << 5 | (uint32_t)(at - digits);
		have += 5;
		if (have >= 8) {
			have -= 8;
			*d++ = (unsigned char)(bits >> have);
		}
	}
	return 0;
}

/* How many octets the MAC is about; it is the rest. */
static size_t
about(unsigned int version)
{
	return version == 1 ? OWNER_AT : OWNER_AT + TOKEN_OWNER;
}

static void
sign(const struct token_keys *k, unsigned int i, const unsigned char *s,
    size_t n, unsigned char *d)
{
	keyed(k->key[i], 't', s, n, d, OCTETS - n);
}

int
token_make(const struct token_keys *k, const struct token *t, char d[TOKEN_LEN])
{
	unsigned char b[OCTETS];
	size_t n = about(t->version);

	if (k->first == -1)
		return -1;
	b[0] = (unsigned char)(t->version << 4 | k->first);
	field_pack32(b + 1, t->arrival);
	memcpy(b + 5, t->address, TOKEN_ADDRESS);
	memcpy(b + 5 + TOKEN_ADDRESS, t->campaign, TOKEN_CAMPAIGN);
	memcpy(b + OWNER_AT, t->owner, TOKEN_OWNER);
	sign(k, (unsigned int)k->first, b, n, b + n);
	encode(b, d);
	return 0;
}

int
token_parse(
    const struct token_keys *k, const char *s, size_t n, struct token *t_r)
{
	unsigned char b[OCTETS], mac[OCTETS];
	unsigned int i, version;
	struct field f;

	if (n != TOKEN_LEN || decode(s, b) == -1)
		return 0;
	i = b[0] & 15u;
	version = b[0] >> 4;
	if (version < 1 || version > TOKEN_VERSION || !(k->have >> i & 1))
		return 0;
	n = about(version);
	sign(k, i, b, n, mac);
	if (sodium_memcmp(mac, b + n, OCTETS - n) != 0)
		return 0;
	field_start(&f, b + 1, 4);
	t_r->arrival = field_getu32(&f);
	t_r->version = (uint16_t)version;
	memset(t_r->owner, 0, TOKEN_OWNER);
	memcpy(t_r->address, b + 5, TOKEN_ADDRESS);
	memcpy(t_r->campaign, b + 5 + TOKEN_ADDRESS, TOKEN_CAMPAIGN);
	if (version != 1)
		memcpy(t_r->owner, b + OWNER_AT, TOKEN_OWNER);
	return 1;
}
