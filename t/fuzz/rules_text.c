/*
 * The text of reply rules: the input is a file of etc/rules.  Every mistake
 * has a line that the text has; what has none makes rules that each take a
 * sample of their own.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/rulebook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
read_part(struct conf *c, const uint8_t *s, size_t n)
{
	FILE *f = n ? fmemopen((void *)(uintptr_t)s, n, "r") : NULL;

	if (!f)
		return;
	if (conf_read_file(c, f, "part", CONF_RULES) == -1)
		abort();
	fclose(f);
}

static void
check_mistakes(const struct conf *c, const char *s, size_t textlen)
{
	unsigned int count = 0, line;
	int used;

	for (; *s; s += strcspn(s, "\n") + 1, count++) {
		used = 0;
		if (sscanf(s, "part:%u: %n", &line, &used) != 1 || !used ||
		    !line || line > textlen + 1)
			abort();
	}
	if (count != c->mistakes)
		abort();
}

/* Each rule, with one of its samples, in the matcher that would be used. */
static void
check_rules(const struct rulebook *b)
{
	struct rules *m = ruleset_load(b->record.s, b->record.len);
	const struct rulebook_line *l;
	struct rules_verdict v;
	struct rules_input in;
	size_t i;
	int reached;

	if (!m)
		abort();
	for (i = 0; i < b->ntried; i++) {
		reached = 0;
		for (l = b->tried[i]->line;
		     l < b->tried[i]->line + b->tried[i]->nline; l++) {
			rulebook_sample(l->value, b->tried[i], &in);
			rules_classify(m, &in, &v);
			reached |= v.index == (int)i;
		}
		if (!reached)
			abort();
	}
	ruleset_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = NULL;
	size_t len = 0;
	struct conf c;
	FILE *err = open_memstream(&text, &len);

	if (!err)
		abort();
	conf_init(&c, err);
	read_part(&c, data, n);
	rulebook_finish(&c);
	fclose(err);
	check_mistakes(&c, text, n);
	if (c.rules && !c.mistakes)
		check_rules(c.rules);
	conf_free(&c);
	free(text);
	return 0;
}
