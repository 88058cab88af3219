/*
 * Rules for streams, and the header as it streams in: every criterion, the
 * order, what the sender chose; the same in pieces of every size; records that
 * are damaged; what is long.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/field.h"
#include "common/glob.h"
#include "common/streamscan.h"
#include "t/lib/tap.h"

static stralloc record = STRALLOC_ZERO;
static struct streamrule rules[STREAMRULE_MAX + 1];
static unsigned int nrule;

static struct streamrule *
rule(const char *name)
{
	struct streamrule *r = &rules[nrule++];
	int i;

	memset(r, 0, sizeof *r);
	for (i = 0; i < STREAMRULE_TEXTS; i++)
		r->text[i] = streamrule_text("");
	r->text[STREAMRULE_NAME] = streamrule_text(name);
	r->text[STREAMRULE_STREAM] = streamrule_text("bulk");
	return r;
}

static void
header(struct streamrule *r, const char *name, const char *patterns)
{
	r->header[r->nheader] = streamrule_text(name);
	r->pattern[r->nheader++] = streamrule_text(patterns);
}

static struct streamrule_set *
make(void)
{
	struct streamrule_set *set;
	unsigned int i;

	record.len = 0;
	field_putu32(&record, nrule);
	for (i = 0; i < nrule; i++)
		streamrule_put(&record, &rules[i]);
	nrule = 0;
	set = streamrule_new(record.s, record.len);
	if (!set)
		abort();
	return set;
}

static struct streamrule_facts
plain(void)
{
	struct streamrule_facts f;

	f.sender = streamrule_text("news@shop.example");
	f.tenant = f.campaign = f.chosen = streamrule_text("");
	f.recipients = 1;
	f.uid = 1000;
	return f;
}

/* The name of the rule that decides, in pieces of one size. */
static const char *
decide(struct streamrule_set *set, const char *head, size_t piece,
    const struct streamrule_facts *f)
{
	static struct streamscan k;
	const struct streamrule *r;
	size_t i, n = strlen(head);

	streamscan_start(&k, set);
	for (i = 0; i < n; i += piece)
		streamscan_feed(&k, head + i, n - i < piece ? n - i : piece);
	r = streamscan_decide(&k, f);
	streamscan_end(&k);
	return r ? r->text[STREAMRULE_NAME].s : "";
}

/* By its first octets: names stand in the record without an end. */
static void
is_by(struct streamrule_set *set, const char *head, const char *want,
    const struct streamrule_facts *f, const char *name)
{
	const char *got = NULL;
	size_t piece;
	int good = 1;

	for (piece = 1; piece < strlen(head) + 2 && good; piece++) {
		got = decide(set, head, piece, f);
		good = !strncmp(got, want, strlen(want)) && (*want || !*got);
	}
	ok(good, name);
	if (!good)
		printf("# piece %zu got %.10s want %s\n", piece - 1, got, want);
}

static void
test_glob(void)
{
	static const struct {
		const char *p, *s;
		int want;
	} list[] = { { "", "", 0 }, { "", "a", 0 }, { "*", "", 1 },
		{ "*", "abc", 1 }, { "a*", "Abc", 1 }, { "a*", "ba", 0 },
		{ "*c", "ABC", 1 }, { "a*c", "abcabc", 1 },
		{ "a*c", "abcab", 0 }, { "a?c", "abc", 1 }, { "a?c", "ac", 0 },
		{ "*a*b*", "xxaxxbxx", 1 }, { "*a*b*", "xxbxxaxx", 0 },
		{ "?*", "", 0 }, { "?*", "x", 1 }, { "**", "x", 1 },
		{ "a**", "a", 1 }, { "*.example", "x.example.", 0 } };
	char many[2048], hostile[512];
	struct timespec a, b;
	size_t i;

	for (i = 0; i < sizeof list / sizeof *list; i++)
		is_int(glob_list(list[i].p, strlen(list[i].p), '|', list[i].s,
			   strlen(list[i].s)),
		    list[i].want, list[i].p);
	is_int(glob_list("a | b c |", 9, '|', "B C", 3), 1, "alternatives");
	is_int(glob_list("a | b c |", 9, '|', "", 0), 0, "an empty pattern");
	is_int(glob_list("a <> b", 6, ' ', "", 0), 1, "the empty value");
	is_int(glob_list("a <> b", 6, ' ', "<>", 2), 0, "is not two brackets");
	is_int(glob_list("", 0, ' ', "", 0), 0, "an empty list");
	for (i = 0; i < sizeof many; i++)
		many[i] = i % 2 ? 'a' : '*';
	memset(hostile, 'a', sizeof hostile);
	clock_gettime(CLOCK_MONOTONIC, &a);
	glob_list(many, sizeof many, '|', hostile, sizeof hostile);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ok(b.tv_sec - a.tv_sec < 2, "a hostile pattern ends");
}

