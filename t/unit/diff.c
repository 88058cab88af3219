/* What differs between two lists of facts, and what moved. */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/diff.h"
#include "t/lib/tap.h"

static void
differ(const char *from, const char *to, const char *want, const char *name)
{
	char *s;
	size_t n, lines, count = 0;
	FILE *f = open_memstream(&s, &n);
	const char *p;

	if (!f)
		exit(111);
	lines = diff_facts(from, to, f);
	fclose(f);
	is_str(s, want, name);
	for (p = s; *p; p++)
		count += *p == '\n';
	is_int((long long)lines, (long long)count, "as many lines as it says");
	free(s);
}

/* Each letter is a rule, in this order. */
static char *
rules(char *d, const char *letters)
{
	*d = '\0';
	for (; *letters; letters++)
		snprintf(d + strlen(d), 4096 - strlen(d),
		    "rule/%c\t%c\tf:1\nrule/%c/class\tx\tf:2\n", *letters,
		    *letters, *letters);
	return d;
}

static void
moved(const char *from, const char *to, const char *want)
{
	char a[4096], b[4096], name[64];

	snprintf(name, sizeof name, "order: %s to %s", from, to);
	differ(rules(a, from), rules(b, to), want, name);
}

int
main(void)
{
	differ("", "", "", "nothing");
	differ("a/b\t1\tf:1\n", "a/b\t1\tg:2\n", "", "only the place");
	differ("a/b\t1\tf:1\n", "a/b\t2\tf:1\n", "-a/b\t1\tf:1\n+a/b\t2\tf:1\n",
	    "a value");
	differ("a/b\t9\tf:1\n", "a/b\t2\tf:1\n", "-a/b\t9\tf:1\n+a/b\t2\tf:1\n",
	    "the old before the new");
	differ("a\t1\tx\nb\t2\ty\n", "b\t2\ty\na\t1\tx\n", "", "another order");
	differ("", "a\t1\tx\n", "+a\t1\tx\n", "a new one");
	differ("a\t1\tx\n", "", "-a\t1\tx\n", "one that is gone");
	differ("a\t1\tx\na\t2\tx\n", "a\t2\tx\na\t3\tx\n",
	    "-a\t1\tx\n+a\t3\tx\n", "a key that repeats");
	differ("a\t1\tx\na\t1\tx\n", "a\t1\tx\n", "-a\t1\tx\n",
	    "a fact that was there twice");
	differ("a\t1\tx\nab\t1\tx\n", "ab\t1\tx\n", "-a\t1\tx\n",
	    "keys that begin alike");
	differ("a\n\nb\tc\n", "a\nb\tc", "-\n", "lines that are no facts");

	moved("abc", "abc", "");
	moved("abc", "acb", "-rule/b/behind\ta\n+rule/b/behind\tc\n");
	moved("abcdef", "fabcde", "-rule/f/behind\te\n+rule/f/behind\t\n");
	moved("abcdef", "bcdefa", "-rule/a/behind\t\n+rule/a/behind\tf\n");
	moved("abcdefg", "defgabc", "-rule/a/behind\t\n+rule/a/behind\tg\n");
	moved("abc", "abxc", "+rule/x\tx\tf:1\n+rule/x/class\tx\tf:2\n");
	moved("axbc", "abc", "-rule/x\tx\tf:1\n-rule/x/class\tx\tf:2\n");
	moved("ab", "ba", "-rule/a/behind\t\n+rule/a/behind\tb\n");
	moved("a", "b",
	    "-rule/a\ta\tf:1\n-rule/a/class\tx\tf:2\n"
	    "+rule/b\tb\tf:1\n+rule/b/class\tx\tf:2\n");
	return done_testing();
}
