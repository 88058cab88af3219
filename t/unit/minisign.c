/*
 * Key and signature files of minisign.  Those below were made by minisign
 * 0.11, with the key whose seed is a zero.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-policy/minisign.h"
#include "t/lib/tap.h"

#define DATA "what is signed"

static const char public_text[] =
    "untrusted comment: minisign public key\n"
    "RWQxMjM0NTY3ODtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop\n";

static const char secret_text[] =
    "untrusted comment: a secret for all\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAMTIzNDU2NzgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADtqJ7zOtqQt"
    "YqOo0CpvDXNlMhV3HeJDpjrASKGLWdopAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAA=\n";

static const char signature_text[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUQxMjM0NTY3OCvPcyRljqoE6KZC6VG8iJhADz4gGP6FLC28mDXndsUBMHa1lEXgXrwO"
    "TzSHN5UkEWztfo98AhVP3VzJHYEHww4=\n"
    "trusted comment: timestamp:1\tfile:a\n"
    "kw3lVutAIS3u5ZkvbmUTKYLPCzXX7xC9vneP43COEULr4p+AnUrjR1C3JIx4RQ8NPC2b"
    "ePHZLDvLL+6OwjTdAA==\n";

static const char legacy_text[] =
    "untrusted comment: signature from minisign secret key\n"
    "RWQxMjM0NTY3OAObHjrh0DuumlvEbX3SWrJ/LG80BzYlRBbno/dr2OtrQB+HKMDT3Bks"
    "2kpzH0ROsBy5p2hdnMQcpY34drGpCgA=\n"
    "trusted comment: timestamp:1\tfile:a\n"
    "8TpNbShcqSe8q72lLwGAMVM95KSnaL8qqWRi34aa+t4a602/jwNSO5z9kl4sMIQqqOLJ"
    "OnNKTk6zmsAQbCSXCw==\n";

static struct minisign_public public;

static int
verify(const char *text, size_t n, const char *data)
{
	static struct minisign_signature g;

	if (minisign_parse_signature(&g, text, n) == -1)
		return -1;
	return minisign_verify(&public, &g, data, strlen(data));
}

/* Each octet in turn is another: how many such texts are good all the same,
 * and whether they are those of the untrusted comment. */
static void
damaged(const char *text, const char *name)
{
	size_t n = strlen(text), i, first = strlen("untrusted comment: ");
	size_t line = strcspn(text, "\n"), good = 0, elsewhere = 0;
	char copy[1024];
	int bit;

	for (i = 0; i < n; i++) {
		for (bit = 0; bit < 8; bit++) {
			memcpy(copy, text, n);
			copy[i] ^= (char)(1 << bit);
			if (verify(copy, n, DATA) == -1)
				continue;
			good++;
			elsewhere += i < first || i >= line;
		}
	}
	is_int((long long)elsewhere, 0, name);
	ok(good > 0, "but for the comment that nobody signed");
}

static void
cut(const char *text, const char *name)
{
	size_t n = strlen(text), i, good = 0;

	for (i = 0; i < n; i++)
		good += verify(text, i, DATA) == 0;
	/* The last line end may be missing. */
	is_int((long long)good, 1, name);
}

static void
both(const char *text, const char *what)
{
	static struct minisign_signature g;

	is_int(verify(text, strlen(text), DATA), 0, what);
	is_int(verify(text, strlen(text), DATA "."), -1, "more data");
	is_int(errno, EBADMSG, "it is said what is wrong");
	is_int(verify(text, strlen(text), ""), -1, "no data");
	ok(minisign_parse_signature(&g, text, strlen(text)) == 0, "parse");
	is_str(g.comment, "timestamp:1\tfile:a", "the trusted comment");
	g.comment[0] ^= 1;
	ok(minisign_verify(&public, &g, DATA, strlen(DATA)) == -1 &&
		errno == EKEYREJECTED,
	    "another trusted comment");
	g.comment[0] ^= 1;
	g.id[7] ^= 1;
	ok(minisign_verify(&public, &g, DATA, strlen(DATA)) == -1 &&
		errno == ENOKEY,
	    "another key id");
	g.id[7] ^= 1;
	public.key[3] ^= 1;
	is_int(minisign_verify(&public, &g, DATA, strlen(DATA)), -1,
	    "another key of that id");
	public.key[3] ^= 1;
	damaged(text, "no octet can be changed");
	cut(text, "cut anywhere");
}

