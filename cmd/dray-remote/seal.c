#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/signproto.h"

#include "handle.h"
#include "seal.h"

#define NO_ANSWER "dray-sign gives no signature: it does not answer"
#define NO_KEY "cannot be signed: there is no key for it"

LIST_HEAD(seal_chain, seal);
TAILQ_HEAD(idle_seals, seal);

struct seals {
	struct ev_loop *loop;
	struct signlink *link;
	struct seal_chain chain[SEAL_CHAINS];
	struct idle_seals idle; /* the first to go first */
	unsigned int nidle;
};

struct seal_part {
	struct sign_ask ask;
	struct seal *seal;
	stralloc field; /* up to the signature; then whole, or nothing */
};

struct seals *
seals_new(struct ev_loop *loop, struct signlink *link)
{
	struct seals *ss = mem_alloc(sizeof *ss);

	ss->loop = loop;
	ss->link = link;
	TAILQ_INIT(&ss->idle);
	return ss;
}

static struct seal_chain *
chain(struct seals *ss, uint64_t serial, uint64_t offset)
{
	return &ss->chain[(serial * 31 + offset / 512 + offset) % SEAL_CHAINS];
}

static const char *
signers(const struct job *j, size_t *n_r)
{
	*n_r = field_left(&j->signers);
	return (const char *)j->signers.p;
}

static void
free_parts(struct seal *s)
{
	unsigned int i;

	for (i = 0; i < s->nparts; i++) {
		signlink_forget(s->all->link, &s->part[i].ask);
		stralloc_free(&s->part[i].field);
	}
	free(s->part);
	s->part = NULL;
	s->nparts = 0;
}

static void
destroy(struct seal *s)
{
	free_parts(s);
	if (!s->own)
		LIST_REMOVE(s, chain);
	stralloc_free(&s->front);
	stralloc_free(&s->signers);
	free(s);
}

static void
unidle(struct seal *s)
{
	TAILQ_REMOVE(&s->all->idle, s, idle);
	s->all->nidle--;
}

static int
is_old(const struct seal *s)
{
	ev_tstamp now = ev_now(s->all->loop);

	return now > s->made + SEAL_KEEP || now < s->made;
}

void
seal_drop(struct seal *s)
{
	struct seals *ss = s->all;
	struct seal *old;

	if (--s->refs)
		return;
	if (s->own || s->state != SEAL_GOOD || is_old(s)) {
		destroy(s);
		return;
	}
	TAILQ_INSERT_TAIL(&ss->idle, s, idle);
	ss->nidle++;
	while ((old = TAILQ_FIRST(&ss->idle)) &&
	    (ss->nidle > SEAL_IDLE || is_old(old))) {
		unidle(old);
		destroy(old);
	}
}

struct seal *
seal_find(struct seals *ss, const struct job *j)
{
	uint64_t serial = j->handle->serial;
	struct seal *s;
	const char *who;
	size_t n;

	who = signers(j, &n);
	LIST_FOREACH (s, chain(ss, serial, j->offset), chain)
		if (s->serial == serial && s->offset == j->offset &&
		    s->state != SEAL_BAD && s->must == j->must &&
		    s->signers.len == n && memcmp(s->signers.s, who, n) == 0 &&
		    !is_old(s))
			break;
	if (s && !s->refs++)
		unidle(s);
	return s;
}

/* All signatures are there that will be. */
static void
finish(struct seal *s)
{
	struct seal_wait *w;
	unsigned int i;

	if (s->state == SEAL_ASKED && s->good < s->must) {
		s->state = SEAL_BAD;
		s->why = NO_KEY;
	}
	for (i = 0; i < s->nparts && s->state == SEAL_ASKED; i++)
		mem_check(stralloc_catb(
		    &s->front, s->part[i].field.s, s->part[i].field.len));
	if (s->state == SEAL_ASKED)
		s->state = SEAL_GOOD;
	free_parts(s);
	while ((w = TAILQ_FIRST(&s->waits))) {
		seal_unwait(w);
		w->fn(w);
	}
}

