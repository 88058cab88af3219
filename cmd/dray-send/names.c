#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/send.h"
#include "common/json.h"
#include "common/mem.h"

/*
 * Recipients that are queued, by stream and by route.  A run holds one octet
 * for each, so there are at most 255 names; what comes after counts as the
 * last of them, "...".
 */
#define LAST 255

struct name {
	char *s;
	size_t len;
	uint64_t recipients;
};

static struct names {
	struct name name[LAST + 1];
	unsigned int n;
} kinds[NAMES_KINDS];

uint8_t
names_get(enum names_kind kind, const struct bundle_str *s)
{
	struct names *k = &kinds[kind];
	unsigned int i;

	for (i = 0; i < k->n; i++)
		if (k->name[i].len == s->len &&
		    memcmp(k->name[i].s, s->s, s->len) == 0)
			return (uint8_t)i;
	if (i == LAST) {
		k->name[i].s = mem_dup("...", 3);
		k->name[i].len = 3;
	} else if (i < LAST) {
		k->name[i].s = mem_dup(s->s, s->len);
		k->name[i].len = s->len;
	} else {
		return LAST;
	}
	k->n++;
	return (uint8_t)i;
}

void
names_count(const struct run *r, int64_t recipients)
{
	uint8_t route = path_name(run_dest(r)->path);
	uint64_t n = (uint64_t)recipients;

	kinds[NAMES_STREAM].name[run_msg(r)->stream].recipients += n;
	kinds[NAMES_ROUTE].name[route].recipients += n;
}

/* 0 if the name is one of those that share the last number. */
int
names_at(enum names_kind kind, uint8_t n, struct bundle_str *s_r)
{
	const struct name *p = &kinds[kind].name[n];

	s_r->s = p->s;
	s_r->len = p->len;
	return n < LAST;
}

static void
put(stralloc *sa, const char *key, const struct names *k)
{
	unsigned int i;

	json_arr(sa, key);
	for (i = 0; i < k->n; i++) {
		if (k->name[i].recipients == 0)
			continue;
		json_obj(sa, NULL);
		json_str(sa, "name", k->name[i].s, k->name[i].len);
		json_u64(sa, "recipients", k->name[i].recipients);
		json_end(sa);
	}
	json_arrend(sa);
}

void
names_put(stralloc *sa)
{
	put(sa, "streams", &kinds[NAMES_STREAM]);
	put(sa, "routes", &kinds[NAMES_ROUTE]);
}
