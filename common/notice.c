#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/addr.h"
#include "common/bundle.h"
#include "common/chars.h"
#include "common/mem.h"
#include "common/notice.h"

static const struct {
	char kind;
	const char *name;
} kinds[] = {
	{ NOTICE_FAILED, "failed" },
	{ NOTICE_RELAYED, "relayed" },
	{ NOTICE_DELAYED, "delayed" },
};

#define KINDS (sizeof kinds / sizeof *kinds)

const char *
notice_name(char kind)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "";
}

static char
kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return 0;
}

/* The first thing that is wrong stays. */
static void
wrong(struct notice *n, const char *why)
{
	if (!n->why)
		n->why = why;
}

static const char *
string(struct notice *n, const char *key, size_t max, const char *why)
{
	const json_t *v = json_object_get(n->json, key);
	const char *s = json_string_value(v);

	if (s && json_string_length(v) <= max &&
	    chars_clean(s, json_string_length(v)))
		return s;
	wrong(n, why);
	return "";
}

static const char *
ascii(struct notice *n, const char *key, size_t max, const char *why)
{
	const char *s = string(n, key, max, why), *p;

	for (p = s; *p; p++)
		if ((unsigned char)*p > 127)
			wrong(n, why);
	return s;
}

static uint64_t
number(struct notice *n, const char *key, uint64_t max)
{
	const json_t *v = json_object_get(n->json, key);

	if (json_is_integer(v) && json_integer_value(v) >= 0 &&
	    (uint64_t)json_integer_value(v) <= max)
		return (uint64_t)json_integer_value(v);
	wrong(n, "a number is missing, or too large");
	return 0;
}

/* One of the letters, or nothing. */
static char
letter(struct notice *n, const char *key, const char *letters)
{
	const char *s = string(n, key, 1, "a letter is missing");

	if (*s && !strchr(letters, *s))
		wrong(n, "an unknown letter");
	return *s;
}

/* ID-NUMBER, as in the events. */
static int
id_ok(const char *s)
{
	char name[SPOOL_MSGIDMAX + 1];
	struct spool_id id;
	char *dash;

	memcpy(name, s, strlen(s) + 1);
	dash = strrchr(name, '-');
	if (!dash || dash[1] == '\0' ||
	    dash[1 + strspn(dash + 1, "0123456789")] != '\0')
		return 0;
	*dash = '\0';
	return spool_idparse(name, &id);
}

static int
address_ok(const char *s)
{
	struct addr a;

	return addr_split(s, strlen(s), &a) == 0;
}

static void
get_who(struct notice *n)
{
	n->kind = kind_of(string(n, "kind", 16, "no kind of notice"));
	n->id = ascii(n, "id", SPOOL_MSGIDMAX, "no id of a message");
	n->isnotice = json_is_true(json_object_get(n->json, "notice"));
	n->sender = string(n, "sender", BUNDLE_ADDRMAX, "no sender");
	n->recipient = string(n, "recipient", BUNDLE_ADDRMAX, "no recipient");
	if (!n->kind)
		wrong(n, "an unknown kind of notice");
	if (!id_ok(n->id))
		wrong(n, "no id of a message");
	if (n->isnotice ? *n->sender : !address_ok(n->sender))
		wrong(n, "no sender");
	if (!address_ok(n->recipient))
		wrong(n, "no recipient");
}

static void
get_message(struct notice *n)
{
	static const char name[] = "a name is missing, or too long";

	n->size = number(n, "size", UINT32_MAX);
	n->arrival = number(n, "arrival", INT64_MAX);
	n->expiry = number(n, "expiry", INT64_MAX);
	n->envid = ascii(n, "envid", BUNDLE_ENVIDMAX, "no envelope id");
	n->ret = letter(n, "ret", "FH");
	n->stream = string(n, "stream", BUNDLE_NAMEMAX, name);
	n->route = string(n, "route", BUNDLE_NAMEMAX, name);
	n->tenant = string(n, "tenant", BUNDLE_NAMEMAX, name);
	n->campaign = string(n, "campaign", BUNDLE_NAMEMAX, name);
}

static void
get_fate(struct notice *n)
{
	const json_t *text = json_object_get(n->json, "text");

	n->time = number(n, "time", INT64_MAX);
	n->code = (uint16_t)number(n, "code", 999);
	n->phase = letter(n, "phase", "cgetmrids q-");
	n->status = ascii(n, "status", 12, "no status");
	n->host = string(n, "host", 255, "no host");
	n->notify = (uint8_t)number(n, "notify", 15);
	n->orcpt = ascii(n, "orcpt", BUNDLE_ORCPTMAX, "no orcpt");
	n->text = json_string_value(text);
	n->text_len = n->text ? json_string_length(text) : 0;
	if (!n->text || n->text_len > NOTICE_TEXTMAX)
		wrong(n, "no text, or one that is too long");
}

/* Characters back into the octets that they stand for. */
static int
get_octets(struct notice *n, const char *s, size_t len)
{
	unsigned char c;
	size_t i;
	char *d;

	d = n->octets = mem_alloc(len + 1);
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c > 0xc3 || (c > 127 && i + 1 == len))
			return -1;
		if (c > 127)
			c = (unsigned char)((c << 6 & 0xc0) | (s[++i] & 0x3f));
		*d++ = (char)c;
	}
	n->original = n->octets;
	n->original_len = (size_t)(d - n->octets);
	return 0;
}

static void
get_original(struct notice *n)
{
	const json_t *header = json_object_get(n->json, "header");
	const json_t *whole = json_object_get(n->json, "message");
	const json_t *v = whole ? whole : header;

	n->iswhole = whole != NULL;
	if (!v)
		return;
	if (!json_is_string(v) || (whole && header) ||
	    get_octets(n, json_string_value(v), json_string_length(v)) == -1 ||
	    n->original_len > (whole ? NOTICE_WHOLEMAX : NOTICE_HEADERMAX))
		wrong(n, "what it says of the message is malformed");
}

int
notice_parse(struct notice *n_r, const char *s, size_t len)
{
	memset(n_r, 0, sizeof *n_r);
	if (len <= NOTICE_LINEMAX)
		n_r->json = json_loadb(
		    s, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!json_is_object((json_t *)n_r->json)) {
		wrong(n_r, "not a whole object of JSON");
		return -1;
	}
	get_who(n_r);
	get_message(n_r);
	get_fate(n_r);
	get_original(n_r);
	return n_r->why ? -1 : 0;
}

void
notice_free(struct notice *n)
{
	json_decref(n->json);
	free(n->octets);
	n->json = NULL;
	n->octets = NULL;
}
