/*
 * dray-keys - makes and changes the keys of DKIM, and that of tokens.  See
 * dray-keys(8).
 *
 * It never shows a private key, and takes none away: one that is not in use any
 * more is the operator's to remove.  Each file appears by rename, whole; what a
 * crash leaves in between begins with a dot, and nobody reads it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <skalibs/strerr.h>

#include "cmd/dray-keys/check.h"
#include "cmd/dray-keys/dkimconf.h"
#include "cmd/dray-keys/place.h"
#include "cmd/dray-keys/record.h"
#include "cmd/dray-keys/tokenkeys.h"
#include "common/addr.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/idn.h"

/* clang-format off */
#define USAGE \
	"dray-keys [-b base] make [--rsa bits] [--ed25519] " \
	"[--selector name] domain\n" \
	"       dray-keys [-b base] rotate [--rsa bits] [--selector name] " \
	"domain\n" \
	"       dray-keys [-b base] use domain selector ...\n" \
	"       dray-keys [-b base] publish domain\n" \
	"       dray-keys [-b base] list\n" \
	"       dray-keys [-b base] check [domain]\n" \
	"       dray-keys [-b base] token"
/* clang-format on */

static const struct option options[] = {
	{ "rsa", required_argument, NULL, 'r' },
	{ "ed25519", no_argument, NULL, 'e' },
	{ "selector", required_argument, NULL, 's' },
	{ NULL, 0, NULL, 0 },
};

static struct {
	unsigned int bits; /* 0: not said */
	int ed25519;
	const char *selector;
} asked;

static char domain[ADDR_DOMAINMAX + 1];

static void
usage(void)
{
	strerr_dieusage(100, USAGE);
}

static void
set_domain(const char *s)
{
	size_t n = idn_ascii(domain, s, strlen(s));

	if (!n || domain[0] == '[' || n > SIGN_DOMAINMAX || !strchr(s, '.'))
		strerr_dief(100, "not a domain: ", s);
	domain[n] = '\0';
}

static void
check_selector(const char *s)
{
	size_t i, n = strlen(s);

	for (i = 0; i < n; i++)
		if (chars_lower(s[i]) != s[i] ||
		    (s[i] == '.' && (i == 0 || i + 1 == n || s[i - 1] == '.')))
			break;
	if (!n || i < n || n > SIGN_SELECTORMAX || !chars_name(s, n))
		strerr_dief(100, "not a selector: ", s);
}

static void
set_bits(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (*s < '0' || *s > '9' || *end || n < KEYPAIR_LEAST ||
	    n > KEYPAIR_MOST)
		strerr_dief(100, "--rsa: from 1024 to 4096 bits");
	asked.bits = (unsigned int)n;
}

static void
pem_name(char d[PLACE_NAMEMAX], const char *selector)
{
	snprintf(d, PLACE_NAMEMAX, "%s%s", selector, PLACE_SUFFIX);
}

static const char *
ending(int kind)
{
	return kind == KEYPAIR_RSA ? "" : "-ed";
}

/* That which was asked for, or the date, with a letter where there is one. */
static void
choose_selector(char d[SIGN_SELECTORMAX + 1], int dirfd, int kind)
{
	char name[PLACE_NAMEMAX], date[16];
	time_t now = time(NULL);
	struct tm tm;
	int c;

	if (asked.selector) {
		if (strlen(asked.selector) + strlen(ending(kind)) >
		    SIGN_SELECTORMAX)
			strerr_dief(100, "the selector is too long");
		snprintf(d, SIGN_SELECTORMAX + 1, "%s%s", asked.selector,
		    ending(kind));
		pem_name(name, d);
		if (place_has(dirfd, name))
			strerr_dief(100, "there is a key already: ", name);
		return;
	}
	strftime(date, sizeof date, "d%Y%m%d", gmtime_r(&now, &tm));
	for (c = 'a' - 1; c <= 'z'; c++) {
		snprintf(d, SIGN_SELECTORMAX + 1, "%s%.*s%s", date, c >= 'a',
		    &(char){ (char)c }, ending(kind));
		pem_name(name, d);
		if (!place_has(dirfd, name))
			return;
	}
	strerr_dief(100, "no selector is left for today: give one");
}

static void
make_one(int dirfd, int kind, char selector[SIGN_SELECTORMAX + 1])
{
	unsigned int bits = asked.bits ? asked.bits : KEYPAIR_USUAL;
	struct evp_pkey_st *k;
	stralloc text = STRALLOC_ZERO;
	char name[PLACE_NAMEMAX];

	choose_selector(selector, dirfd, kind);
	k = keypair_make(kind, bits);
	keypair_text(k, &text);
	pem_name(name, selector);
	place_write(dirfd, name, text.s, text.len, 0440, "keys");
	OPENSSL_cleanse(text.s, text.a);
	stralloc_free(&text);
	record_put(domain, selector, k, stdout);
	keypair_free(k);
}

static void
make(void)
{
	int kind, dirfd, want[KEYPAIR_KINDS];
	struct dkimconf c;

	dkimconf_read(domain, &c);
	want[KEYPAIR_ED25519] = asked.ed25519;
	want[KEYPAIR_RSA] = asked.bits || !*c.selector[KEYPAIR_RSA];
	if (!want[KEYPAIR_RSA] && !asked.ed25519)
		strerr_dief(100, domain, " has a key: see rotate");
	for (kind = 0; kind < KEYPAIR_KINDS; kind++)
		if (want[kind] && *c.selector[kind])
			strerr_dief(100, domain,
			    " has a key of that kind: ", c.selector[kind],
			    "; see rotate");
	dirfd = place_domain(domain, 1);
	for (kind = 0; kind < KEYPAIR_KINDS; kind++)
		if (want[kind])
			make_one(dirfd, kind, c.selector[kind]);
	dkimconf_write(domain, &c);
	place_tell();
	fprintf(stderr,
	    "When DNS has that (dray-keys check %s), put it into force: "
	    "dray-policy compile\n",
	    domain);
}

