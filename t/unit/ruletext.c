/*
 * What the matcher of reply rules stands on: the text as rules see it, the
 * literals of an expression, and finding many literals at once, which is
 * compared with looking for each of them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/multifind.h"
#include "common/rulelit.h"
#include "common/ruletext.h"
#include "t/lib/tap.h"

static void
fold(const char *s, const char *status, const char *want, const char *name)
{
	char d[RULETEXT_MAX + 1];

	d[ruletext_fold(d, s, strlen(s), status)] = '\0';
	is_str(d, want, name);
}

static void
test_fold(void)
{
	static char big[3 * RULETEXT_MAX];
	char d[RULETEXT_MAX];

	fold("", "", "", "no text");
	fold("  User \t\r\n UNKNOWN  ", "", "user unknown", "case and blanks");
	fold("5.1.1 Gone", "", "gone", "a status at the beginning");
	fold("5.1.1 5.1.1 Gone", "", "gone", "twice");
	fold("5.1.1 Please try 5.1.1 again", "5.1.1", "please try again",
	    "a status in each line");
	fold("a 5.1.2 b", "5.1.1", "a 5.1.2 b", "another status stays");
	fold("4.2.2.1 listed", "", "4.2.2.1 listed", "an address is no status");
	fold("Rejeté à Zürich: ñandú ß Øre", "", "rejete a zurich: nandu s ore",
	    "accents");
	fold("Żółta skrzynka přeplněná, IŞIK", "",
	    "zolta skrzynka preplnena, isik", "more of them");
	fold("550-5.1.1 No such 550-5.1.1 user 550 5.1.1 here", "5.1.1",
	    "no such user 550 here", "the codes of a long reply");
	fold("a 550-b 5500-c 1550-d 421-", "", "a b 5500-c 1550-d 421-",
	    "and what looks like them");
	fold("doesn\xe2\x80\x99t \xe2\x80\x9cx\xe2\x80\x9d", "",
	    "doesn't \"x\"", "quotes");
	fold("a\xc2\xa0z\x01\x7f b", "", "a z b", "other blanks");
	fold("caf\xe9 \xc3", "", "caf\xe9 \xc3", "octets that are not UTF-8");
	memset(big, 'X', sizeof big);
	is_int(ruletext_fold(d, big, sizeof big, ""), RULETEXT_MAX,
	    "a long text is cut");
	memset(big, ' ', sizeof big);
	is_int(ruletext_fold(d, big, sizeof big, ""), 0, "nothing but blanks");
}

static void
status(const char *s, const char *want)
{
	char d[RULETEXT_STATUSMAX];

	ruletext_status(s, strlen(s), d);
	is_str(d, want, s);
}

static void
test_status(void)
{
	status("", "");
	status("5.1.1", "5.1.1");
	status("5.1.1 gone", "5.1.1");
	status("4.999.999 x", "4.999.999");
	status("4.9999.1 x", "");
	status("3.1.1 x", "");
	status("5.1", "");
	status("5.1.1.1", "");
	status("sorry, no mailbox (#5.1.1)", "5.1.1");
	status("#102 and #5.2.2", "5.2.2");
	status("see 5.1.1", "");
	status("#", "");
}

/* The literals with a blank behind each, or the reason. */
static void
literals(const char *s, const char *want)
{
	struct rulelit l;
	char d[1024] = "";
	unsigned int i;
	size_t n = 0;

	if (rulelit_find(s, strlen(s), &l) == -1)
		snprintf(d, sizeof d, "-");
	for (i = 0; l.why == NULL && i < l.n; i++)
		n += (size_t)snprintf(d + n, sizeof d - n, "%.*s|",
		    l.literal[i].len, l.literal[i].s);
	is_str(d, want, s);
}

static void
test_literals(void)
{
	literals("user unknown", "user unknown|");
	literals("User UNKNOWN", "user unknown|");
	literals("user.{0,8}unknown", "unknown|");
	literals("quotas?", "quota|");
	literals("quota(?:s| limit)?", "quota|");
	literals("abcd+e", "abcd|");
	literals("abcd*efgh", "efgh|");
	literals("abcd{0,3}ef", "abc|");
	literals("abcd{2}ef", "abcd|");
	literals("ab{x}cd", "ab{x}cd|");
	literals("a{,3}bc", "a{,3}bc|");
	literals("(?:first|second) x", "first|second|");
	literals("(?:first|second)? xyz", " xyz|");
	literals("(?:fi|second)", "-");
	literals("one|twelve", "one|twelve|");
	literals("one|t", "-");
	literals("\\buser\\b name", "user name|");
	literals("\\[bl[0-9]{2}\\]", "[bl|");
	literals("a[bc]d", "-");
	literals("[]abc]xyz", "xyz|");
	literals("[^]abc]xyz", "xyz|");
	literals("[[:alpha:]abc]xyz", "xyz|");
	literals("[\\]abc]xyz", "xyz|");
	literals("abc(?!hidden text)", "abc|");
	literals("(?<=hidden text)abc", "abc|");
	literals("(?:a(?:bcd|efg)h|xyz)", "bcd|efg|xyz|");
	literals("a very long text indeed", "a very long |");
	literals("", "-");
	literals("\\d\\d", "-");
	literals("abc.*def", "-");
	literals("abc.+def", "-");
	literals("abc.{3,}def", "-");
	literals("abc[^x]*def", "-");
	literals("(?i)abc", "-");
	literals("(?P<n>abc)", "-");
	literals("(*UTF)abc", "-");
	literals("(abc)\\1", "-");
	literals("\\Qabc\\E", "-");
	literals("((((((((((((((abc))))))))))))))", "-");
}

/* A letter out of two, so that strings overlap and contain each other. */
static void
letters(char *d, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		d[i] = (char)('a' + rand() % 2);
}

/* All printable characters: a table of another kind. */
static void
add_all(struct multifind *m)
{
	char s[MULTIFIND_MAX];
	int c = '!', n;

	while (c <= '~') {
		for (n = 0; n < MULTIFIND_MAX && c <= '~'; n++)
			s[n] = (char)c++;
		multifind_add(m, s, (size_t)n, 127);
	}
}

static int
same(int wide)
{
	char s[40][MULTIFIND_MAX], text[64];
	struct multifind *m = multifind_new();
	unsigned int i, n = (unsigned int)(rand() % 40), scan, bad = 0;
	size_t len[40], textlen;

	for (i = 0; i < n; i++) {
		len[i] = (size_t)(1 + rand() % MULTIFIND_MAX);
		letters(s[i], len[i]);
		multifind_add(m, s[i], len[i], i + 30);
	}
	if (wide)
		add_all(m);
	multifind_build(m);
	for (scan = 0; scan < 20; scan++) {
		uint64_t bits[2] = { 0, 0 };

		textlen = (size_t)(rand() % 64);
		letters(text, textlen);
		multifind_scan(m, text, textlen, bits);
		for (i = 0; i < n; i++)
			bad += (memmem(text, textlen, s[i], len[i]) != NULL) !=
			    (int)(bits[(i + 30) / 64] >> ((i + 30) % 64) & 1);
	}
	multifind_free(m);
	return !bad;
}

int
main(void)
{
	int i, good = 0;

	test_fold();
	test_status();
	test_literals();
	srand(1);
	for (i = 0; i < 500; i++)
		good += same(i & 1);
	is_int(good, 500, "many strings are found as each of them is");
	return done_testing();
}
