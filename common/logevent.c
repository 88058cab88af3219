#include <string.h>

#include "common/logevent.h"

#define DEPTH 16 /* of objects and arrays in each other */

/* Where the scan is.  Nothing is copied but what is asked for. */
struct scan {
	const char *p, *end;
	struct logevent *e;
};

static const struct {
	const char *name;
	int inresponse;
} fields[LOGEVENT_FIELDS] = {
	[LOGEVENT_TYPE] = { "type", 0 },
	[LOGEVENT_TIME] = { "event_time", 0 },
	[LOGEVENT_ID] = { "id", 0 },
	[LOGEVENT_CREATED] = { "created_time", 0 },
	[LOGEVENT_STREAM] = { "stream", 0 },
	[LOGEVENT_TENANT] = { "tenant", 0 },
	[LOGEVENT_CAMPAIGN] = { "campaign", 0 },
	[LOGEVENT_LIST] = { "list", 0 },
	[LOGEVENT_POOL] = { "egress_pool", 0 },
	[LOGEVENT_SOURCE] = { "egress_source", 0 },
	[LOGEVENT_PROVIDER] = { "provider", 0 },
	[LOGEVENT_SITE] = { "site", 0 },
	[LOGEVENT_RECIPIENT] = { "recipient", 0 },
	[LOGEVENT_CLASS] = { "class", 0 },
	[LOGEVENT_BLAME] = { "blame", 0 },
	[LOGEVENT_HARDSOFT] = { "hardsoft", 0 },
	[LOGEVENT_ATTRIBUTED] = { "attributed", 0 },
	[LOGEVENT_ACTION] = { "action", 0 },
	[LOGEVENT_ADDRESS_HASH] = { "address_hash", 0 },
	[LOGEVENT_LIST_HASH] = { "list_hash", 0 },
	[LOGEVENT_OWNER_HASH] = { "owner_hash", 0 },
	[LOGEVENT_FEEDBACK] = { "feedback_type", 0 },
	[LOGEVENT_SESSION] = { "session_id", 0 },
	[LOGEVENT_INDEX] = { "session_index", 0 },
	[LOGEVENT_OVERRIDE] = { "override", 0 },
	[LOGEVENT_AUTHOR] = { "author", 0 },
	[LOGEVENT_STATE] = { "state", 0 },
	[LOGEVENT_CONTENT] = { "content", 1 },
	[LOGEVENT_COMMAND] = { "command", 1 },
	[LOGEVENT_CODE] = { "code", 1 },
};

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
put(struct logevent *e, char c)
{
	/* A line has room for all that comes out of it. */
	if (e->used < sizeof e->text)
		e->text[e->used++] = c;
}

/* Four digits behind \u; those of a pair of surrogates are two of them. */
static int
unicode(struct scan *s, uint32_t *c_r)
{
	uint32_t c = 0;
	int i, h;

	if (s->end - s->p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		h = hex(s->p[i]);
		if (h == -1)
			return -1;
		c = c << 4 | (uint32_t)h;
	}
	s->p += 4;
	*c_r = c;
	return 0;
}

