#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/dns.h"
#include "cmd/dray-policy/value.h"

#define SERVERS_MAX 64 /* in one list */
#define PORT_DNS 53
#define SERVER "is not an address such as 192.0.2.1, 192.0.2.1@5353 or ::1"

/* Appends one item; 0, or -1 there is no more room. */
static int
append(char *d, char separator, const char *item)
{
	char between[2] = { separator, '\0' };
	size_t n = strlen(d), room = POLICY_DNSMAX - n;

	return (size_t)snprintf(d + n, room, "%s%s", n ? between : "", item) <
		room
	    ? 0
	    : -1;
}

/* ADDRESS or ADDRESS@PORT, into ADDRESS@PORT. */
static int
scan_server(char *d, size_t size, const char *s)
{
	const char *at = strchrnul(s, '@');
	unsigned long port = PORT_DNS;
	char addr[64];
	uint8_t ip[16];

	snprintf(addr, sizeof addr, "%.*s", (int)(at - s), s);
	if (*at) {
		at++;
		if (!*at || strspn(at, "0123456789") != strlen(at) ||
		    strlen(at) > 5)
			return -1;
		port = strtoul(at, NULL, 10);
	}
	if (port < 1 || port > 65535 || value_source(ip, addr) == -1)
		return -1;
	snprintf(d, size, "%s@%lu", addr, port);
	return 0;
}

/* A zone, with or without its last dot; the root is a dot. */
static int
scan_zone(char *d, const char *s)
{
	char name[POLICY_NAMEMAX + 2];
	size_t n = strlen(s);

	if (!strcmp(s, ".")) {
		memcpy(d, ".", 2);
		return 0;
	}
	if (n == 0 || n > POLICY_NAMEMAX)
		return -1;
	memcpy(name, s, n + 1);
	if (name[n - 1] == '.')
		name[n - 1] = '\0';
	return value_domain(d, name);
}

static void
set_forwarders(struct setting *s, char *d)
{
	char server[80];
	const char *word;
	unsigned int n = 0;
	size_t pos = 0;

	while ((word = setting_word(s, &pos)) != NULL) {
		if (scan_server(server, sizeof server, word) == -1) {
			setting_wrong(s, "has a word that " SERVER);
			return;
		}
		if (n++ == SERVERS_MAX || append(d, ' ', server) == -1) {
			setting_wrong(s, "has too many servers");
			return;
		}
	}
}

/* One word of a stub list: what is wrong with it, or NULL.  *servers counts
 * those of the zone before; -1 at the start. */
static const char *
add_stub(char *d, const char *word, int *servers)
{
	char item[POLICY_NAMEMAX + 1];

	if (scan_server(item, sizeof item, word) == 0) {
		if (*servers == -1)
			return "begins with a server, not with a zone";
		if (++*servers > SERVERS_MAX)
			return "has too many servers";
	} else if (strchr(word, '@') || scan_zone(item, word) == -1) {
		return "has a word that is neither a zone nor a server such "
		       "as 192.0.2.1@53";
	} else if (*servers == 0) {
		return "has a zone without a server";
	} else {
		*servers = 0;
	}
	return append(d, ' ', item) == -1 ? "is too long" : NULL;
}

static void
set_stubs(struct setting *s, char *d)
{
	const char *word, *wrong = NULL;
	int servers = -1;
	size_t pos = 0;

	while (!wrong && (word = setting_word(s, &pos)) != NULL)
		wrong = add_stub(d, word, &servers);
	if (!wrong && servers == 0)
		wrong = "has a zone without a server";
	if (wrong)
		setting_wrong(s, wrong);
}

static void
set_insecure(struct setting *s, char *d)
{
	char zone[POLICY_NAMEMAX + 1];
	const char *word;
	size_t pos = 0;

	while ((word = setting_word(s, &pos)) != NULL)
		if (scan_zone(zone, word) == -1 || append(d, ' ', zone) == -1) {
			setting_wrong(s, "is not a list of domains");
			return;
		}
}

static int
is_number(const char *s, unsigned long max)
{
	return *s && strlen(s) < 6 && strspn(s, "0123456789") == strlen(s) &&
	    strtoul(s, NULL, 10) <= max;
}

