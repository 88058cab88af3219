#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergejson.h"
#include "common/mergevalue.h"

static int value(stralloc *sa, const json_t *v, unsigned int depth);

static int
large(void)
{
	errno = EMSGSIZE;
	return -1;
}

/* As the shortest of what reads back as the same number. */
static void
real(stralloc *sa, double d)
{
	char buf[32];
	int precision, n = 0;

	for (precision = 15; precision <= 17; precision++) {
		n = snprintf(buf, sizeof buf, "%.*g", precision, d);
		if (strtod(buf, NULL) == d)
			break;
	}
	mergevalue_put(sa, MERGEVALUE_TEXT, buf, (size_t)n);
}

static int
text(stralloc *sa, const char *s, size_t n)
{
	if (n > MERGE_ROWMAX)
		return large();
	mergevalue_put(sa, MERGEVALUE_TEXT, s, n);
	return 0;
}

static int
list(stralloc *sa, const json_t *v, unsigned int depth)
{
	stralloc in = STRALLOC_ZERO;
	size_t i;
	json_t *item;
	int r = 0;

	json_array_foreach(v, i, item)
	{
		if (value(&in, item, depth + 1) == -1 || in.len > MERGE_ROWMAX)
			r = large();
		if (r == -1)
			break;
	}
	if (!r)
		mergevalue_put(sa, MERGEVALUE_LIST, in.s, in.len);
	stralloc_free(&in);
	return r;
}

static int
object(stralloc *sa, json_t *v, unsigned int depth)
{
	stralloc in = STRALLOC_ZERO;
	const char *key;
	json_t *item;
	int r = 0;

	json_object_foreach(v, key, item)
	{
		if (text(&in, key, strlen(key)) == -1 ||
		    value(&in, item, depth + 1) == -1 || in.len > MERGE_ROWMAX)
			r = large();
		if (r == -1)
			break;
	}
	if (!r)
		mergevalue_put(sa, MERGEVALUE_OBJECT, in.s, in.len);
	stralloc_free(&in);
	return r;
}

static void
integer(stralloc *sa, json_int_t i)
{
	char buf[32];
	int n = snprintf(buf, sizeof buf, "%" JSON_INTEGER_FORMAT, i);

	mergevalue_put(sa, MERGEVALUE_TEXT, buf, (size_t)n);
}

static int
value(stralloc *sa, const json_t *v, unsigned int depth)
{
	if (depth > MERGEJSON_DEPTH)
		return large();
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return object(sa, (json_t *)v, depth);
	case JSON_ARRAY:
		return list(sa, v, depth);
	case JSON_STRING:
		return text(sa, json_string_value(v), json_string_length(v));
	case JSON_INTEGER:
		integer(sa, json_integer_value(v));
		return 0;
	case JSON_REAL:
		real(sa, json_real_value(v));
		return 0;
	case JSON_TRUE:
		mergevalue_put(sa, MERGEVALUE_TRUE, NULL, 0);
		return 0;
	case JSON_FALSE:
		mergevalue_put(sa, MERGEVALUE_FALSE, NULL, 0);
		return 0;
	default:
		mergevalue_put(sa, MERGEVALUE_NULL, NULL, 0);
		return 0;
	}
}

/* The member with this name; {{.}} is the whole, if that is no object. */
static const json_t *
member(const json_t *o, const struct merge_name *name)
{
	const json_t *v;
	char *s;

	if (name->len == 1 && name->s[0] == '.')
		return json_is_object(o) ? NULL : o;
	s = mem_dup(name->s, name->len);
	v = json_object_get(o, s);
	free(s);
	return v;
}

int
mergejson_row(struct mergerow *r, const json_t *o)
{
	stralloc sa = STRALLOC_ZERO;
	struct merge_name name;
	const json_t *v;
	size_t i, n = merge_names(r->m);
	int rc = 0;

	for (i = 0; i < n && !rc; i++) {
		merge_name(r->m, i, &name);
		v = member(o, &name);
		if (!v)
			continue;
		sa.len = 0;
		rc = value(&sa, v, 0);
		if (!rc)
			mergerow_value(r, i, sa.s, sa.len);
	}
	stralloc_free(&sa);
	return rc;
}
