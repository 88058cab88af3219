/*
 * dkimsign - signs messages by a dray-sign that runs, or asks it for many
 * signatures.
 *
 *   dkimsign SOCKET ALG:DOMAIN:SELECTOR... <message >signed
 *   dkimsign -n count [-s ahead] SOCKET ALG:DOMAIN:SELECTOR...
 *
 * ALG is a number of signproto.h.  The message has CRLF line ends.  With -n so
 * many digests are signed by the signers in turn, ahead of them under way at a
 * time, and signatures a second are printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/dkim.h"
#include "common/domainkeys.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/signproto.h"
#include "common/sock.h"

#define SIGNERS 16

static struct frame f;
static struct dkim_signer signers[SIGNERS];
static unsigned int n;
static long answers;
static stralloc got[SIGNERS];

static void
fail(const char *what)
{
	fprintf(stderr, "dkimsign: %s: %s\n", what, strerror(errno));
	exit(111);
}

static void
parse(const char *s)
{
	char *copy = mem_dup(s, strlen(s)), *domain, *selector;

	domain = strchr(copy, ':');
	selector = domain ? strchr(domain + 1, ':') : NULL;
	if (!selector || n == SIGNERS)
		fail(s);
	*domain++ = *selector++ = '\0';
	signers[n++] =
	    (struct dkim_signer){ (uint8_t)atoi(copy), domain, selector };
}

static void
ask(uint32_t number, const struct dkim_signer *s, const unsigned char *digest)
{
	frame_begin(&f, 'S');
	field_putu32(&f.out, number);
	field_putu8(&f.out, s->alg);
	field_putstr(&f.out, s->domain, strlen(s->domain));
	field_putstr(&f.out, s->selector, strlen(s->selector));
	field_putstr(&f.out, digest, s->alg == SIGN_RSA_SHA1 ? 20 : DKIM_HASH);
	if (frame_end(&f) == -1)
		fail("frame");
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	uint32_t number;
	const char *sig;
	size_t k;

	(void)ctx;
	(void)fd;
	field_start(&r, data, len);
	number = field_getu32(&r);
	sig = field_getstr(&r, SIGN_SIGMAX, &k);
	if (type != 'S' || !field_end(&r))
		return -1;
	answers++;
	if (number < SIGNERS)
		mem_check(stralloc_copyb(&got[number], sig, k));
	return k ? 0 : -1;
}

static void
await(long want)
{
	if (frame_flush(&f) != 1)
		fail("send");
	while (answers < want)
		if (frame_pump(&f, on_frame, NULL) == -1)
			fail("no signature");
}

static void
sign_one(void)
{
	static char in[64 << 20];
	size_t len = fread(in, 1, sizeof in, stdin), at;
	unsigned char hash[DKIM_HASH], digest[DKIM_HASH];
	stralloc field[SIGNERS] = { STRALLOC_ZERO };
	unsigned char sha1[DOMAINKEYS_DIGEST];
	static struct domainkeys k;
	struct dkim_body b;
	struct dkim_head h;
	unsigned int i;

	at = dkim_head_start(&h, in, len);
	dkim_body_start(&b, 0);
	dkim_body_feed(&b, in + at, len - at);
	dkim_body_end(&b, hash);
	domainkeys_start(&k, in, len);
	domainkeys_feed(&k, in + at, len - at);
	domainkeys_end(&k, sha1);
	for (i = 0; i < n; i++) {
		if (signers[i].alg == SIGN_RSA_SHA1) {
			domainkeys_begin(&k, &field[i], signers[i].domain,
			    signers[i].selector);
			ask(i, &signers[i], sha1);
			continue;
		}
		dkim_begin(&h, &field[i], digest, hash, (uint64_t)time(NULL),
		    &signers[i]);
		ask(i, &signers[i], digest);
	}
	await(n);
	for (i = 0; i < n; i++) {
		dkim_finish(
		    &field[i], (const unsigned char *)got[i].s, got[i].len);
		fwrite(field[i].s, 1, field[i].len, stdout);
	}
	fwrite(in, 1, len, stdout);
}

static void
sign_many(long count, long ahead)
{
	unsigned char digest[DKIM_HASH] = { 0 };
	struct timespec a, b;
	long asked = 0;
	double s;

	clock_gettime(CLOCK_MONOTONIC, &a);
	while (answers < count) {
		for (; asked < count && asked - answers < ahead; asked++) {
			field_pack32(digest, (uint32_t)asked);
			ask((uint32_t)(asked + SIGNERS),
			    &signers[asked % (long)n], digest);
		}
		await(answers + 1);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	s = (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%.0f\n", (double)count / s);
}

int
main(int argc, char **argv)
{
	long count = 0, ahead = 256;
	int c, fd;

	while ((c = getopt(argc, argv, "n:s:")) != -1) {
		if (c == 'n')
			count = atol(optarg);
		else if (c == 's')
			ahead = atol(optarg);
		else
			return 100;
	}
	if (argc - optind < 2)
		return 100;
	fd = sock_connect(argv[optind++]);
	if (fd == -1)
		fail("connect");
	frame_init(&f, fd, FRAME_MAX, 0);
	for (; optind < argc; optind++)
		parse(argv[optind]);
	if (count)
		sign_many(count, ahead);
	else
		sign_one();
	return 0;
}