static void
secrets(void)
{
	static char text[MINISIGN_TEXTMAX];
	struct minisign_locked l;
	struct minisign_secret k;
	size_t n = strlen(secret_text), i, good = 0;

	is_int(minisign_parse_secret(&l, secret_text, n), 0, "a secret key");
	is_int(l.locked, 0, "it is not locked");
	is_int(minisign_unlock(&l, "", &k), 0, "it unlocks");
	minisign_sign(&k, DATA, strlen(DATA), "timestamp:1\tfile:a", text);
	is_str(strchr(text, '\n'), strchr(signature_text, '\n'),
	    "we sign as minisign does");
	for (i = 0; i < n; i++)
		good += minisign_parse_secret(&l, secret_text, i) == 0;
	is_int((long long)good, 1, "cut anywhere");
	is_int(minisign_parse_secret(&l, public_text, strlen(public_text)), -1,
	    "a public key is no secret key");
	is_int(minisign_parse_secret(&l, secret_text, n), 0, "again");
	l.raw[2] = 'S';
	l.raw[3] = 'c';
	l.locked = 1;
	memset(l.raw + 38, 0xff, 16);
	errno = 0;
	ok(minisign_unlock(&l, "x", &k) == -1 && errno == EPROTO,
	    "a lock that would take years");
	memset(l.raw + 38, 0, 16);
	l.raw[39] = 0x80;
	l.raw[48] = 0x10;
	ok(minisign_unlock(&l, "x", &k) == -1 && errno == EACCES,
	    "a wrong password");
}

static void
publics(void)
{
	struct minisign_public k;
	size_t n = strlen(public_text), i, good = 0;
	char id[17];

	is_int(
	    minisign_parse_public(&public, public_text, n), 0, "a public key");
	is_str(minisign_id(public.id, id), "3837363534333231", "its id");
	is_int(minisign_parse_public(&k, strchr(public_text, '\n') + 1,
		   strlen(strchr(public_text, '\n') + 1)),
	    0, "without a comment");
	ok(!memcmp(&k, &public, sizeof k), "is the same");
	k.id[7] = 5;
	k.id[6] = 0;
	is_str(minisign_id(k.id, id), "500363534333231", "an id in short");
	for (i = 0; i < n; i++)
		good += minisign_parse_public(&k, public_text, i) == 0;
	is_int((long long)good, 1, "cut anywhere");
	is_int(minisign_parse_public(&k, secret_text, strlen(secret_text)), -1,
	    "a secret key is no public key");
	is_int(minisign_parse_public(&k, "", 0), -1, "nothing is none");
}

static void
comments(void)
{
	static char text[MINISIGN_TEXTMAX], long_one[MINISIGN_COMMENTMAX + 1];
	static struct minisign_signature g;
	struct minisign_secret k;
	struct minisign_locked l;

	if (minisign_parse_secret(&l, secret_text, strlen(secret_text)) == -1 ||
	    minisign_unlock(&l, "", &k) == -1)
		exit(111);
	memset(long_one, 'x', MINISIGN_COMMENTMAX);
	minisign_sign(&k, DATA, strlen(DATA), long_one, text);
	is_int(verify(text, strlen(text), DATA), 0, "the longest comment");
	minisign_sign(&k, DATA, strlen(DATA), "", text);
	is_int(verify(text, strlen(text), DATA), 0, "the shortest");
	minisign_sign(&k, DATA, strlen(DATA), "a\033[2J", text);
	is_int(minisign_parse_signature(&g, text, strlen(text)), -1,
	    "one that does things to a terminal");
	minisign_sign(&k, "", 0, "", text);
	is_int(verify(text, strlen(text), ""), 0, "nothing can be signed");
}

int
main(void)
{
	if (sodium_init() == -1)
		return 111;
	publics();
	both(signature_text, "a signature of minisign");
	both(legacy_text, "one in its older format");
	secrets();
	comments();
	return done_testing();
}
