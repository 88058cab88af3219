#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/signproto.h"

#include "job.h"
#include "sums.h"

void
sums_know(struct sums *s, const char hash[DKIM_HASH])
{
	memcpy(s->hash, hash, DKIM_HASH);
	s->known = 1;
}

int
sums_complete(const struct sums *s, const struct job *j)
{
	return s->known && !s->busy && (s->old || !job_asks(j, SIGN_RSA_SHA1));
}

static void
start_old(struct sums *s, const char *header, size_t n, int stuffed)
{
	s->old = mem_alloc(sizeof *s->old);
	domainkeys_start(s->old, header, n);
	if (stuffed)
		domainkeys_stuffed(s->old);
}

void
sums_start(struct sums *s, const struct job *j, const char *header, size_t n,
    int stuffed)
{
	s->busy = 1;
	if (!s->known)
		dkim_body_start(&s->body, stuffed);
	if (job_asks(j, SIGN_RSA_SHA1))
		start_old(s, header, n, stuffed);
}

void
sums_feed(struct sums *s, const char *p, size_t n)
{
	if (!s->known)
		dkim_body_feed(&s->body, p, n);
	if (s->old)
		domainkeys_feed(s->old, p, n);
}

void
sums_end(struct sums *s)
{
	if (!s->known)
		dkim_body_end(&s->body, s->hash);
	if (s->old)
		domainkeys_end(s->old, s->old_digest);
	s->known = 1;
	s->busy = 0;
}

void
sums_free(struct sums *s)
{
	if (s->busy && !s->known)
		dkim_body_free(&s->body);
	if (s->busy && s->old)
		domainkeys_free(s->old);
	free(s->old);
	memset(s, 0, sizeof *s);
}