static void
test_headers(void)
{
	struct streamrule_facts f = plain();
	struct streamrule *r;
	struct streamrule_set *set;

	header(rule("two"), "x-a", "1");
	header(&rules[nrule - 1], "x-b", "2*");
	header(rule("prec"), "precedence", "bulk | list|junk");
	r = rule("there");
	r->text[STREAMRULE_PRESENT] = streamrule_text("list-id list-post");
	header(rule("folded"), "subject", "*big  sale*");
	header(rule("folded1"), "subject", "*big sale*");
	set = make();
	is_by(set, "Precedence: bulk\r\n\r\n", "prec", &f, "a field");
	is_by(set, "From: a\r\nPRECEDENCE:Junk \r\nTo: b\r\n\r\n", "prec", &f,
	    "in any case, among others");
	is_by(set, "Precedence: bulky\r\n\r\n", "", &f, "another value");
	is_by(set, "X-Precedence: bulk\r\n\r\n", "", &f, "another name");
	is_by(set, "Precedenc: bulk\r\n\r\n", "", &f, "a shorter one");
	is_by(set, "Precedence \t: bulk\r\n\r\n", "prec", &f,
	    "blanks before the colon");
	is_by(
	    set, "Precedence:\r\n bulk\r\n\r\n", "prec", &f, "folded at once");
	is_by(set, "Precedence: bulk", "prec", &f, "without an end");
	is_by(set, "Precedence: x\r\nPrecedence: list\r\n\r\n", "prec", &f,
	    "the second of two");
	is_by(
	    set, "From: a\r\n\r\nPrecedence: bulk\r\n", "", &f, "in the body");
	is_by(set, "From: a\r\nno field\r\nPrecedence: bulk\r\n", "", &f,
	    "behind what is no field");
	is_by(set, "", "", &f, "nothing at all");
	is_by(set, "\r\n", "", &f, "no header");
	is_by(set, ": bulk\r\n", "", &f, "no name");
	is_by(set, " Precedence: bulk\r\n", "", &f, "a blank first");
	is_by(set, "List-Id:\r\n\r\n", "there", &f, "a field that is empty");
	is_by(set, "list-post: x\r\n\r\n", "there", &f, "another of them");
	is_by(set, "Subject: a\r\n BIG\r\n\t\t Sale  now \r\n\r\n", "folded1",
	    &f, "a folded value, each run of blanks as one");
	is_by(set, "X-A: 1\r\n\r\n", "", &f, "one criterion of two");
	is_by(set, "X-B: 21\r\nX-A: 1\r\nPrecedence: bulk\r\n\r\n", "two", &f,
	    "both, and the first rule decides");
	streamrule_unref(set);
}

