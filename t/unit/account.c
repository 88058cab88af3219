/* Records of users, and what may be a name or a password. */
#include "common/account.h"
#include "t/lib/tap.h"

static struct account
sample(void)
{
	struct account a = { .control = 1,
		.recipients = 7,
		.quota = UINT64_C(10000000000),
		.rate = UINT64_C(100) << 32 | 3600 };

	memcpy(a.hash, "$argon2id$x", 12);
	memcpy(a.stream, "bulk", 5);
	memcpy(a.route, "r", 2);
	memset(a.tenant, 't', SETTINGS_MAX);
	memset(a.domains, 'd', ACCOUNT_DOMAINSMAX);
	return a;
}

static void
records(void)
{
	struct account a = sample(), b;
	stralloc sa = STRALLOC_ZERO;
	size_t n;
	int bad = 0;

	account_pack(&sa, &a);
	is_int(account_unpack(&b, sa.s, sa.len), 0, "a record");
	ok(memcmp(&a, &b, sizeof a) == 0, "says the same again");
	for (n = 0; n < sa.len; n++)
		bad += account_unpack(&b, sa.s, n) == -1;
	is_int(bad, (int)sa.len, "less is none");
	stralloc_catb(&sa, "", 1);
	is_int(account_unpack(&b, sa.s, sa.len), -1, "nor is more");
	sa.len--;
	sa.s[10] = '\n';
	is_int(account_unpack(&b, sa.s, sa.len), -1, "nor strange octets");
	sa.s[10] = 'x';
	sa.s[0] = 2;
	is_int(account_unpack(&b, sa.s, sa.len), -1, "nor another version");
	stralloc_free(&sa);
}

int
main(void)
{
	static char s[300];

	records();
	memset(s, 'x', sizeof s);
	ok(account_name_ok("a@b.example", 11) && account_name_ok(s, 128),
	    "names");
	ok(!account_name_ok("", 0) && !account_name_ok(s, 129) &&
		!account_name_ok("a b", 3) && !account_name_ok("a\0b", 3) &&
		!account_name_ok("\303\244", 2),
	    "no names");
	ok(account_password_ok(s, 255) && account_password_ok("a b", 3) &&
		account_password_ok("\303\244", 2),
	    "passwords");
	ok(!account_password_ok("", 0) && !account_password_ok(s, 256) &&
		!account_password_ok("a\0", 2) && !account_password_ok("\t", 1),
	    "no passwords");
	return done_testing();
}