static void
rotate(void)
{
	char selector[KEYPAIR_KINDS][SIGN_SELECTORMAX + 1] = { "", "" };
	struct dkimconf c;
	int kind, dirfd;

	dkimconf_read(domain, &c);
	if (!*c.selector[KEYPAIR_RSA] && !*c.selector[KEYPAIR_ED25519])
		strerr_dief(100, domain, " has no keys: see make");
	dirfd = place_domain(domain, 1);
	for (kind = 0; kind < KEYPAIR_KINDS; kind++)
		if (*c.selector[kind])
			make_one(dirfd, kind, selector[kind]);
	place_tell();
	fprintf(stderr,
	    "When DNS has that, use it: dray-keys use %s%s%s%s%s, and "
	    "dray-policy compile; leave the old one in DNS for a week\n",
	    domain, *selector[0] ? " " : "", selector[0],
	    *selector[1] ? " " : "", selector[1]);
}

static void
use(const char *const *selector)
{
	int kind, dirfd = place_domain(domain, 0);
	char name[PLACE_NAMEMAX];
	struct evp_pkey_st *k;
	struct dkimconf c;

	dkimconf_read(domain, &c);
	for (; *selector; selector++) {
		check_selector(*selector);
		pem_name(name, *selector);
		k = dirfd == -1 ? NULL : keypair_read(dirfd, name);
		if (!k)
			strerr_dief(
			    100, "there is no key keys/", domain, "/", name);
		kind = keypair_kind(k);
		keypair_free(k);
		snprintf(
		    c.selector[kind], sizeof c.selector[kind], "%s", *selector);
	}
	dkimconf_write(domain, &c);
	fprintf(stderr, "To put it into force: dray-policy compile\n");
}

static void
publish_one(void *arg, const char *selector, const char *name)
{
	struct evp_pkey_st *k = keypair_read(*(int *)arg, name);

	if (!k) {
		strerr_warnw("of no use: keys/", domain, "/", name);
		return;
	}
	record_put(domain, selector, k, stdout);
	keypair_free(k);
}

static void
publish(void)
{
	int fd = place_domain(domain, 0);

	if (fd == -1)
		strerr_dief(100, domain, " has no keys");
	place_each_key(fd, publish_one, &fd);
}

struct row {
	int dirfd;
	struct dkimconf conf;
};

static void
list_one(void *arg, const char *selector, const char *name)
{
	const struct row *r = arg;
	struct evp_pkey_st *k = keypair_read(r->dirfd, name);
	char date[16] = "-";
	struct stat st;
	struct tm tm;
	int kind = k ? keypair_kind(k) : 0;

	if (fstatat(r->dirfd, name, &st, 0) == 0)
		strftime(
		    date, sizeof date, "%Y-%m-%d", gmtime_r(&st.st_mtime, &tm));
	if (k)
		printf("%s\t%s\t%s %d\t%s\t%s\n", domain, selector,
		    keypair_names[kind], keypair_bits(k), date,
		    strcmp(r->conf.selector[kind], selector) == 0 ? "in use"
								  : "-");
	else
		printf("%s\t%s\tof no use\t%s\t-\n", domain, selector, date);
	keypair_free(k);
}

static void
list_domain(const char *name)
{
	struct row r;

	snprintf(domain, sizeof domain, "%s", name);
	r.dirfd = place_domain(domain, 0);
	if (r.dirfd == -1)
		return;
	dkimconf_read(domain, &r.conf);
	place_each_key(r.dirfd, list_one, &r);
	close(r.dirfd);
}

static void
run(const char *word, const char *const *arg, int n)
{
	if (!strcmp(word, "list") && n == 0) {
		place_each(list_domain);
	} else if (!strcmp(word, "token") && n == 0) {
		tokenkeys_rotate();
	} else if (!strcmp(word, "check") && n == 0) {
		exit(check_all());
	} else if (n == 0) {
		usage();
	} else {
		set_domain(arg[0]);
		if (!strcmp(word, "make") && n == 1)
			make();
		else if (!strcmp(word, "rotate") && n == 1)
			rotate();
		else if (!strcmp(word, "publish") && n == 1)
			publish();
		else if (!strcmp(word, "check") && n == 1)
			exit(check_domain(domain));
		else if (!strcmp(word, "use") && n > 1)
			use(arg + 1);
		else
			usage();
	}
}

/* Options stand behind the word that they belong to. */
static void
parse(int argc, char *const *argv)
{
	const char *word = argv[0];
	int c, makes = !strcmp(word, "make");

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!makes && (strcmp(word, "rotate") != 0 || c == 'e'))
			usage();
		if (c == 'r')
			set_bits(optarg);
		else if (c == 'e')
			asked.ed25519 = 1;
		else if (c == 's')
			asked.selector = optarg;
		else
			usage();
	}
	if (asked.selector)
		check_selector(asked.selector);
	run(word, (const char *const *)argv + optind, argc - optind);
}

int
main(int argc, char **argv)
{
	const char *base = base_default();
	int c;

	PROG = "dray-keys";
	opterr = 0;
	while ((c = getopt(argc, argv, "+b:")) != -1) {
		if (c != 'b')
			usage();
		base = optarg;
	}
	if (optind == argc)
		usage();
	if (chdir(base) == -1)
		strerr_diefusys(111, "enter ", base);
	umask(022);
	parse(argc - optind, argv + optind);
	if (fflush(stdout) == EOF)
		strerr_diefusys(111, "write to standard output");
	return 0;
}
