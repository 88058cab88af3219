/*
 * digest - SHA-256 and SHA-1 of octets that come in small pieces.
 *
 *   digest_init()            once, before a program is shut in or starts a
 *                            thread that makes digests
 *   digest_start(d, kind)    a new one
 *   digest_add(d, s, n), digest_put(d, c)
 *                            some more octets
 *   digest_start_as(d, from) a new one, which has had what from has had
 *   digest_end(d, r)         the digest, DIGEST_SHA256_LEN or DIGEST_SHA1_LEN
 *                            octets.  d is as after digest_free()
 *   digest_free(d)           one that is not wanted any more; it may be all
 *                            zeroes, or have ended
 *
 * Who uses it links libcrypto.  They die if memory is short (mem.h).
 */
#ifndef DRAY_DIGEST_H
#define DRAY_DIGEST_H

#include <stddef.h>

#define DIGEST_SHA256 0
#define DIGEST_SHA1 1
#define DIGEST_SHA256_LEN 32
#define DIGEST_SHA1_LEN 20
#define DIGEST_BUFFER 1024

struct evp_md_ctx_st;

struct digest {
	struct evp_md_ctx_st *ctx;
	size_t n; /* octets in buf, which ctx has not had */
	char buf[DIGEST_BUFFER];
};

void digest_init(void);
void digest_start(struct digest *d, int kind);
void digest_start_as(struct digest *d, const struct digest *from);
void digest_add(struct digest *d, const void *s, size_t n);
void digest_flush(struct digest *d);
void digest_end(struct digest *d, unsigned char *r);
void digest_free(struct digest *d);

static inline void
digest_put(struct digest *d, char c)
{
	if (d->n == sizeof d->buf)
		digest_flush(d);
	d->buf[d->n++] = c;
}

#endif