static void
test_facts(void)
{
	struct streamrule_facts f = plain();
	struct streamrule *r;
	struct streamrule_set *set;

	rule("null")->text[STREAMRULE_SENDER] = streamrule_text("<>");
	r = rule("from");
	r->text[STREAMRULE_SENDER] = streamrule_text("*@ads.example offers@*");
	r->text[STREAMRULE_UID] = streamrule_text("33 1000");
	rule("camp")->text[STREAMRULE_CAMPAIGN] = streamrule_text("?*");
	rule("tenant")->text[STREAMRULE_TENANT] = streamrule_text("t1 t2");
	rule("many")->recipients = 50;
	rule("other")->text[STREAMRULE_UID] = streamrule_text("7");
	set = make();
	is_by(set, "", "", &f, "nothing agrees");
	f.sender = streamrule_text("");
	is_by(set, "", "null", &f, "the null sender");
	f.sender = streamrule_text("Offers@shop.example");
	is_by(set, "", "from", &f, "a sender and a uid");
	f.uid = 1;
	is_by(set, "", "", &f, "another uid");
	f.uid = 7;
	is_by(set, "", "other", &f, "a rule for that");
	f.campaign = streamrule_text("may");
	is_by(set, "", "camp", &f, "any campaign");
	f.campaign = streamrule_text("");
	f.tenant = streamrule_text("t2");
	is_by(set, "", "tenant", &f, "a tenant");
	f.tenant = streamrule_text("t22");
	f.recipients = 49;
	f.uid = 1000;
	f.sender = streamrule_text("a@b.example");
	is_by(set, "", "", &f, "49 recipients");
	f.recipients = 50;
	is_by(set, "", "many", &f, "50");
	f.chosen = streamrule_text("transactional");
	is_by(set, "", "", &f, "a stream was chosen");
	streamrule_unref(set);
	r = rule("never");
	r->text[STREAMRULE_CHOSEN] = streamrule_text("trans* vip");
	header(r, "precedence", "bulk");
	rule("all");
	set = make();
	is_by(set, "", "", &f, "chosen, and nothing against it");
	is_by(
	    set, "Precedence: bulk\r\n", "never", &f, "what speaks against it");
	f.chosen = streamrule_text("");
	is_by(set, "Precedence: bulk\r\n", "all", &f, "no stream was chosen");
	streamrule_unref(set);
}

/* So many fields of a kind that is asked for, then one that would agree. */
static int
behind(struct streamrule_set *set, unsigned int n, const char *last)
{
	struct streamrule_facts f = plain();
	static struct streamscan k;
	unsigned int i;
	int found;

	streamscan_start(&k, set);
	for (i = 0; i < n; i++) {
		streamscan_feed(&k, "From: x\r\n", 9);
		streamscan_feed(&k, "Precedence: x\r\n", 15);
	}
	streamscan_feed(&k, last, strlen(last));
	found = streamscan_decide(&k, &f) != NULL;
	streamscan_end(&k);
	return found;
}

static void
test_long(void)
{
	struct streamrule_facts f = plain();
	struct streamrule_set *set;
	char name[STREAMRULE_NAMEMAX + 2], line[1200];

	memset(name, 'x', sizeof name);
	name[STREAMRULE_NAMEMAX] = '\0';
	header(rule("long"), name, "1");
	header(rule("prec"), "precedence", "bulk");
	header(rule("value"), "y", "*z");
	set = make();
	snprintf(line, sizeof line, "%s: 1\r\n\r\n", name);
	is_by(set, line, "long", &f, "a name of 64 octets");
	snprintf(line, sizeof line, "%sx: 1\r\nPrecedence: bulk\r\n\r\n", name);
	is_by(set, line, "prec", &f, "a name of 65 is another");
	snprintf(
	    line, sizeof line, "Y: %0*dz\r\n\r\n", STREAMSCAN_VALUEMAX - 1, 0);
	is_by(set, line, "value", &f, "a value of 512 octets");
	snprintf(
	    line, sizeof line, "%s%s\r\nPrecedence: bulk\r\n\r\n", name, name);
	is_by(set, line, "", &f, "a long line that is no field is the end");
	snprintf(line, sizeof line, "Y: %0*dz\r\n\r\n", STREAMSCAN_VALUEMAX, 0);
	is_by(set, line, "", &f, "the rest of a longer one is not seen");
	ok(behind(set, STREAMSCAN_FIELDS - 1, "Precedence: bulk\r\n"),
	    "the hundredth field that counts");
	ok(!behind(set, STREAMSCAN_FIELDS, "Precedence: bulk\r\n"),
	    "the one behind it is not looked at");
	streamrule_unref(set);
}

