#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-keys/check.h"
#include "cmd/dray-keys/dkimconf.h"
#include "cmd/dray-keys/place.h"
#include "cmd/dray-keys/record.h"
#include "cmd/dray-keys/txtask.h"

static int worst;

static void
result(int code)
{
	if (worst < code)
		worst = code;
}

/* One record of several that is right is enough. */
static const char *
judge(const struct txtask *a, const struct evp_pkey_st *k)
{
	const char *wrong = "there is no such record";
	unsigned int i;

	if (a->why[0]) {
		result(111);
		return a->why;
	}
	for (i = 0; i < a->n; i++) {
		wrong = record_check(a->text[i], a->len[i], k);
		if (!wrong)
			return NULL;
	}
	result(100);
	return wrong;
}

static void
check_key(const char *domain, int dirfd, const char *selector)
{
	static struct txtask a;
	char name[SIGN_DOMAINMAX + SIGN_SELECTORMAX + 16], file[PLACE_NAMEMAX];
	const char *wrong = "there is no such key";
	struct evp_pkey_st *k;

	snprintf(file, sizeof file, "%s%s", selector, PLACE_SUFFIX);
	snprintf(name, sizeof name, "%s._domainkey.%s", selector, domain);
	k = dirfd == -1 ? NULL : keypair_read(dirfd, file);
	if (k) {
		txtask(name, &a);
		wrong = judge(&a, k);
	} else {
		result(100);
	}
	printf("%s\t%s\n", name, wrong ? wrong : "good");
	keypair_free(k);
}

static void
check_one(const char *domain)
{
	int i, dirfd = place_domain(domain, 0);
	struct dkimconf c;

	dkimconf_read(domain, &c);
	for (i = 0; i < KEYPAIR_KINDS; i++)
		if (*c.selector[i])
			check_key(domain, dirfd, c.selector[i]);
	if (!*c.selector[0] && !*c.selector[1]) {
		printf("%s\tno key is in use\n", domain);
		result(100);
	}
	if (dirfd != -1)
		close(dirfd);
}

int
check_domain(const char *domain)
{
	check_one(domain);
	(void)fflush(stdout);
	return worst;
}

int
check_all(void)
{
	place_each(check_one);
	(void)fflush(stdout);
	return worst;
}
