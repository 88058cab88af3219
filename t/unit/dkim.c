/* DKIM: canonical forms against the corpus, fields against digests made by
 * hand, and pieces of any size. */
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "common/dkim.h"
#include "common/mem.h"
#include "common/signproto.h"
#include "t/lib/tap.h"

#define CORPUS "../shared/corpus/auth/dkim/"

static uint64_t seed = 88172645463325252ULL;

static unsigned int
below(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % n;
}

static void
encode(char *d, const unsigned char *hash)
{
	EVP_EncodeBlock((unsigned char *)d, hash, DKIM_HASH);
}

/* The body hash, fed in pieces of at most most octets, 0 for one. */
static const char *
body(const char *s, size_t n, unsigned int most, int stuffed)
{
	static char text[64];
	unsigned char hash[DKIM_HASH];
	struct dkim_body b;
	size_t k;

	dkim_body_start(&b, stuffed);
	while (n) {
		k = most ? 1 + below(most) : n;
		if (k > n)
			k = n;
		dkim_body_feed(&b, s, k);
		s += k;
		n -= k;
	}
	dkim_body_end(&b, hash);
	encode(text, hash);
	return text;
}

static const char *
plain(const void *s, size_t n)
{
	static char text[64];
	unsigned char hash[DKIM_HASH];

	EVP_Digest(s, n, hash, NULL, EVP_sha256(), NULL);
	encode(text, hash);
	return text;
}

static void
fields(const char *s, size_t n, const char *want, size_t want_n)
{
	unsigned char hash[DKIM_HASH];
	const char *p = s;
	struct header_field f;
	struct digest d;
	char text[64];

	digest_start(&d, DIGEST_SHA256);
	while (header_next(&p, s + n, &f)) {
		relaxed_field(&d, &f);
		digest_add(&d, "\r\n", 2);
	}
	digest_end(&d, hash);
	encode(text, hash);
	is_str(text, plain(want, want_n), "the header in its relaxed form");
}

static void
corpus(void)
{
	FILE *f = fopen(CORPUS "canon.jsonl", "r");
	const char *name, *h, *hr, *b, *bh;
	size_t hn, hrn, bn;
	json_t *o;

	if (!f) {
		ok(1, "skip: the corpus is not here");
		return;
	}
	while ((o = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL))) {
		if (json_unpack(o, "{s:s, s:s%, s:s%, s:s%, s:s}", "name",
			&name, "header", &h, &hn, "header_relaxed", &hr, &hrn,
			"body", &b, &bn, "bh_relaxed", &bh) == -1) {
			ok(0, "a line of the corpus");
			break;
		}
		printf("# %s\n", name);
		fields(h, hn, hr, hrn);
		is_str(body(b, bn, 0, 0), bh, "the body in one piece");
		is_str(body(b, bn, 1, 0), bh, "octet by octet");
		is_str(body(b, bn, 7, 0), bh, "in pieces");
		json_decref(o);
	}
	fclose(f);
}

/* The body of a message in a file, with the line ends of mail. */
static char *
slurp(const char *path, size_t *n_r)
{
	FILE *f = fopen(path, "r");
	char *s;
	size_t n = 0;
	int c, last = 0;

	if (!f)
		return NULL;
	s = malloc(1 << 20);
	while (s && (c = getc(f)) != EOF && n < (1 << 20) - 2) {
		if (c == '\n' && last != '\r')
			s[n++] = '\r';
		s[n++] = (char)c;
		last = c;
	}
	fclose(f);
	*n_r = n;
	return s;
}

static void
published(const char *path, const char *want)
{
	struct dkim_head h;
	size_t n, at;
	char *s = slurp(path, &n);

	if (!s) {
		ok(1, "skip: the corpus is not here");
		return;
	}
	at = dkim_head_start(&h, s, n);
	dkim_head_free(&h);
	is_str(body(s + at, n - at, 0, 0), want, path);
	free(s);
}

/* The body with each line's first dot doubled. */
static size_t
stuff(char *d, const char *s, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '.' && (i == 0 || s[i - 1] == '\n'))
			d[k++] = '.';
		d[k++] = s[i];
	}
	return k;
}

/* What RFC 6376 3.4.4 says, in the simplest way. */
static size_t
slow(char *d, const char *s, size_t n)
{
	size_t i, k = 0, line = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '\r') {
			if (k > line && d[k - 1] == ' ')
				k--;
			d[k++] = '\r';
			d[k++] = '\n';
			line = k;
			i++;
		} else if (s[i] == ' ' || s[i] == '\t') {
			if (k == line || d[k - 1] != ' ')
				d[k++] = ' ';
		} else {
			d[k++] = s[i];
		}
	}
	if (k > line && d[k - 1] == ' ')
		k--;
	if (k > line) {
		d[k++] = '\r';
		d[k++] = '\n';
	}
	while (k >= 2 && d[k - 1] == '\n' && (k == 2 || d[k - 3] == '\n'))
		k -= 2;
	return k;
}

