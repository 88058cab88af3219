#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-stat/listing.h"
#include "common/mem.h"
#include "common/print.h"
#include "common/term.h"

#define INDENT "        "

/* Which stream and so on, if the message says so. */
static void
show_tags(const json_t *o)
{
	static const char *const keys[] = { "stream", "route", "tenant",
		"campaign" };
	const char *before = INDENT "(";
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (!json_string_length(json_object_get(o, keys[i])))
			continue;
		printf("%s%s ", before, keys[i]);
		print_member(o, keys[i]);
		before = ", ";
	}
	if (*before == ',')
		printf(")\n");
}

static void
show_recipients(const json_t *o)
{
	const json_t *list = json_object_get(o, "rcpt"), *e;
	int64_t all = json_integer_value(json_object_get(o, "recipients"));
	int64_t shown = (int64_t)json_array_size(list);
	size_t i;

	for (i = 0; (e = json_array_get(list, i)); i++) {
		if (!json_is_string(e))
			continue;
		printf(INDENT);
		term_str(json_string_value(e), json_string_length(e));
		putchar('\n');
	}
	if (all > shown)
		printf(INDENT "and %" PRId64 " more\n", all - shown);
}

static void
show_message(struct listing *l, const json_t *o)
{
	int64_t size = json_integer_value(json_object_get(o, "size"));
	const json_t *from = json_object_get(o, "sender");

	if (l->messages == 0)
		printf("ID, size, arrival, sender; recipients that wait\n");
	putchar('\n');
	print_member(o, "id");
	/* As Postfix marks what is on hold. */
	if (json_integer_value(json_object_get(o, "held")) > 0)
		putchar('!');
	printf(" %" PRId64 " ", size);
	term_time(json_integer_value(json_object_get(o, "arrival")));
	putchar(' ');
	if (json_string_length(from))
		term_str(json_string_value(from), json_string_length(from));
	else
		printf("<>");
	putchar('\n');
	show_tags(o);
	show_recipients(o);
	l->octets += size > 0 ? (uint64_t)size : 0;
}

static int
take_line(struct listing *l, const char *s, size_t len)
{
	json_t *o = json_loadb(s, len, 0, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		return -1;
	}
	if (l->raw) {
		print_json(o);
	} else {
		show_message(l, o);
	}
	l->messages++;
	json_decref(o);
	return 0;
}

int
listing_take(void *ctx, const char *data, size_t len)
{
	struct listing *l = ctx;
	const char *nl, *s;
	size_t n;

	if (len == 0)
		return l->part.len ? -1 : 1;
	if (l->part.len + len > LISTING_LINEMAX)
		return -1;
	mem_check(stralloc_catb(&l->part, data, len));
	for (s = l->part.s; l->part.len; s += n, l->part.len -= n) {
		nl = memchr(s, '\n', l->part.len);
		if (!nl)
			break;
		n = (size_t)(nl - s) + 1;
		if (take_line(l, s, n - 1) == -1)
			return -1;
	}
	memmove(l->part.s, s, l->part.len);
	return 0;
}

void
listing_end(const struct listing *l)
{
	if (l->raw)
		return;
	if (l->messages == 0)
		printf("Mail queue is empty\n");
	else
		printf("\n%" PRIu64 " messages, %" PRIu64 " kilobytes\n",
		    l->messages, (l->octets + 999) / 1000);
}
