#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-send/send.h"
#include "cmd/dray-send/why.h"

/*
 * The policy as text: "key TAB value TAB place" a line, by sections
 * (policyfmt.h).  The policy is the operator's, but what is in the file is
 * looked at as if it were not.
 */
#define SECTIONMAX (2 * POLICY_NAMEMAX + 16)

/* The text of a section, which ends in a zero octet; NULL there is none. */
static const char *
text_of(const char *section)
{
	char key[SECTIONMAX + 2];
	const void *data;
	size_t n;

	snprintf(key, sizeof key, "x:%s", section);
	if (policy_record(&self.policy, key, strlen(key), &data, &n) != 1 ||
	    n == 0 || memchr(data, '\0', n) != (const char *)data + n - 1)
		return NULL;
	return data;
}

/* line begins with the value. */
static int
take(const char *line, struct fact *f)
{
	size_t n = strcspn(line, "\n");
	const char *tab = memchr(line, '\t', n);

	if (!tab)
		return 0;
	f->value = line;
	f->nvalue = (size_t)(tab - line);
	f->place = tab + 1;
	f->nplace = n - f->nvalue - 1;
	return 1;
}

/* "SECTION/KEY" stands in the text of the section; in front of those without a
 * name only the key, which then has the name of its kind in it. */
static int
look(const char *section, const char *key, struct fact *f)
{
	char begin[SECTIONMAX + 64];
	const char *line = text_of(section);
	size_t n;

	snprintf(
	    begin, sizeof begin, "%s%s%s\t", section, *section ? "/" : "", key);
	n = strlen(begin);
	for (; line && *line; line += strcspn(line, "\n"), line += *line != 0)
		if (strncmp(line, begin, n) == 0)
			return take(line + n, f);
	return 0;
}

static int
look_static(const struct policy_where *w, const char *key, struct fact *f)
{
	static struct policy_route r;
	char section[SECTIONMAX];

	if (policy_route(&self.policy, w->domain, w->len, &r) != 1)
		return 0;
	snprintf(section, sizeof section, "static/%s", r.name);
	return look(section, key, f);
}

int
fact_of(const char *kind, const char *name, size_t len, const char *key,
    struct fact *f_r)
{
	char section[SECTIONMAX];

	if (len > POLICY_NAMEMAX)
		return 0;
	snprintf(section, sizeof section, "%s/%.*s", kind, (int)len, name);
	return look(section, key, f_r);
}

int
fact_find(const struct policy_where *w, const char *key, struct fact *f_r)
{
	const char *p = w->provider ? w->provider : "";
	const char *r = w->route ? w->route : "";
	char section[SECTIONMAX];

	if (look_static(w, key, f_r))
		return 1;
	snprintf(section, sizeof section, "provider/%s/route/%s", p, r);
	if (*p && *r && look(section, key, f_r))
		return 1;
	snprintf(section, sizeof section, "provider/%s", p);
	if (*p && look(section, key, f_r))
		return 1;
	snprintf(section, sizeof section, "route/%s", r);
	if (*r && look(section, key, f_r))
		return 1;
	snprintf(section, sizeof section, "limits/%s", key);
	return look("", section, f_r) &&
	    !(f_r->nplace == 7 && memcmp(f_r->place, "default", 7) == 0);
}

static int
chooses(const char *key, size_t len)
{
	static const char *const keys[] = { "sources", "streams", "tenants",
		"senders" };
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i]) == len && memcmp(keys[i], key, len) == 0)
			return 1;
	return 0;
}

/* The lines are "SECTION/KEY", value and place, which does not count. */
static void
add_route(crypto_generichash_state *h, const char *section)
{
	const char *line = text_of(section), *key, *tab;
	size_t n = strlen(section) + 1;

	for (; line && *line; line += strcspn(line, "\n"), line += *line != 0) {
		if (strcspn(line, "\n") < n)
			continue;
		key = line + n;
		tab = strpbrk(key, "\t\n");
		if (!tab || *tab != '\t' || !chooses(key, (size_t)(tab - key)))
			continue;
		tab = strpbrk(tab + 1, "\t\n");
		if (tab)
			(void)crypto_generichash_update(h,
			    (const unsigned char *)line, (size_t)(tab - line));
	}
}

void
fact_routes(unsigned char digest_r[FACT_DIGEST])
{
	char section[SECTIONMAX];
	crypto_generichash_state h;
	const char *s, *nl;
	const void *data;
	size_t n;

	(void)crypto_generichash_init(&h, NULL, 0, FACT_DIGEST);
	if (policy_record(&self.policy, "x", 1, &data, &n) != 1)
		n = 0;
	for (s = data; n; n -= (size_t)(nl + 1 - s), s = nl + 1) {
		nl = memchr(s, '\n', n);
		if (!nl)
			break;
		if (nl - s < 7 || memcmp(s, "route/", 6) != 0 ||
		    (size_t)(nl - s) >= sizeof section)
			continue;
		memcpy(section, s, (size_t)(nl - s));
		section[nl - s] = '\0';
		add_route(&h, section);
	}
	(void)crypto_generichash_final(&h, digest_r, FACT_DIGEST);
}