static void
answered(struct sign_ask *a, const unsigned char *sig, size_t n)
{
	struct seal_part *p = (struct seal_part *)a; /* which it begins */
	struct seal *s = p->seal;

	if (!sig) {
		s->state = SEAL_BAD;
		s->why = NO_ANSWER;
	} else if (n) {
		dkim_finish(&p->field, sig, n);
		s->good++;
	} else {
		p->field.len = 0;
	}
	if (--s->open == 0 || s->state == SEAL_BAD)
		finish(s);
}

static void
set_ask(struct sign_ask *a, const struct signer *who, size_t digest)
{
	a->fn = answered;
	a->alg = who->alg;
	a->domain_len = who->domain_len;
	memcpy(a->domain, who->domain, who->domain_len);
	a->selector_len = who->selector_len;
	memcpy(a->selector, who->selector, who->selector_len);
	a->digest_len = (uint8_t)digest;
}

static void
prepare_dkim(struct seal_part *p, const struct dkim_head *h,
    const struct signer *who, const struct sums *sums)
{
	struct dkim_signer signer;

	set_ask(&p->ask, who, DKIM_HASH);
	signer.alg = who->alg;
	signer.domain = p->ask.domain;
	signer.selector = p->ask.selector;
	dkim_begin(h, &p->field, p->ask.digest, sums->hash,
	    (uint64_t)p->seal->made, &signer);
}

static void
prepare_domainkeys(
    struct seal_part *p, const struct signer *who, const struct sums *sums)
{
	set_ask(&p->ask, who, DOMAINKEYS_DIGEST);
	memcpy(p->ask.digest, sums->old_digest, DOMAINKEYS_DIGEST);
	domainkeys_begin(sums->old, &p->field, p->ask.domain, p->ask.selector);
}

/* The digest to sign, and the field as far as it is known. */
static void
prepare(struct seal *s, const struct dkim_head *h, const struct signer *who,
    const struct sums *sums)
{
	struct seal_part *p = &s->part[s->nparts];

	p->seal = s;
	if (who->alg == SIGN_RSA || who->alg == SIGN_ED25519)
		prepare_dkim(p, h, who, sums);
	else if (who->alg == SIGN_RSA_SHA1)
		prepare_domainkeys(p, who, sums);
	else
		return;
	s->nparts++;
}

static struct seal *
new_seal(struct seals *ss, const struct job *j, int own)
{
	struct seal *s = mem_alloc(sizeof *s);
	const char *who;
	size_t n;

	who = signers(j, &n);
	s->all = ss;
	s->refs = 1;
	s->must = j->must;
	s->made = ev_now(ss->loop);
	s->serial = j->handle->serial;
	s->offset = j->offset;
	s->own = own != 0;
	s->part = mem_array(j->nsigner, sizeof *s->part);
	TAILQ_INIT(&s->waits);
	if (own)
		return s;
	mem_check(stralloc_copyb(&s->signers, who, n));
	LIST_INSERT_HEAD(chain(ss, s->serial, s->offset), s, chain);
	return s;
}

struct seal *
seal_make(struct seals *ss, const struct job *j, const char *header, size_t n,
    const struct sums *sums, int own)
{
	struct seal *s = new_seal(ss, j, own);
	struct field f = j->signers;
	struct signer who;
	struct dkim_head h;
	unsigned int i;

	(void)dkim_head_start(&h, header, n);
	while (job_signer(&f, &who))
		prepare(s, &h, &who, sums);
	dkim_head_free(&h);
	s->open = s->nparts;
	for (i = 0; i < s->nparts; i++)
		signlink_ask(ss->link, &s->part[i].ask);
	if (!s->open)
		finish(s);
	return s;
}

void
seal_wait(struct seal *s, struct seal_wait *w)
{
	w->seal = s;
	TAILQ_INSERT_TAIL(&s->waits, w, entry);
}

void
seal_unwait(struct seal_wait *w)
{
	if (w->seal)
		TAILQ_REMOVE(&w->seal->waits, w, entry);
	w->seal = NULL;
}
