#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/field.h"
#include "common/mem.h"
#include "common/merge.h"
#include "common/mergecode.h"

struct name {
	char *s;
	size_t len;
	unsigned int uses;
	char *dflt;
	size_t dflt_len;
};

struct mergecode {
	struct name
	    *names; /* those with a default and no use are not written */
	size_t nnames;
	stralloc *texts;
	size_t ntexts;
	stralloc items;
	int *used; /* the numbers of names in the program, once it has any */
	size_t nused;
};

struct mergecode *
mergecode_new(void)
{
	return mem_alloc(sizeof(struct mergecode));
}

void
mergecode_free(struct mergecode *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->nnames; i++) {
		free(c->names[i].s);
		free(c->names[i].dflt);
	}
	for (i = 0; i < c->ntexts; i++)
		stralloc_free(&c->texts[i]);
	stralloc_free(&c->items);
	free(c->names);
	free(c->texts);
	free(c->used);
	free(c);
}

static struct name *
find(struct mergecode *c, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < c->nnames; i++)
		if (c->names[i].len == n && !memcmp(c->names[i].s, s, n))
			return &c->names[i];
	c->names = mem_grow(c->names, c->nnames + 1, sizeof *c->names);
	memset(&c->names[c->nnames], 0, sizeof *c->names);
	c->names[c->nnames].s = mem_dup(s, n);
	c->names[c->nnames].len = n;
	return &c->names[c->nnames++];
}

int
mergecode_default(
    struct mergecode *c, const char *s, size_t n, const char *value, size_t len)
{
	struct name *name = find(c, s, n);

	if (name->dflt) {
		errno = EEXIST;
		return -1;
	}
	name->dflt = mem_dup(value, len);
	name->dflt_len = len;
	return 0;
}

int
mergecode_name(struct mergecode *c, const char *s, size_t n, unsigned int use)
{
	struct name *name = find(c, s, n);
	size_t i;

	name->uses |= use;
	for (i = 0; i < c->nused; i++)
		if (c->used[i] == (int)(name - c->names))
			return (int)i;
	if (c->nused == MERGE_NAMES)
		return -1;
	c->used = mem_grow(c->used, c->nused + 1, sizeof *c->used);
	c->used[c->nused] = (int)(name - c->names);
	return (int)c->nused++;
}

int
mergecode_text(struct mergecode *c)
{
	if (c->ntexts == MERGE_TEXTS)
		return -1;
	c->texts = mem_grow(c->texts, c->ntexts + 1, sizeof *c->texts);
	memset(&c->texts[c->ntexts], 0, sizeof *c->texts);
	return (int)c->ntexts++;
}

stralloc *
mergecode_ops(struct mergecode *c, int i)
{
	return &c->texts[i];
}

stralloc *
mergecode_items(struct mergecode *c)
{
	return &c->items;
}

int
mergecode_end(struct mergecode *c, stralloc *out)
{
	const struct name *name;
	size_t i, from = out->len;

	field_putu8(out, MERGE_VERSION);
	field_putu16(out, (uint16_t)c->nused);
	for (i = 0; i < c->nused; i++) {
		name = &c->names[c->used[i]];
		field_putu8(out, (uint8_t)name->uses);
		field_putstr(out, name->s, name->len);
		field_putu8(out, name->dflt != NULL);
		field_putstr(out, name->dflt, name->dflt_len);
	}
	field_putu16(out, (uint16_t)c->ntexts);
	for (i = 0; i < c->ntexts; i++)
		field_putstr(out, c->texts[i].s, c->texts[i].len);
	mem_check(
	    stralloc_catb(out, c->items.len ? c->items.s : "", c->items.len));
	if (out->len - from <= MERGE_PROGRAMMAX)
		return 0;
	out->len = from;
	errno = EMSGSIZE;
	return -1;
}
