/*
 * dray-users - who may send mail after logging in.  See dray-users(8).
 *
 * The file is replaced as a whole, by rename, so dray-auth sees the old one or
 * the new one.  Passwords are never arguments: others could see them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>
#include <sodium.h>

#include "cmd/dray-users/book.h"
#include "cmd/dray-users/fact.h"
#include "cmd/dray-users/password.h"
#include "common/amount.h"
#include "common/base.h"

/* clang-format off */
#define USAGE \
	"dray-users [-b base] [-m memory] [-t passes] " \
	"add user [key=value ...]\n" \
	"       dray-users [-b base] [-m memory] [-t passes] passwd user\n" \
	"       dray-users [-b base] change user key=value ...\n" \
	"       dray-users [-b base] remove user ...\n" \
	"       dray-users [-b base] [-p] list [user ...]"
/* clang-format on */

#define MEMORY (64u << 20) /* octets that checking a password takes */
#define MEMORY_MIN (8u << 20)
#define PASSES 2
#define PASSES_MAX 20

struct options {
	struct book book;
	uint64_t memory, passes;
	int hashes; /* are shown */
	int cost; /* was said */
};

static void
check_name(const char *name)
{
	if (!account_name_ok(name, strlen(name)))
		strerr_dief(100,
		    "the name of a user has 1 to 128 printable "
		    "characters of ASCII, and no blank");
}

static struct account *
must_find(struct book *b, const char *name)
{
	struct account *a = book_find(b, name);

	if (!a)
		strerr_dief(100, "there is no user ", name);
	return a;
}

static void
take_facts(struct account *a, const char *const *words, int n)
{
	const char *wrong;
	int i;

	for (i = 0; i < n; i++) {
		wrong = fact_set(a, words[i]);
		if (wrong)
			strerr_dief(100, words[i], ": ", wrong);
	}
}

/* Users who do not exist shall cost what others cost. */
static void
hash_nobody(struct options *o, const char *like, char *d)
{
	unsigned char random[32];
	char hex[2 * sizeof random + 1];

	d[0] = '\0';
	book_load(&o->book);
	if (password_likeness(book_nobody(&o->book), like))
		return;
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	password_hash(d, hex, o->memory, o->passes);
}

/* Of a user who is there already, or is not, as isnew says. */
static void
set_password(struct options *o, int isnew, const char *const *words, int n)
{
	char s[ACCOUNT_PASSWORDMAX + 1], hash[ACCOUNT_HASHMAX],
	    nobody[ACCOUNT_HASHMAX];
	const char *name = words[0];
	struct account a;

	check_name(name);
	memset(&a, 0, sizeof a);
	take_facts(&a, words + 1, n - 1);
	book_load(&o->book);
	if (!isnew)
		(void)must_find(&o->book, name);
	else if (book_find(&o->book, name))
		strerr_dief(100, "there is a user ", name, " already");
	password_ask(s);
	password_hash(hash, s, o->memory, o->passes);
	sodium_memzero(s, sizeof s);
	hash_nobody(o, hash, nobody);
	book_lock(&o->book);
	if (!isnew)
		a = *must_find(&o->book, name);
	else if (book_find(&o->book, name))
		strerr_dief(100, "there is a user ", name, " already");
	memcpy(a.hash, hash, sizeof a.hash);
	book_set(&o->book, name, &a);
	if (nobody[0])
		memcpy(book_nobody(&o->book), nobody, sizeof nobody);
	book_save(&o->book);
}

static void
add(struct options *o, const char *const *words, int n)
{
	set_password(o, 1, words, n);
}

static void
passwd(struct options *o, const char *const *words, int n)
{
	if (n != 1)
		strerr_dieusage(100, USAGE);
	set_password(o, 0, words, 1);
}

/* What cannot be done is told before anybody is kept waiting. */
static void
change(struct options *o, const char *const *words, int n)
{
	struct account a;

	if (n < 2)
		strerr_dieusage(100, USAGE);
	book_load(&o->book);
	a = *must_find(&o->book, words[0]);
	take_facts(&a, words + 1, n - 1);
	book_lock(&o->book);
	a = *must_find(&o->book, words[0]);
	take_facts(&a, words + 1, n - 1);
	book_set(&o->book, words[0], &a);
	book_save(&o->book);
}

static void
drop(struct options *o, const char *const *words, int n)
{
	int i;

	book_load(&o->book);
	for (i = 0; i < n; i++)
		(void)must_find(&o->book, words[i]);
	book_lock(&o->book);
	for (i = 0; i < n; i++)
		book_remove(&o->book, words[i]);
	book_save(&o->book);
}

static void
show(void *arg, const char *name, const struct account *a)
{
	const struct options *o = arg;

	printf("%s password=%s\n", name, o->hashes ? a->hash : "set");
	fact_print(name, a);
}

static void
list(struct options *o, const char *const *words, int n)
{
	int i;

	book_load(&o->book);
	if (!n)
		book_each(&o->book, show, o);
	for (i = 0; i < n; i++)
		show(o, words[i], must_find(&o->book, words[i]));
	if (fflush(stdout) == EOF || ferror(stdout))
		strerr_diefusys(111, "write to standard output");
}

/* clang-format off */
static const struct {
	const char *word;
	void (*fn)(struct options *o, const char *const *words, int n);
	int least; /* words behind it */
	int hashes; /* has -m and -t */
} commands[] = {
	{ "add", add, 1, 1 }, { "passwd", passwd, 1, 1 },
	{ "change", change, 1, 0 }, { "remove", drop, 1, 0 },
	{ "list", list, 0, 0 },
};
/* clang-format on */

static void
run(struct options *o, const char *const *words, int n)
{
	size_t i;

	for (i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!n || strcmp(words[0], commands[i].word) != 0)
			continue;
		if (n - 1 < commands[i].least ||
		    (o->cost && !commands[i].hashes) ||
		    (o->hashes && commands[i].fn != list))
			break;
		commands[i].fn(o, words + 1, n - 1);
		return;
	}
	strerr_dieusage(100, USAGE);
}

static void
take_memory(struct options *o, const char *v)
{
	if (amount_scan(amount_sizes, v, &o->memory) == -1 ||
	    o->memory < MEMORY_MIN || o->memory > ACCOUNT_MEMORYMAX)
		strerr_dief(100, "-m ", v, ": not from 8M to 256M");
	o->cost = 1;
}

static void
take_passes(struct options *o, const char *v)
{
	if (amount_scan(amount_numbers, v, &o->passes) == -1 || !o->passes ||
	    o->passes > PASSES_MAX)
		strerr_dief(100, "-t ", v, ": not from 1 to 20");
	o->cost = 1;
}

int
main(int argc, char const *const *argv)
{
	static struct options o = { .memory = MEMORY, .passes = PASSES };
	const char *base = base_default();
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	PROG = "dray-users";
	while ((opt = subgetopt_r(argc, argv, "b:m:pt:", &l)) != -1) {
		if (opt == 'b')
			base = l.arg;
		else if (opt == 'm')
			take_memory(&o, l.arg);
		else if (opt == 'p')
			o.hashes = 1;
		else if (opt == 't')
			take_passes(&o, l.arg);
		else
			strerr_dieusage(100, USAGE);
	}
	if (sodium_init() == -1)
		strerr_dief(111, "no random numbers");
	keyhash_start();
	umask(077);
	book_open(&o.book, base);
	run(&o, argv + l.ind, argc - (int)l.ind);
	return 0;
}