/* DS: tag, algorithm, type, hexadecimal; DNSKEY: flags, 3, algorithm, base64.
 * Word is the n-th of them. */
static int
rdata_ok(int ds, unsigned int n, const char *word)
{
	static const char base64[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/=";

	if (n < 3)
		return is_number(word, n == 0 ? 65535 : 255);
	if (!ds)
		return strspn(word, base64) == strlen(word);
	return strspn(word, "0123456789abcdefABCDEF") == strlen(word);
}

/* A digest is as long as its type says; of others we know nothing. */
static int
digest_ok(unsigned long type, size_t digits)
{
	if (type == 1)
		return digits == 40;
	if (type == 2 || type == 3)
		return digits == 64;
	return type == 4 ? digits == 96 : digits % 2 == 0;
}

/* ZONE [IN] DS|DNSKEY data, written with single blanks; 0, or -1. */
static int
scan_record(char *d, size_t size, char *s)
{
	char zone[POLICY_NAMEMAX + 1], *save, *word;
	unsigned long type = 0;
	size_t digits = 0;
	unsigned int n;
	int ds;

	word = strtok_r(s, " \t", &save);
	if (!word || scan_zone(zone, word) == -1)
		return -1;
	word = strtok_r(NULL, " \t", &save);
	if (word && !strcasecmp(word, "IN"))
		word = strtok_r(NULL, " \t", &save);
	if (!word || (strcasecmp(word, "DS") && strcasecmp(word, "DNSKEY")))
		return -1;
	ds = !strcasecmp(word, "DS");
	snprintf(d, size, "%s%s IN %s", zone, strcmp(zone, ".") ? "." : "",
	    ds ? "DS" : "DNSKEY");
	for (n = 0; (word = strtok_r(NULL, " \t", &save)); n++) {
		if (!rdata_ok(ds, n, word))
			return -1;
		if (n == 2)
			type = strtoul(word, NULL, 10);
		if (n > 2)
			digits += strlen(word);
		snprintf(d + strlen(d), size - strlen(d), "%s%s",
		    n < 4 ? " " : "", word);
	}
	return n > 3 && (!ds || digest_ok(type, digits)) ? 0 : -1;
}

/* What is wrong with one item, or NULL. */
static const char *
add_anchor(char *d, char *item)
{
	char record[POLICY_DNSMAX];
	size_t n;

	item += strspn(item, " \t");
	for (n = strlen(item); n && isblank((unsigned char)item[n - 1]);)
		item[--n] = '\0';
	if (*item == '/')
		snprintf(record, sizeof record, "%s", item);
	else if (scan_record(record, sizeof record, item) == -1)
		return "is not a list, with commas, of files that begin with "
		       "a slash and of DS or DNSKEY records";
	return append(d, ',', record) == -1 ? "is too long" : NULL;
}

static void
set_anchors(struct setting *s, char *d)
{
	char value[INIFILE_LINEMAX + 1], *save, *item;
	const char *wrong = NULL;

	snprintf(value, sizeof value, "%s", s->value);
	item = strtok_r(value, ",", &save);
	for (; item && !wrong; item = strtok_r(NULL, ",", &save))
		wrong = add_anchor(d, item);
	if (wrong)
		setting_wrong(s, wrong);
}

const struct dns_list dns_lists[DNS_LISTS] = {
	{ "forwarders", offsetof(struct policy_dns, forwarders),
	    set_forwarders },
	{ "stub", offsetof(struct policy_dns, stubs), set_stubs },
	{ "insecure", offsetof(struct policy_dns, insecure), set_insecure },
	{ "trust-anchor", offsetof(struct policy_dns, anchors), set_anchors },
};

const char *
dns_list(const struct policy_dns *d, unsigned int i)
{
	return (const char *)d + dns_lists[i].offset;
}

void
dns_pair(struct setting *s)
{
	struct conf *c = s->c;
	unsigned int i;

	for (i = 0; i < DNS_LISTS; i++) {
		if (strcmp(s->key, dns_lists[i].key) != 0)
			continue;
		if (setting_once(s, &c->list_where[i]) == 0)
			dns_lists[i].set(
			    s, (char *)&c->dns + dns_lists[i].offset);
		return;
	}
	if (!setting_group(s, &policykey_dns, &c->dns, c->dns_where))
		setting_unknown(s);
}
