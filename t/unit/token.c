/* Tokens: read back, in any case, by whom they can be made and by nobody else. */
#include <stdlib.h>
#include <string.h>

#include "common/token.h"
#include "t/lib/tap.h"

#define A          \
	"address " \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define K "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf\n"
#define L "b0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf\n"

static struct token_keys keys;
static struct token in = { .arrival = 1790000000, .version = TOKEN_VERSION };

static int
read_keys(const char *text)
{
	return token_read_keys(&keys, text, strlen(text));
}

static int
is_ours(const char *s)
{
	struct token t;

	return token_parse(&keys, s, strlen(s), &t);
}

static void
lists(void)
{
	unsigned char a[TOKEN_CAMPAIGN], b[TOKEN_CAMPAIGN];

	is_int(read_keys(A "0 " K), 0, "keys");
	token_campaign(&keys, "spring", 6, a);
	token_list(&keys, "", "spring", 6, b);
	ok(memcmp(a, b, sizeof a) == 0, "without a List-Id it is the campaign");
	token_list(&keys, "news.example", "spring", 6, b);
	ok(memcmp(a, b, sizeof a) != 0, "with one it is not");
	token_campaign(&keys, "news.example", 12, a);
	ok(memcmp(a, b, sizeof a) == 0, "but that");
}

static void
make(char d[TOKEN_LEN + 1])
{
	token_address(&keys, "news", 4, "Example.COM", 11, in.address);
	token_campaign(&keys, "spring", 6, in.campaign);
	token_owner(&keys, "bulk\0acme\0spring\0", 17, in.owner);
	d[TOKEN_LEN] = '\0';
	if (token_make(&keys, &in, d) == -1)
		exit(111);
}

static void
key_files(void)
{
	static const char *const bad[] = { "", A, "0 " K, A A "0 " K,
		A "0 " K "0 " L, A "16 " K, A "-1 " K, A "0\n", A "0 00\n",
		A "0  " K, A "word " K, A "0 zz" K, A "0 00" K };
	char text[TOKEN_FILEMAX + 200];
	size_t i;

	ok(read_keys("# all\n\n" A "0 " K) == 0, "two keys");
	ok(read_keys(A "15 " K "3 " L) == 0 && keys.first == 15 &&
		keys.have == (1 << 15 | 1 << 3),
	    "the first one makes them");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(read_keys(bad[i]) == -1 && keys.first == -1 && !keys.have,
		    bad[i]);
	memset(text, '\n', sizeof text);
	memcpy(text, A "0 " K, sizeof A "0 " K - 1);
	ok(token_read_keys(&keys, text, TOKEN_FILEMAX) == 0, "a long file");
	ok(token_read_keys(&keys, text, TOKEN_FILEMAX + 1) == -1, "too long");
	ok(token_load_keys(&keys, "/nonexistent/token") == -1, "no file");
	is_int(token_make(&keys, &in, text), -1, "no key, no token");
}

static void
round_trip(void)
{
	char t[TOKEN_LEN + 1], u[TOKEN_LEN + 1];
	struct token out;
	int i, same = 0;

	(void)read_keys(A "7 " K);
	make(t);
	is_int(strspn(t, "abcdefghijklmnopqrstuvwxyz234567"), TOKEN_LEN,
	    "letters that stand anywhere");
	ok(token_parse(&keys, t, TOKEN_LEN, &out) &&
		memcmp(&in, &out, sizeof in) == 0,
	    "what goes in comes out");
	for (i = 0; t[i]; i++)
		u[i] = (char)(i % 3 && t[i] >= 'a' ? t[i] - 32 : t[i]);
	u[TOKEN_LEN] = '\0';
	ok(is_ours(u), "in any case");
	ok(!token_parse(&keys, t, TOKEN_LEN - 1, &out), "one short");
	for (i = 0; i < TOKEN_LEN; i++) {
		memcpy(u, t, sizeof u);
		u[i] = t[i] == 'a' ? 'b' : 'a';
		same += is_ours(u);
		u[i] = '=';
		same += is_ours(u);
	}
	is_int(same, 0, "no letter may be another one");
}

static void
rotation(void)
{
	char t[TOKEN_LEN + 1], u[TOKEN_LEN + 1];
	unsigned char was[TOKEN_ADDRESS];

	(void)read_keys(A "0 " K);
	make(t);
	memcpy(was, in.address, sizeof was);
	(void)read_keys(A "1 " L "0 " K);
	ok(is_ours(t), "an old key is still known");
	make(u);
	ok(strcmp(t, u) != 0 && is_ours(u), "and a new one makes them");
	ok(memcmp(was, in.address, sizeof was) == 0,
	    "an address stays what it was");
	(void)read_keys(A "1 " L);
	ok(!is_ours(t), "one that has gone is not");
	(void)read_keys(A "0 " L);
	ok(!is_ours(t), "nor is another key of its number");
}

/* Those that are out stay what they are. */
static void
before(void)
{
	static const char old[] = "c5vlco4aifbegrcfizduq2lknnwg2sx5hrvadn2k";
	char t[TOKEN_LEN + 1] = "";
	struct token out;

	(void)read_keys(A "7 " K);
	ok(token_parse(&keys, old, TOKEN_LEN, &out) && out.version == 1 &&
		out.arrival == 1790000000,
	    "one of version 1");
	ok(memcmp(out.owner, "\0", TOKEN_OWNER) == 0, "without an owner");
	is_int(token_make(&keys, &out, t), 0, "made again");
	is_str(t, old, "octet for octet");
	make(t);
	t[0] = old[0];
	ok(!is_ours(t), "a new one is none of the old ones");
	out.version = TOKEN_VERSION + 1;
	is_int(token_make(&keys, &out, t), 0, "made");
	ok(!is_ours(t), "nor is one of a version to come");
}

static void
owners(void)
{
	unsigned char a[TOKEN_OWNER], b[TOKEN_CAMPAIGN];

	(void)read_keys(A "0 " K);
	token_owner(&keys, "bulk\0acme\0spring\0", 17, a);
	token_owner(&keys, "bulk\0acme\0summer\0", 17, b);
	ok(memcmp(a, b, sizeof a) != 0, "another campaign is another's");
	token_campaign(&keys, "bulk\0acme\0spring\0", 17, b);
	ok(memcmp(a, b, sizeof a) != 0, "an owner is no campaign");
}

static void
addresses(void)
{
	unsigned char a[TOKEN_ADDRESS], b[TOKEN_ADDRESS];

	(void)read_keys(A "0 " K);
	token_address(&keys, "a", 1, "x.Example", 9, a);
	token_address(&keys, "a", 1, "X.eXAMPLE", 9, b);
	ok(memcmp(a, b, sizeof a) == 0, "a domain in any case");
	token_address(&keys, "A", 1, "x.example", 9, b);
	ok(memcmp(a, b, sizeof a) == 0, "a local part, too");
	token_address(&keys, "b", 1, "x.example", 9, b);
	ok(memcmp(a, b, sizeof a) != 0, "another one is another one");
	token_campaign(&keys, "a@x.example", 11, b);
	ok(memcmp(a, b, TOKEN_CAMPAIGN) != 0, "a campaign is no address");
}

int
main(void)
{
	key_files();
	round_trip();
	rotation();
	lists();
	before();
	owners();
	addresses();
	return done_testing();
}
