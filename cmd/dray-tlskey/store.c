#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tlskey/pair.h"
#include "cmd/dray-tlskey/store.h"
#include "common/field.h"
#include "common/mem.h"

#define FILEMAX (POLICY_PATHMAX + 5)

struct kept {
	struct policy_certificate is;
	char chain[FILEMAX], key[FILEMAX];
	uint32_t id, before_id;
	struct pair pair, before;
	char told[128]; /* why the files are of no use */
};

static struct kept *all;
static unsigned int count;
static uint32_t last_id;

static void
place(char *d, const char *file)
{
	snprintf(d, FILEMAX, "%s%s", file[0] == '/' ? "" : "etc/", file);
}

void
store_start(const struct policy *p)
{
	struct kept *k;
	unsigned int i, n = policy_certificates(p);

	all = mem_array(n + 1, sizeof *all);
	for (i = 0; i < n; i++) {
		k = &all[i];
		if (policy_certificate(p, i, &k->is) != 1)
			strerr_dief(111, "unable to read the policy");
		place(k->chain, k->is.chain);
		place(k->key, k->is.key);
	}
	count = n;
}

int
store_same(const struct policy *p)
{
	struct policy_certificate c;
	unsigned int i;

	if (policy_certificates(p) != count)
		return 0;
	for (i = 0; i < count; i++)
		if (policy_certificate(p, i, &c) != 1 ||
		    memcmp(&c, &all[i].is, sizeof c) != 0)
			return 0;
	return 1;
}

static void
complain(struct kept *k, const char *wrong)
{
	if (!strcmp(k->told, wrong))
		return;
	snprintf(k->told, sizeof k->told, "%s", wrong);
	strerr_warnw("[certificate ", k->is.name, "] is of no use: ", wrong,
	    k->id ? "; the one before stays" : "");
}

/* 1 if it is another one now. */
static unsigned int
load(struct kept *k)
{
	struct pair p;
	const char *wrong = pair_read(&p, k->chain, k->key);

	if (wrong) {
		complain(k, wrong);
		return 0;
	}
	k->told[0] = '\0';
	if (pair_same(&p, &k->pair)) {
		pair_free(&p);
		return 0;
	}
	if (k->id)
		strerr_warni("[certificate ", k->is.name, "] is a new one");
	pair_free(&k->before);
	k->before = k->pair;
	k->before_id = k->id;
	k->pair = p;
	k->id = ++last_id;
	return 1;
}

unsigned int
store_load(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += load(&all[i]);
	return n;
}

unsigned int
store_count(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += all[i].id != 0;
	return n;
}

void
store_put(unsigned int i, stralloc *out)
{
	struct kept *k = all;

	for (;; k++)
		if (k->id && i-- == 0)
			break;
	field_putu32(out, k->id);
	mem_check(stralloc_catb(out, k->pair.chain.s, k->pair.chain.len));
}

EVP_PKEY *
store_key(uint32_t id)
{
	unsigned int i;

	for (i = 0; id && i < count; i++) {
		if (all[i].id == id)
			return all[i].pair.key;
		if (all[i].before_id == id)
			return all[i].before.key;
	}
	return NULL;
}

void
store_files(void (*fn)(void *arg, const char *file), void *arg)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		fn(arg, all[i].chain);
		fn(arg, all[i].key);
	}
}
