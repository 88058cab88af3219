/*
 * override - a decision in force, as one small file under BASE/overrides/,
 * dray-overrides(5).
 *
 *   override_idok(s)        1 if s can be the name of such a file: at most
 *                           OVERRIDE_IDMAX letters, digits, dots, hyphens and
 *                           underscores, the first one no dot
 *   override_parse(o, text, len, why_r)  reads the contents.  0, or -1 EINVAL
 *                           with the reason.  The id is not touched
 *   override_fmt(sa, o)     appends the contents
 *   override_json(sa, o)    appends the members of a JSON object, id first
 *
 * A file is read whole, so it must say what it means: it has one action, and
 * "destination = *" where it is for all mail.  A key that is not known, or
 * that stands twice, is a mistake, because a narrower scope may be meant.
 * Texts have no control characters.
 */
#ifndef DRAY_OVERRIDE_H
#define DRAY_OVERRIDE_H

#include <stdint.h>

#include "common/scope.h"

#define OVERRIDE_IDMAX 64
#define OVERRIDE_FILEMAX 8192 /* octets */
#define OVERRIDE_TEXTMAX 500 /* octets of reason and reply */
#define OVERRIDE_AUTHORMAX 64

struct override {
	char id[OVERRIDE_IDMAX + 1];
	struct scope scope;
	uint64_t created; /* seconds since 1970, 0 not told */
	uint64_t expires; /* 0 never */
	char reason[OVERRIDE_TEXTMAX + 1];
	char author[OVERRIDE_AUTHORMAX + 1];
	char reply[OVERRIDE_TEXTMAX + 1]; /* that caused it */
};

int override_idok(const char *s);
int override_parse(struct override *o, const char *text, size_t len,
    const char **why_r) __attribute__((warn_unused_result));
void override_json(stralloc *sa, const struct override *o);
void override_fmt(stralloc *sa, const struct override *o);

#endif