static void
random_bodies(void)
{
	static const char *const bits[] = { "\r\n", " ", "\t", ".", "a",
		"<td class=\"x\">", "abcdefghijklmnopqrstuvwxyz", "\r\n\r\n" };
	char s[2048], d[4096], want[64];
	size_t n, k;
	unsigned int i, bad = 0;

	for (i = 0; i < 20000; i++) {
		for (n = 0, k = below(40); k; k--)
			n += (size_t)sprintf(s + n, "%s", bits[below(8)]);
		snprintf(want, sizeof want, "%s", plain(d, slow(d, s, n)));
		bad += strcmp(body(s, n, 0, 0), want) != 0;
		bad += strcmp(body(s, n, 20, 0), want) != 0;
		k = stuff(d, s, n);
		bad += strcmp(body(d, k, 0, 1), want) != 0;
		bad += strcmp(body(d, k, 20, 1), want) != 0;
	}
	is_int(bad, 0, "random bodies, in pieces, and with dots stuffed");
}

static const char mail[] = "Received: from x\r\n"
			   "From:  A <a@brand.example>\r\n"
			   "To: b@example.net,\r\n"
			   "\tc@example.net\r\n"
			   "Subject: one \r\n"
			   "SUBJECT: two\r\n"
			   "X-Other: 1\r\n"
			   "Precedence: bulk\r\n"
			   "\r\n"
			   "From: body\r\n";

static const char mail_signed[] =
    "from:A <a@brand.example>\r\n"
    "to:b@example.net, c@example.net\r\n"
    "subject:two\r\n"
    "subject:one\r\n"
    "precedence:bulk\r\n"
    "dkim-signature:v=1; a=rsa-sha256; c=relaxed/relaxed; d=brand.example;"
    " s=s1; t=1700000000; bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;"
    " h=From:From:To:To:Cc:Reply-To:Subject:Subject:Subject:Date:"
    " Message-ID:MIME-Version:Content-Type:Content-Transfer-Encoding:"
    " List-Id:List-Unsubscribe:List-Unsubscribe-Post:List-Help:"
    " List-Subscribe:List-Post:List-Owner:List-Archive:Feedback-ID:"
    " Precedence; b=";

static void
signing(void)
{
	static const unsigned char zero[DKIM_HASH];
	struct dkim_signer s = { SIGN_RSA, "brand.example", "s1" };
	unsigned char digest[DKIM_HASH], again[DKIM_HASH], sig[512];
	stralloc out = STRALLOC_ZERO;
	struct dkim_head h;
	const char *p, *nl;
	char text[64];
	size_t at, longest = 0;

	at = dkim_head_start(&h, mail, sizeof mail - 1);
	is_str(mail + at, "From: body\r\n", "where the body begins");
	dkim_begin(&h, &out, digest, zero, 1700000000, &s);
	encode(text, digest);
	is_str(text, plain(mail_signed, sizeof mail_signed - 1),
	    "the digest of a signature");
	printf("# %.*s\n", (int)out.len, out.s);
	memset(sig, 0xff, sizeof sig);
	dkim_finish(&out, sig, sizeof sig);
	mem_check(stralloc_0(&out));
	for (p = out.s; *p; p = nl + 1) {
		nl = strchr(p, '\n');
		if ((size_t)(nl - p) > longest)
			longest = (size_t)(nl - p);
		ok(nl[-1] == '\r' && (nl[1] == '\t' || !nl[1]), "a line");
	}
	ok(longest < 78, "which is not long");
	out.len = 0;
	dkim_begin(&h, &out, again, zero, 1700000000, &s);
	ok(!memcmp(digest, again, sizeof digest), "twice with one header");
	s.alg = SIGN_ED25519;
	s.selector = "s2";
	dkim_begin(&h, &out, again, zero, 1700000000, &s);
	ok(memcmp(digest, again, sizeof digest) != 0, "and by another key");
	mem_check(stralloc_0(&out));
	ok(strstr(out.s, "a=ed25519-sha256") != NULL, "which is named");
	dkim_head_free(&h);
	stralloc_free(&out);
}

static void
many(void)
{
	static const unsigned char zero[DKIM_HASH];
	struct dkim_signer s = { SIGN_RSA, NULL, NULL };
	stralloc out = STRALLOC_ZERO;
	unsigned char digest[DKIM_HASH];
	static char in[400000];
	char domain[256], selector[64];
	struct dkim_head h;
	size_t n = 0, at;
	int i;

	for (i = 0; i < 9000; i++)
		n += (size_t)sprintf(
		    in + n, "Content-Transfer-Encoding: %d\r\n", i);
	memset(domain, 'd', 255);
	domain[255] = '\0';
	memset(selector, 's', 63);
	selector[63] = '\0';
	s.domain = domain;
	s.selector = selector;
	at = dkim_head_start(&h, in, n);
	is_int((long long)at, (long long)n, "a header without an end");
	dkim_begin(&h, &out, digest, zero, UINT64_MAX, &s);
	dkim_finish(&out, digest, sizeof digest);
	ok(out.len < DKIM_FIELDMAX, "9000 fields of one name");
	dkim_head_free(&h);
	at = dkim_head_start(&h, "", 0);
	is_int((long long)at, 0, "no header");
	dkim_head_free(&h);
	at = dkim_head_start(&h, "no field\r\n\r\nx", 13);
	is_int((long long)at, 12, "a line that is no field");
	dkim_head_free(&h);
	stralloc_free(&out);
}

int
main(void)
{
	static struct dkim_body none;

	corpus();
	published(CORPUS "rfc8463/signed.eml",
	    "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
	random_bodies();
	signing();
	many();
	dkim_body_free(&none);
	return done_testing();
}
