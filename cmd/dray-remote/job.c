#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/chars.h"
#include "common/mem.h"
#include "common/remoteproto.h"
#include "common/utf8.h"

#include "compose.h"
#include "handle.h"
#include "job.h"
#include "worker.h"

#define SENDERMAX 320
#define ENVIDMAX 300
#define ORCPTMAX 600
#define DOMAINMAX 255
#define SELECTORMAX 63
#define STOREDMAX (UINT64_C(1) << 40)
#define SPARES 4096
#define SPAREMAX 8192 /* octets of memory that a spare job may keep */

struct job *
job_new(struct worker *w)
{
	struct job *j = STAILQ_FIRST(&w->jobs);

	if (!j)
		return mem_alloc(sizeof *j);
	STAILQ_REMOVE_HEAD(&w->jobs, spare);
	w->njobs--;
	return j;
}

/* Leaves an empty job that keeps its memory. */
static void
empty(struct job *j)
{
	stralloc blob = j->blob, said = j->said;
	struct rcpt *rcpts = j->rcpts;
	uint32_t room = j->room;

	memset(j, 0, sizeof *j);
	blob.len = said.len = 0;
	j->blob = blob;
	j->said = said;
	j->rcpts = rcpts;
	j->room = room;
}

void
job_free(struct worker *w, struct job *j)
{
	size_t held = j->blob.a + j->said.a + j->room * sizeof *j->rcpts;

	compose_free(j);
	if (j->handle)
		handle_unuse(j->handle);
	if (w->njobs < SPARES && held < SPAREMAX) {
		empty(j);
		STAILQ_INSERT_HEAD(&w->jobs, j, spare);
		w->njobs++;
		return;
	}
	stralloc_free(&j->blob);
	stralloc_free(&j->said);
	free(j->rcpts);
	free(j);
}

/* What stands in a command line: no control characters, so that nothing can
 * add a command of its own. */
static const char *
text(struct field *r, size_t max, uint16_t *len_r)
{
	const char *s;
	size_t n;

	s = field_getstr(r, max, &n);
	if (!chars_clean(s, n))
		r->bad = 1;
	*len_r = (uint16_t)n;
	return s;
}

static void
read_rcpts(struct job *j, struct field *r)
{
	struct rcpt *p;
	uint32_t i;

	for (i = 0; i < j->nrcpt && !r->bad; i++) {
		p = &j->rcpts[i];
		memset(p, 0, sizeof *p);
		p->addr = text(r, SENDERMAX, &p->addr_len);
		p->notify = field_getu8(r);
		p->orcpt = text(r, ORCPTMAX, &p->orcpt_len);
		j->utf8 |= (uint8_t)utf8_high(p->addr, p->addr_len);
		if (!p->addr_len)
			r->bad = 1;
	}
}

int
job_signer(struct field *f, struct signer *s_r)
{
	size_t n;

	if (!field_left(f))
		return 0;
	s_r->alg = field_getu8(f);
	s_r->domain = field_getstr(f, DOMAINMAX, &n);
	s_r->domain_len = (uint8_t)n;
	s_r->selector = field_getstr(f, SELECTORMAX, &n);
	s_r->selector_len = (uint8_t)n;
	return !f->bad;
}

int
job_asks(const struct job *j, uint8_t alg)
{
	struct field f = j->signers;
	struct signer s;

	while (job_signer(&f, &s))
		if (s.alg == alg)
			return 1;
	return 0;
}

/* They become a part of the header, so nothing strange gets through. */
static void
read_signers(struct job *j, struct field *r)
{
	struct signer s;
	size_t n;
	uint8_t i;

	j->nsigner = field_getu8(r);
	if (j->nsigner > REMOTE_SIGNERMAX)
		r->bad = 1;
	j->signers = *r;
	for (i = 0; i < j->nsigner && !r->bad; i++)
		if (job_signer(r, &s) != 1 || !s.domain_len ||
		    !s.selector_len || !chars_name(s.domain, s.domain_len) ||
		    !chars_name(s.selector, s.selector_len))
			r->bad = 1;
	j->signers.end = r->p;
	if (!j->nsigner)
		return;
	j->must = field_getu8(r);
	j->header = field_getu32(r);
	j->hash = field_getstr(r, REMOTE_HASHSIZE, &n);
	if (n != REMOTE_HASHSIZE)
		j->hash = NULL;
	if ((n && !j->hash) || j->header > j->stored || j->must > j->nsigner)
		r->bad = 1;
}

static void
read_merge(struct job *j, struct field *r)
{
	size_t n;

	j->row = field_getstr(r, REMOTE_ROWMAX, &n);
	j->row_len = (uint16_t)n;
	j->token = field_getstr(r, REMOTE_TOKENMAX, &n);
	j->token_len = (uint8_t)n;
	if (j->nrcpt != 1 || !chars_name(j->token, n))
		r->bad = 1;
}

int
job_read(struct job *j, struct field *frame)
{
	struct field r;
	size_t n = field_left(frame);

	/* The frame's memory is not ours to keep. */
	mem_check(stralloc_copyb(&j->blob, field_getb(frame, n), n));
	field_start(&r, j->blob.s, n);
	j->offset = field_getu64(&r);
	j->stored = field_getu64(&r);
	j->plain = field_getu64(&r);
	j->crc = field_getu32(&r);
	j->flags = field_getu32(&r);
	j->expiry = field_getu32(&r);
	j->sender = text(&r, SENDERMAX, &j->sender_len);
	j->utf8 = (uint8_t)utf8_high(j->sender, j->sender_len);
	j->envid = text(&r, ENVIDMAX, &j->envid_len);
	j->ret = field_getu8(&r);
	j->nrcpt = field_getu32(&r);
	if (r.bad || j->nrcpt < 1 || j->nrcpt > REMOTE_RCPTMAX ||
	    j->stored > STOREDMAX || j->plain > j->stored ||
	    j->offset > INT64_MAX - STOREDMAX)
		return -1;
	if (j->room < j->nrcpt) {
		j->rcpts = mem_grow(j->rcpts, j->nrcpt, sizeof *j->rcpts);
		j->room = j->nrcpt;
	}
	j->nask = j->nrcpt;
	read_rcpts(j, &r);
	read_signers(j, &r);
	if (j->flags & BUNDLE_MERGE)
		read_merge(j, &r);
	j->how = '-';
	return field_end(&r) ? 0 : -1;
}

static uint32_t
keep_text(struct job *j, const struct verdict *v)
{
	uint32_t at = (uint32_t)j->said.len;

	mem_check(stralloc_catb(&j->said, v->text, v->len));
	return at;
}

static void
settle(struct rcpt *p, const struct verdict *v, uint32_t at)
{
	p->settled = 1;
	p->code = v->code;
	p->phase = v->phase;
	memcpy(p->status, v->status, sizeof p->status);
	p->said = at;
	p->said_len = (uint16_t)v->len;
}

void
job_settle(struct job *j, uint32_t i, const struct verdict *v)
{
	if (!j->rcpts[i].settled)
		settle(&j->rcpts[i], v, keep_text(j, v));
}

void
job_settle_all(struct job *j, const struct verdict *v)
{
	uint32_t i, at;

	if (job_settled(j))
		return;
	at = keep_text(j, v);
	for (i = 0; i < j->nrcpt; i++)
		if (!j->rcpts[i].settled)
			settle(&j->rcpts[i], v, at);
}

int
job_settled(const struct job *j)
{
	uint32_t i;

	for (i = 0; i < j->nrcpt; i++)
		if (!j->rcpts[i].settled)
			return 0;
	return 1;
}