static void
test_most(void)
{
	struct streamrule_facts f = plain();
	struct streamrule_set *set;
	struct streamrule *r;
	static char names[STREAMRULE_HEADERS][8];
	unsigned int i, j;

	for (j = 0; j < STREAMRULE_HEADERS; j++)
		snprintf(names[j], sizeof names[j], "x-%u", j);
	for (i = 0; i < STREAMRULE_MAX; i++) {
		r = rule(i + 1 < STREAMRULE_MAX ? "early" : "last");
		for (j = 0; j < STREAMRULE_HEADERS; j++)
			header(
			    r, names[j], i + 1 < STREAMRULE_MAX ? "no" : "yes");
		r->text[STREAMRULE_PRESENT] = streamrule_text("to");
	}
	set = make();
	is_by(set,
	    "X-0: yes\nX-1: yes\nX-2: yes\nX-3: yes\nX-4: yes\nX-5: yes\n"
	    "X-6: yes\nX-7: yes\nTo: a\n",
	    "last", &f, "as many rules and criteria as there may be");
	is_by(set,
	    "X-0: yes\nX-1: yes\nX-2: yes\nX-3: yes\nX-4: yes\nX-5: yes\n"
	    "X-6: yes\nX-7: yes\n",
	    "", &f, "one of them is not so");
	streamrule_unref(set);
}

static void
refuse(size_t at, int octet, const char *name)
{
	char *s = malloc(record.len);
	struct streamrule_set *set;

	if (!s)
		abort();
	memcpy(s, record.s, record.len);
	s[at] = (char)octet;
	errno = 0;
	set = streamrule_new(s, record.len);
	ok(!set && errno == EPROTO, name);
	free(s);
}

static void
test_refused(void)
{
	struct streamrule_set *set;
	size_t i;
	int bad = 0;

	header(rule("r"), "ab", "c");
	streamrule_unref(make());
	for (i = 0; i < record.len; i++) {
		set = streamrule_new(record.s, i);
		bad += set != NULL;
		streamrule_unref(set);
	}
	is_int(bad, 0, "no record that is cut is taken");
	refuse(3, 2, "a rule that is not there");
	refuse(2, 1, "more rules than there may be");
	refuse(8, '\n', "a line end in a name");
	refuse(record.len - 1, 200, "an octet that is no character");
	refuse(record.len - 6, ':', "a colon in the name of a field");
	refuse(record.len - 6, 'B', "one in upper case");
	refuse(record.len - 12, STREAMRULE_HEADERS + 1, "too many fields");
	refuse(record.len - 8, 0, "a field without a name");
	rule("s")->text[STREAMRULE_STREAM] = streamrule_text("");
	record.len = 0;
	field_putu32(&record, 1);
	streamrule_put(&record, &rules[0]);
	ok(!streamrule_new(record.s, record.len), "a rule without a stream");
	nrule = 0;
}

int
main(void)
{
	struct streamrule_facts f = plain();
	struct streamrule_set *set = make();

	is_by(set, "Precedence: bulk\r\n\r\n", "", &f, "no rule at all");
	streamrule_unref(set);
	streamrule_unref(NULL);
	test_glob();
	test_headers();
	test_facts();
	test_long();
	test_most();
	test_refused();
	stralloc_free(&record);
	return done_testing();
}
