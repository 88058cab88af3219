#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-policy/minisign.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "
#define OPSMAX (1ull << 27) /* four times what minisign asks of scrypt */
#define MEMMAX (1ull << 32)

/* Where the parts of a secret key file are: algorithms of the key, of the lock
 * and of the checksum; then what is locked. */
enum {
	AT_KDF = 2,
	AT_CHECK = 4,
	AT_SALT = 6,
	AT_OPS = 38,
	AT_MEM = 46,
	AT_ID = 54,
	AT_KEY = 62,
	AT_SUM = 126,
	RAW = 158,
};

static int
not_one(void)
{
	errno = EPROTO;
	return -1;
}

struct text {
	const char *s;
	const char *end;
};

/* The next line without its end, which the last may lack.  0 at the end. */
static int
next_line(struct text *t, const char **s_r, size_t *n_r)
{
	const char *end;

	if (t->s == t->end)
		return 0;
	end = memchr(t->s, '\n', (size_t)(t->end - t->s));
	*s_r = t->s;
	*n_r = (size_t)((end ? end : t->end) - t->s);
	t->s = end ? end + 1 : t->end;
	if (*n_r && (*s_r)[*n_r - 1] == '\r')
		--*n_r;
	return 1;
}

/* A line that begins so: what follows is at s_r. */
static int
next_comment(struct text *t, const char *prefix, const char **s_r, size_t *n_r)
{
	size_t n = strlen(prefix);

	if (!next_line(t, s_r, n_r) || *n_r < n || memcmp(*s_r, prefix, n) != 0)
		return 0;
	*s_r += n;
	*n_r -= n;
	return 1;
}

/* libsodium takes an octet 0xaf for a slash. */
static int
is_ascii(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] > 127)
			return 0;
	return 1;
}

/* A line that is exactly n octets in base64. */
static int
next_octets(struct text *t, uint8_t *d, size_t n)
{
	const char *s;
	size_t len, got;

	return next_line(t, &s, &len) && is_ascii(s, len) &&
	    sodium_base642bin(d, n, s, len, NULL, &got, NULL,
		sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    got == n;
}

int
minisign_parse_public(struct minisign_public *k, const char *s, size_t n)
{
	struct text t = { s, s + n };
	uint8_t raw[2 + sizeof k->id + sizeof k->key];
	const char *comment;
	size_t len;

	if (!next_comment(&t, UNTRUSTED, &comment, &len))
		t.s = s;
	if (!next_octets(&t, raw, sizeof raw) || t.s != t.end ||
	    memcmp(raw, "Ed", 2) != 0)
		return not_one();
	memcpy(k->id, raw + 2, sizeof k->id);
	memcpy(k->key, raw + 2 + sizeof k->id, sizeof k->key);
	return 0;
}

/* It is shown to people. */
static int
take_comment(struct minisign_signature *g, const char *s, size_t n)
{
	size_t i;

	if (n > MINISIGN_COMMENTMAX)
		return -1;
	for (i = 0; i < n; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 127)
			return -1;
	memcpy(g->comment, s, n);
	g->comment[n] = '\0';
	return 0;
}

int
minisign_parse_signature(struct minisign_signature *g, const char *s, size_t n)
{
	struct text t = { s, s + n };
	uint8_t raw[2 + sizeof g->id + sizeof g->sig];
	const char *comment;
	size_t len;

	if (!next_comment(&t, UNTRUSTED, &comment, &len) ||
	    !next_octets(&t, raw, sizeof raw) || raw[0] != 'E' ||
	    (raw[1] != 'd' && raw[1] != 'D') ||
	    !next_comment(&t, TRUSTED, &comment, &len) ||
	    take_comment(g, comment, len) == -1 ||
	    !next_octets(&t, g->global, sizeof g->global) || t.s != t.end)
		return not_one();
	g->hashed = raw[1] == 'D';
	memcpy(g->id, raw + 2, sizeof g->id);
	memcpy(g->sig, raw + 2 + sizeof g->id, sizeof g->sig);
	return 0;
}

/* What the second signature covers; the result is its length. */
static size_t
covered(uint8_t *d, const uint8_t *sig, const char *comment, size_t n)
{
	memcpy(d, sig, 64);
	memcpy(d + 64, comment, n);
	return 64 + n;
}

int
minisign_verify(const struct minisign_public *k,
    const struct minisign_signature *g, const void *data, size_t n)
{
	uint8_t hash[crypto_generichash_BYTES_MAX];
	uint8_t both[64 + MINISIGN_COMMENTMAX];

	if (memcmp(k->id, g->id, sizeof k->id) != 0) {
		errno = ENOKEY;
		return -1;
	}
	if (g->hashed) {
		crypto_generichash(hash, sizeof hash, data, n, NULL, 0);
		data = hash;
		n = sizeof hash;
	}
	if (crypto_sign_verify_detached(g->sig, data, n, k->key) == -1) {
		errno = EBADMSG;
		return -1;
	}
	n = covered(both, g->sig, g->comment, strlen(g->comment));
	if (crypto_sign_verify_detached(g->global, both, n, k->key) == -1) {
		errno = EKEYREJECTED;
		return -1;
	}
	return 0;
}

int
minisign_parse_secret(struct minisign_locked *l, const char *s, size_t n)
{
	struct text t = { s, s + n };
	const char *comment;
	size_t len;

	if (!next_comment(&t, UNTRUSTED, &comment, &len) ||
	    !next_octets(&t, l->raw, RAW) || t.s != t.end ||
	    memcmp(l->raw, "Ed", 2) != 0 ||
	    memcmp(l->raw + AT_CHECK, "B2", 2) != 0)
		return not_one();
	l->locked = memcmp(l->raw + AT_KDF, "Sc", 2) == 0;
	if (!l->locked && memcmp(l->raw + AT_KDF, "\0\0", 2) != 0)
		return not_one();
	return 0;
}

static uint64_t
number_at(const uint8_t *s)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | s[i];
	return v;
}

