#include <jansson.h>
#include <string.h>

#include "campaign.h"
#include "common/mergejson.h"

/* A line is an object, whose members are the values; there is no head. */
static char column[MERGE_NAMEMAX + 1];
static json_t *object; /* the one that is looked at */

/* With the first object: its member that is an address. */
static void
find_column(struct list *l, json_t *o)
{
	const char *key;
	json_t *value;

	json_object_foreach(o, key, value)
	{
		if (!columns_isaddress(&l->c->o, key, strlen(key)) ||
		    strlen(key) >= sizeof column)
			continue;
		memcpy(column, key, strlen(key) + 1);
		return;
	}
	say_at(l->name, l->line, 1,
	    "no member is the address; say which with --column");
}

void
ndjson_begin(struct list *l)
{
	(void)l;
	column[0] = '\0';
	json_decref(object);
	object = NULL;
}

static void
take(struct list *l, json_t *o)
{
	json_t *address;

	if (!json_is_object(o))
		say_at(l->name, l->line, 1, "not an object of JSON");
	if (!column[0])
		find_column(l, o);
	address = json_object_get(o, column);
	if (!json_is_string(address))
		say_at(l->name, l->line, 1, "'%s' is no string",
		    say_quoted(column, strlen(column)));
	rows_start(l);
	if (mergejson_row(&l->c->row, o) == -1)
		say_at(l->name, l->line, 1,
		    "objects in each other too deep, or a string too long");
	rows_add(l, json_string_value(address), json_string_length(address));
}

void
ndjson_line(struct list *l, const char *s, size_t n)
{
	json_error_t e;

	if (n == strspn(s, " \t\r\n"))
		return;
	object = json_loadb(s, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (!object)
		say_at(l->name, l->line, e.column > 0 ? (uint64_t)e.column : 1,
		    "%s", say_quoted(e.text, strlen(e.text)));
	take(l, object);
	json_decref(object);
	object = NULL;
}
