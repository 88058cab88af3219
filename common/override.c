#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/chars.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/override.h"

#define TIME_LEN 20 /* 2026-11-22T03:04:05Z */

enum {
	ACTION = SCOPE_KEYS,
	VALUE,
	CREATED,
	EXPIRES,
	REASON,
	AUTHOR,
	REPLY,
	KEYS
};

static const char *const more[] = { "action", "value", "created", "expires",
	"reason", "author", "reply" };

struct line {
	const char *key, *value;
	size_t klen, vlen;
};

int
override_idok(const char *s)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_";
	size_t n = strspn(s, good);

	return n && n <= OVERRIDE_IDMAX && !s[n] && s[0] != '.';
}

/* "2026-11-22T03:04:05Z" */
static int
parse_time(const char *s, uint64_t *t_r)
{
	struct tm tm = { 0 };
	char again[32];
	char *end;
	time_t t;

	errno = EINVAL;
	end = strlen(s) == TIME_LEN ? strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm)
				    : NULL;
	if (!end || *end)
		return -1;
	t = timegm(&tm);
	/* strptime takes the 31st of February. */
	if (t < 0 || !gmtime_r(&t, &tm) ||
	    !strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", &tm) ||
	    strcmp(again, s) != 0) {
		errno = EINVAL;
		return -1;
	}
	*t_r = (uint64_t)t;
	return 0;
}