static int
unlock(uint8_t *raw, const char *password)
{
	uint64_t ops = number_at(raw + AT_OPS), mem = number_at(raw + AT_MEM);
	uint8_t stream[RAW - AT_ID];
	size_t i;

	if (ops > OPSMAX || mem > MEMMAX)
		return not_one();
	/* It fails for want of memory only. */
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, password,
		strlen(password), raw + AT_SALT, ops, (size_t)mem) == -1) {
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < sizeof stream; i++)
		raw[AT_ID + i] ^= stream[i];
	sodium_memzero(stream, sizeof stream);
	return 0;
}

/* minisign puts none into a key without a lock. */
static int
sum_ok(const uint8_t *raw, int locked)
{
	uint8_t sum[RAW - AT_SUM];
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, sizeof sum);
	crypto_generichash_update(&h, raw, 2);
	crypto_generichash_update(&h, raw + AT_ID, AT_SUM - AT_ID);
	crypto_generichash_final(&h, sum, sizeof sum);
	return sodium_memcmp(sum, raw + AT_SUM, sizeof sum) == 0 ||
	    (!locked && sodium_is_zero(raw + AT_SUM, sizeof sum));
}

int
minisign_unlock(const struct minisign_locked *l, const char *password,
    struct minisign_secret *k_r)
{
	uint8_t raw[RAW];
	int r = -1;

	memcpy(raw, l->raw, sizeof raw);
	if (!l->locked || unlock(raw, password) == 0) {
		errno = EACCES;
		r = sum_ok(raw, l->locked) ? 0 : -1;
	}
	memcpy(k_r->id, raw + AT_ID, sizeof k_r->id);
	memcpy(k_r->key, raw + AT_KEY, sizeof k_r->key);
	sodium_memzero(raw, sizeof raw);
	return r;
}

static char *
base64(char *d, size_t room, const uint8_t *s, size_t n)
{
	return sodium_bin2base64(d, room, s, n, sodium_base64_VARIANT_ORIGINAL);
}

void
minisign_sign(const struct minisign_secret *k, const void *data, size_t n,
    const char *comment, char *text_r)
{
	uint8_t both[64 + MINISIGN_COMMENTMAX], global[64];
	uint8_t raw[2 + sizeof k->id + 64] = "ED";
	uint8_t hash[crypto_generichash_BYTES_MAX];
	uint8_t *sig = raw + 2 + sizeof k->id;
	char line1[128], line2[128];

	memcpy(raw + 2, k->id, sizeof k->id);
	crypto_generichash(hash, sizeof hash, data, n, NULL, 0);
	crypto_sign_detached(sig, NULL, hash, sizeof hash, k->key);
	n = covered(both, sig, comment, strlen(comment));
	crypto_sign_detached(global, NULL, both, n, k->key);
	snprintf(text_r, MINISIGN_TEXTMAX,
	    UNTRUSTED "signature by dray-policy\n%s\n" TRUSTED "%s\n%s\n",
	    base64(line1, sizeof line1, raw, sizeof raw), comment,
	    base64(line2, sizeof line2, global, sizeof global));
}

/* A little-endian number in upper case. */
char *
minisign_id(const uint8_t *id, char *d)
{
	snprintf(d, 17, "%llX", (unsigned long long)number_at(id));
	return d;
}
