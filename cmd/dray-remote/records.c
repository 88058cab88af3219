#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <skalibs/strerr.h>

#include "common/mem.h"

#include "lane.h"
#include "records.h"
#include "tls.h"
#include "worker.h"

/* More than a full record of any cipher. */
#define ROOM (SSL3_RT_MAX_PLAIN_LENGTH + 512)

static void
keep(struct lane *l, const char *s, size_t n)
{
	struct buf *b = &l->records.out;

	if (!b->s)
		worker_spare(l->w, b);
	if (b->room - b->len < n) {
		b->room = b->len + n + RECORDS_MAX / 2 * ROOM;
		b->s = mem_grow(b->s, b->room, 1);
	}
	memcpy(b->s + b->len, s, n);
	b->len += n;
}

static int
held(const struct lane *l)
{
	return l->records.out.len > l->records.out.pos;
}

/* As the socket BIO of OpenSSL does it, unless records are gathered.  What is
 * held goes first, and only records_write may send that: it counts. */
static int
bio_write(BIO *b, const char *s, int n)
{
	struct lane *l = BIO_get_data(b);
	ssize_t r;

	BIO_clear_retry_flags(b);
	if (l->records.gather) {
		keep(l, s, (size_t)n);
		return n;
	}
	if (held(l)) {
		BIO_set_retry_write(b);
		return -1;
	}
	r = send(l->fd, s, (size_t)n, MSG_NOSIGNAL);
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)r;
}

static int
bio_read(BIO *b, char *d, int n)
{
	const struct lane *l = BIO_get_data(b);
	ssize_t r = recv(l->fd, d, (size_t)n, 0);

	BIO_clear_retry_flags(b);
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	if (r == 0)
		BIO_set_flags(b, BIO_FLAGS_IN_EOF);
	return (int)r;
}

static long
bio_ctrl(BIO *b, int what, long n, void *p)
{
	(void)n;
	(void)p;
	if (what == BIO_CTRL_EOF)
		return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
	return what == BIO_CTRL_FLUSH;
}

BIO_METHOD *
records_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket of a lane");

	if (!m || !BIO_meth_set_write(m, bio_write) ||
	    !BIO_meth_set_read(m, bio_read) || !BIO_meth_set_ctrl(m, bio_ctrl))
		strerr_dief(111, "cannot set up OpenSSL");
	return m;
}

void
records_reset(struct lane *l)
{
	l->records.n = 0;
	if (l->records.out.s)
		worker_give(l->w, &l->records.out);
}

/* Encrypts some of n octets: how many, or what SSL_write says. */
static ssize_t
encrypt(struct lane *l, const char *s, size_t n)
{
	struct records *rs = &l->records;
	size_t done = 0, k;
	int r = 0;

	rs->gather = 1;
	while (done < n && rs->n < RECORDS_MAX) {
		k = n - done;
		if (k > SSL3_RT_MAX_PLAIN_LENGTH)
			k = SSL3_RT_MAX_PLAIN_LENGTH;
		r = SSL_write(l->tls.ssl, s + done, (int)k);
		if (r <= 0)
			break;
		done += (size_t)r;
		rs->rec[rs->n].end = (uint32_t)rs->out.len;
		rs->rec[rs->n++].octets = (uint32_t)r;
	}
	rs->gather = 0;
	/* What stopped it comes back with the next one. */
	return done ? (ssize_t)done : r;
}

/* How many octets of ours are held. */
static size_t
encrypted(const struct records *rs)
{
	size_t sum = 0;
	uint8_t i;

	for (i = 0; i < rs->n; i++)
		sum += rs->rec[i].octets;
	return sum;
}

/* How many have left with what was sent so far. */
static size_t
left(struct records *rs)
{
	size_t sum = 0;
	uint8_t i;

	for (i = 0; i < rs->n && rs->rec[i].end <= rs->out.pos; i++)
		sum += rs->rec[i].octets;
	rs->n = (uint8_t)(rs->n - i);
	memmove(rs->rec, rs->rec + i, rs->n * sizeof rs->rec[0]);
	return sum;
}

static ssize_t
flush(struct lane *l, int more)
{
	struct records *rs = &l->records;
	struct buf *b = &rs->out;
	ssize_t r = send(l->fd, b->s + b->pos, b->len - b->pos,
	    MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	size_t sum;

	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (r == -1) {
		tls_broken(l, errno);
		return -1;
	}
	b->pos += (size_t)r;
	sum = left(rs);
	if (b->pos == b->len)
		records_reset(l);
	if (sum)
		return (ssize_t)sum;
	errno = EAGAIN;
	return -1;
}

ssize_t
records_write(struct lane *l, const void *s, size_t n, int more)
{
	ssize_t r;

	if (l->tls.dead) {
		errno = EPROTO;
		return -1;
	}
	if (l->records.n)
		return flush(l, more || encrypted(&l->records) < n);
	ERR_clear_error();
	errno = 0;
	r = encrypt(l, s, n);
	l->tls.want_read = r <= 0 && SSL_want_read(l->tls.ssl);
	if (r > 0)
		return flush(l, more || (size_t)r < n);
	if (tls_failed(l, (int)r) == 0)
		errno = EPIPE;
	return -1;
}