static int
isblank_(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
trim(const char **s, size_t *len)
{
	for (; *len && isblank_(**s); (*s)++)
		(*len)--;
	while (*len && isblank_((*s)[*len - 1]))
		(*len)--;
}

/* The next line that says something: 1, 0 no more, -1 it is no pair. */
static int
next_line(const char **p, const char *end, struct line *l)
{
	const char *s, *nl, *eq;
	size_t len;

	while ((s = *p) < end) {
		nl = memchr(s, '\n', (size_t)(end - s));
		len = (size_t)((nl ? nl : end) - s);
		*p = nl ? nl + 1 : end;
		trim(&s, &len);
		if (len == 0 || *s == '#' || *s == ';')
			continue;
		eq = memchr(s, '=', len);
		if (!eq)
			return -1;
		l->key = s;
		l->klen = (size_t)(eq - s);
		l->value = eq + 1;
		l->vlen = len - l->klen - 1;
		trim(&l->key, &l->klen);
		trim(&l->value, &l->vlen);
		return 1;
	}
	return 0;
}

static int
find_key(const struct line *l)
{
	int i, k = scope_key(l->key, l->klen);

	for (i = 0; k == -1 && i < KEYS - SCOPE_KEYS; i++)
		if (strlen(more[i]) == l->klen &&
		    memcmp(more[i], l->key, l->klen) == 0)
			k = SCOPE_KEYS + i;
	return k;
}

static const char *
take_text(char *d, size_t max, const struct line *l)
{
	if (l->vlen > max)
		return "a text is too long";
	if (!chars_clean(l->value, l->vlen))
		return "a control character";
	memcpy(d, l->value, l->vlen);
	d[l->vlen] = '\0';
	return NULL;
}

static const char *
take_time(uint64_t *t, const struct line *l)
{
	char s[TIME_LEN + 2] = "";

	if (l->vlen <= TIME_LEN)
		memcpy(s, l->value, l->vlen);
	return parse_time(s, t) == -1
	    ? "a time that is not like 2026-11-22T03:04:05Z"
	    : NULL;
}

static const char *
take_action(struct override *o, const struct line *l)
{
	int a = override_action(l->value, l->vlen);

	o->action = a == -1 ? OVERRIDE_PAUSE : (enum override_action)a;
	return a == -1 ? "an unknown action" : NULL;
}

/* What it means depends on the action, which may come later. */
static const char *
take_value(struct override *o, const struct line *l)
{
	o->value[0] = '\0';
	return l->vlen ? take_text(o->value, OVERRIDE_VALUEMAX, l)
		       : "a value that is empty or too long";
}

static const char *
take(struct override *o, int key, const struct line *l)
{
	switch (key) {
	case -1:
		return "an unknown key";
	case ACTION:
		return take_action(o, l);
	case VALUE:
		return take_value(o, l);
	case CREATED:
		return take_time(&o->created, l);
	case EXPIRES:
		return take_time(&o->expires, l);
	case REASON:
		return take_text(o->reason, OVERRIDE_TEXTMAX, l);
	case AUTHOR:
		return take_text(o->author, OVERRIDE_AUTHORMAX, l);
	case REPLY:
		return take_text(o->reply, OVERRIDE_TEXTMAX, l);
	default:
		return scope_set(&o->scope, key, l->value, l->vlen) == -1
		    ? "a selector with a value that it cannot have"
		    : NULL;
	}
}

static void
clear(struct override *o)
{
	o->action = OVERRIDE_PAUSE;
	o->number = 0;
	o->rate = 0;
	o->value[0] = '\0';
	o->scope.given = 0;
	o->created = o->expires = 0;
	o->reason[0] = o->author[0] = o->reply[0] = '\0';
}

/* The file is read. */
static const char *
settle(struct override *o, unsigned int seen)
{
	char value[OVERRIDE_VALUEMAX + 1];
	const char *why;

	if (!(seen >> ACTION & 1))
		return "no action";
	memcpy(value, o->value, sizeof value);
	if (seen >> VALUE & 1 &&
	    (why = override_value(o, value, strlen(value))) != NULL)
		return why;
	if (o->scope.given == 0)
		return "no selector; all mail is destination = *";
	return override_check(o);
}

int
override_parse(
    struct override *o, const char *text, size_t len, const char **why_r)
{
	const char *p = text, *end = text + len, *why = NULL;
	unsigned int seen = 0;
	struct line l;
	int key, r = 1;

	clear(o);
	if (len > OVERRIDE_FILEMAX)
		why = "it is too long";
	while (!why && (r = next_line(&p, end, &l)) == 1) {
		key = find_key(&l);
		if (key != -1 && seen >> key & 1)
			why = "a key that stands twice";
		else
			why = take(o, key, &l);
		seen |= key == -1 ? 0 : 1u << key;
	}
	if (!why && r == -1)
		why = "a line that is not key = value";
	if (!why)
		why = settle(o, seen);
	*why_r = why;
	errno = EINVAL;
	return why ? -1 : 0;
}

static void
put(stralloc *sa, const char *key, const char *value)
{
	mem_check(stralloc_cats(sa, key) && stralloc_cats(sa, " = ") &&
	    stralloc_cats(sa, value) && stralloc_append(sa, '\n'));
}

static void
put_time(stralloc *sa, const char *key, uint64_t t)
{
	time_t s = (time_t)t;
	char b[32];
	struct tm tm;

	if (t && gmtime_r(&s, &tm) &&
	    strftime(b, sizeof b, "%Y-%m-%dT%H:%M:%SZ", &tm))
		put(sa, key, b);
}

void
override_fmt(stralloc *sa, const struct override *o)
{
	int i;

	put(sa, "action", override_name(o->action));
	if (*o->value)
		put(sa, "value", o->value);
	for (i = 0; i < SCOPE_KEYS; i++)
		if (scope_has(&o->scope, i))
			put(sa, scope_name(i),
			    i == SCOPE_SENDER && !o->scope.len[i]
				? "<>"
				: o->scope.value[i]);
	put_time(sa, "created", o->created);
	put_time(sa, "expires", o->expires);
	if (*o->reason)
		put(sa, "reason", o->reason);
	if (*o->author)
		put(sa, "author", o->author);
	if (*o->reply)
		put(sa, "reply", o->reply);
}

void
override_json(stralloc *sa, const struct override *o)
{
	int i;

	json_text(sa, "id", o->id);
	json_text(sa, "action", override_name(o->action));
	if (*o->value)
		json_text(sa, "value", o->value);
	json_obj(sa, "scope");
	for (i = 0; i < SCOPE_KEYS; i++)
		if (scope_has(&o->scope, i))
			json_str(sa, scope_name(i), o->scope.value[i],
			    o->scope.len[i]);
	json_end(sa);
	if (o->created)
		json_u64(sa, "created", o->created);
	if (o->expires)
		json_u64(sa, "expires", o->expires);
	if (*o->reason)
		json_text(sa, "reason", o->reason);
	if (*o->author)
		json_text(sa, "author", o->author);
	if (*o->reply)
		json_text(sa, "reply", o->reply);
}

void
override_text(stralloc *sa, const struct override *o)
{
	mem_check(stralloc_cats(sa, override_name(o->action)) &&
	    stralloc_append(sa, ' '));
	if (*o->value)
		mem_check(
		    stralloc_cats(sa, o->value) && stralloc_append(sa, ' '));
	scope_text(sa, &o->scope);
}