static void
put_utf8(struct logevent *e, uint32_t c)
{
	if (c < 0x80) {
		put(e, (char)c);
	} else if (c < 0x800) {
		put(e, (char)(0xc0 | c >> 6));
		put(e, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		put(e, (char)(0xe0 | c >> 12));
		put(e, (char)(0x80 | (c >> 6 & 63)));
		put(e, (char)(0x80 | (c & 63)));
	} else {
		put(e, (char)(0xf0 | c >> 18));
		put(e, (char)(0x80 | (c >> 12 & 63)));
		put(e, (char)(0x80 | (c >> 6 & 63)));
		put(e, (char)(0x80 | (c & 63)));
	}
}

static int
escape(struct scan *s, int keep)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	uint32_t c, low;

	if (s->p == s->end)
		return -1;
	at = *s->p ? strchr(from, *s->p) : NULL;
	if (at) {
		s->p++;
		if (keep)
			put(s->e, to[at - from]);
		return 0;
	}
	if (*s->p++ != 'u' || unicode(s, &c) == -1)
		return -1;
	if (c >= 0xd800 && c < 0xdc00 && s->end - s->p >= 6 &&
	    s->p[0] == '\\' && s->p[1] == 'u') {
		s->p += 2;
		if (unicode(s, &low) == -1 || low < 0xdc00 || low > 0xdfff)
			return -1;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (keep)
		put_utf8(s->e, c);
	return 0;
}

/* Behind the quote.  With keep its text goes to e->text. */
static int
string(struct scan *s, int keep)
{
	const char *from;

	for (;;) {
		from = s->p;
		while (s->p < s->end && *s->p != '"' && *s->p != '\\')
			s->p++;
		if (s->p == s->end)
			return -1;
		if (keep &&
		    s->e->used + (size_t)(s->p - from) < sizeof s->e->text) {
			memcpy(s->e->text + s->e->used, from,
			    (size_t)(s->p - from));
			s->e->used += (size_t)(s->p - from);
		}
		if (*s->p++ == '"')
			break;
		if (escape(s, keep) == -1)
			return -1;
	}
	if (keep)
		put(s->e, '\0');
	return 0;
}

/* A number or a word. */
static int
bare(struct scan *s, int keep)
{
	static const char octets[] = "0123456789+-.eEtrufalsn";
	const char *from = s->p;

	while (s->p < s->end && *s->p && strchr(octets, *s->p)) {
		if (keep)
			put(s->e, *s->p);
		s->p++;
	}
	if (keep)
		put(s->e, '\0');
	return s->p == from ? -1 : 0;
}

/* Whatever it is, it is passed over. */
static int
skip(struct scan *s)
{
	unsigned int depth = 0;

	do {
		if (s->p == s->end)
			return -1;
		switch (*s->p) {
		case '{':
		case '[':
			s->p++;
			if (++depth > DEPTH)
				return -1;
			break;
		case '}':
		case ']':
			s->p++;
			if (depth-- == 0)
				return -1;
			break;
		case ',':
		case ':':
		case ' ':
			s->p++;
			if (depth == 0)
				return -1;
			break;
		case '"':
			s->p++;
			if (string(s, 0) == -1)
				return -1;
			break;
		default:
			if (bare(s, 0) == -1)
				return -1;
		}
	} while (depth);
	return 0;
}

static int
find(const char *key, size_t len, int inresponse)
{
	int i;

	for (i = 0; i < LOGEVENT_FIELDS; i++)
		if (fields[i].inresponse == inresponse &&
		    strlen(fields[i].name) == len &&
		    memcmp(fields[i].name, key, len) == 0)
			return i;
	return -1;
}

static int
value(struct scan *s, int field)
{
	size_t at = s->e->used;
	int r;

	if (field == -1 || *s->p == '{' || *s->p == '[')
		return skip(s);
	if (*s->p == '"') {
		s->p++;
		r = string(s, 1);
	} else {
		r = bare(s, 1);
	}
	s->e->s[field] = s->e->text + at;
	return r;
}

static int object(struct scan *s, int inresponse);

/* "key":value */
static int
member(struct scan *s, int inresponse)
{
	const char *key;
	size_t len;

	if (s->p == s->end || *s->p++ != '"')
		return -1;
	key = s->p;
	if (string(s, 0) == -1)
		return -1;
	len = (size_t)(s->p - 1 - key);
	if (s->end - s->p < 2 || *s->p++ != ':')
		return -1;
	if (!inresponse && *s->p == '{' && len == strlen("response") &&
	    memcmp(key, "response", len) == 0)
		return object(s, 1);
	return value(s, find(key, len, inresponse));
}

static int
object(struct scan *s, int inresponse)
{
	s->p++;
	if (s->p < s->end && *s->p == '}') {
		s->p++;
		return 0;
	}
	for (;;) {
		if (member(s, inresponse) == -1 || s->p == s->end)
			return -1;
		if (*s->p == '}')
			break;
		if (*s->p++ != ',')
			return -1;
	}
	s->p++;
	return 0;
}

int
logevent_read(struct logevent *e, const char *line, size_t len)
{
	struct scan s = { line, line + len, e };
	int i;

	e->text[0] = '\0';
	e->used = 1;
	for (i = 0; i < LOGEVENT_FIELDS; i++)
		e->s[i] = e->text;
	if (len && line[len - 1] == '\n')
		s.end--;
	if (len > LOG_LINEMAX || s.p >= s.end || *s.p != '{')
		return -1;
	if (object(&s, 0) == -1 || s.p != s.end)
		return -1;
	e->text[sizeof e->text - 1] = '\0';
	return 0;
}

int
logevent_is(const struct logevent *e, enum logevent_field field, const char *s)
{
	return strcmp(e->s[field], s) == 0;
}

static int
is_type(const char *line, size_t len, const char *type)
{
	static const char start[] = "{\"type\":\"";
	size_t n = strlen(type);

	return len > sizeof start - 1 + n &&
	    memcmp(line, start, sizeof start - 1) == 0 &&
	    memcmp(line + sizeof start - 1, type, n) == 0 &&
	    line[sizeof start - 1 + n] == '"';
}

int
logevent_any(const char *line, size_t len, const char *const *types)
{
	for (; *types; types++)
		if (is_type(line, len, *types))
			return 1;
	return 0;
}

int
logevent_complains(const struct logevent *e)
{
	static const char *const others[] = { "not-spam", "opt-out",
		"auth-failure", "dmarc", NULL };
	int i;

	if (!logevent_is(e, LOGEVENT_TYPE, "Feedback"))
		return 0;
	for (i = 0; others[i]; i++)
		if (logevent_is(e, LOGEVENT_FEEDBACK, others[i]))
			return 0;
	return 1;
}
