#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/dkim.h"
#include "common/header.h"
#include "common/mem.h"
#include "common/signfield.h"
#include "common/signproto.h"

/* What is signed, in the order in which it is said.  What is not for once is
 * what programs on the way add to mail that has none. */
/* clang-format off */
static const struct {
	const char *name;
	int once; /* said once more than it is there: nobody may add one */
} wanted[] = {
	{ "From", 1 },
	{ "To", 1 },
	{ "Cc", 1 },
	{ "Reply-To", 1 },
	{ "Subject", 1 },
	{ "Date", 1 },
	{ "Message-ID", 1 },
	{ "MIME-Version", 1 },
	{ "Content-Type", 1 },
	{ "Content-Transfer-Encoding", 1 },
	{ "List-Id", 1 },
	{ "List-Unsubscribe", 1 },
	{ "List-Unsubscribe-Post", 1 },
	{ "List-Help", 1 },
	{ "List-Subscribe", 1 },
	{ "List-Post", 1 },
	{ "List-Owner", 1 },
	{ "List-Archive", 1 },
	{ "Feedback-ID", 1 },
	{ "Sender", 0 },
	{ "In-Reply-To", 0 },
	{ "References", 0 },
	{ "Precedence", 0 },
	{ "Auto-Submitted", 0 },
	{ "Content-Disposition", 0 },
	{ "Content-Language", 0 },
	{ "Content-Description", 0 },
	{ "Content-ID", 0 },
};
/* clang-format on */

#define WANTED (sizeof wanted / sizeof *wanted)

_Static_assert(WANTED *(DKIM_INSTANCES + 1) * 21 < DKIM_NAMESMAX,
    "a name is not that long on the average");

/* The last ones of each. */
struct found {
	size_t n;
	struct header_field at[DKIM_INSTANCES];
};

void
dkim_body_start(struct dkim_body *b, int stuffed)
{
	relaxed_start(&b->relaxed);
	if (stuffed)
		relaxed_stuffed(&b->relaxed);
	digest_start(&b->digest, DIGEST_SHA256);
}

void
dkim_body_feed(struct dkim_body *b, const char *s, size_t n)
{
	relaxed_body(&b->relaxed, &b->digest, s, n);
}

void
dkim_body_end(struct dkim_body *b, unsigned char hash_r[DKIM_HASH])
{
	relaxed_end(&b->relaxed, &b->digest);
	digest_end(&b->digest, hash_r);
}

void
dkim_body_free(struct dkim_body *b)
{
	digest_free(&b->digest);
}

int
dkim_signs(const struct header_field *f)
{
	size_t i;

	for (i = 0; i < WANTED; i++)
		if (header_is(f, wanted[i].name))
			return 1;
	return 0;
}

static void
note(struct found found[WANTED], const struct header_field *f)
{
	size_t i;

	for (i = 0; i < WANTED; i++)
		if (header_is(f, wanted[i].name)) {
			found[i].at[found[i].n++ % DKIM_INSTANCES] = *f;
			return;
		}
}

/* A line that is no field is passed over, as by who verifies. */
static size_t
read_fields(struct found found[WANTED], const char *s, size_t n)
{
	const char *p = s, *end = s + n, *before;
	struct header_field f;

	for (;;) {
		before = p;
		if (header_next(&p, end, &f))
			note(found, &f);
		else if (p == before && p < end)
			p = header_nextline(p, end);
		else
			return (size_t)(p - s);
	}
}

static void
add_name(struct dkim_head *h, const char *name)
{
	int n = snprintf(h->names + h->n, sizeof h->names - h->n, "%s%s",
	    h->n ? ":" : "h=", name);

	h->n += (size_t)n;
}

/* Who verifies takes the last one of a name first. */
static void
add_found(struct dkim_head *h, const char *name, int once, struct found *f)
{
	size_t i, n = f->n < DKIM_INSTANCES ? f->n : DKIM_INSTANCES;

	for (i = 1; i <= n; i++) {
		add_name(h, name);
		relaxed_field(&h->digest, &f->at[(f->n - i) % DKIM_INSTANCES]);
		digest_add(&h->digest, "\r\n", 2);
	}
	if (once && f->n <= DKIM_INSTANCES)
		add_name(h, name);
}

size_t
dkim_head_start(struct dkim_head *h, const char *s, size_t n)
{
	struct found found[WANTED];
	size_t i, body;

	for (i = 0; i < WANTED; i++)
		found[i].n = 0;
	h->n = 0;
	digest_start(&h->digest, DIGEST_SHA256);
	body = read_fields(found, s, n);
	for (i = 0; i < WANTED; i++)
		add_found(h, wanted[i].name, wanted[i].once, &found[i]);
	return body;
}

void
dkim_head_free(struct dkim_head *h)
{
	digest_free(&h->digest);
}

static void
put_tags(stralloc *out, const struct dkim_head *h, const unsigned char *hash,
    uint64_t time, const struct dkim_signer *signer)
{
	char text[SIGN_DOMAINMAX + 32];
	size_t n;

	signfield_text(out, "", "DKIM-Signature: v=1;");
	signfield_text(out, " ",
	    signer->alg == SIGN_ED25519 ? "a=ed25519-sha256;"
					: "a=rsa-sha256;");
	signfield_text(out, " ", "c=relaxed/relaxed;");
	snprintf(text, sizeof text, "d=%.*s;", SIGN_DOMAINMAX, signer->domain);
	signfield_text(out, " ", text);
	snprintf(
	    text, sizeof text, "s=%.*s;", SIGN_SELECTORMAX, signer->selector);
	signfield_text(out, " ", text);
	snprintf(text, sizeof text, "t=%llu;", (unsigned long long)time);
	signfield_text(out, " ", text);
	n = (size_t)snprintf(text, sizeof text, "bh=");
	n += signfield_encode(text + 3, hash, DKIM_HASH);
	signfield_word(out, " ", text, n);
	mem_check(stralloc_cats(out, ";"));
	signfield_list(out, h->names, h->n);
	mem_check(stralloc_cats(out, ";\r\n\tb="));
}

void
dkim_begin(const struct dkim_head *h, stralloc *out,
    unsigned char digest_r[DKIM_HASH], const unsigned char hash[DKIM_HASH],
    uint64_t time, const struct dkim_signer *signer)
{
	size_t before = out->len;
	struct header_field f;
	struct digest d;
	const char *p;

	put_tags(out, h, hash, time, signer);
	p = out->s + before;
	if (!header_next(&p, out->s + out->len, &f))
		f.name_len = f.value_len = 0;
	digest_start_as(&d, &h->digest);
	relaxed_field(&d, &f);
	digest_end(&d, digest_r);
}

void
dkim_finish(stralloc *out, const unsigned char *sig, size_t n)
{
	signfield_base64(out, sig, n);
	mem_check(stralloc_catb(out, "\r\n", 2));
}
