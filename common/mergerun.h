/*
 * mergerun - runs the texts of a program over a row, and gives what comes of
 * them to a sink, piece by piece.
 *
 *   mergerun_start(r, m, row, n, job)  0, or -1 EPROTO: the row is malformed
 *   mergerun_text(r, text, sink, arg)  runs one text.  0, or -1 with errno:
 *       EPROTO the row is malformed, ELOOP over a limit, ENOENT if r->fault is
 *       set, not lenient, and a name has no value; or that of the sink
 *
 * A sink's functions return 0, or -1 with errno:
 *   literal(arg, l)         what the author wrote
 *   value(arg, how, s, n)   any octets.  MERGERUN_SAFE are the token and the
 *                           date, of which we know what is in them
 */
#ifndef DRAY_MERGERUN_H
#define DRAY_MERGERUN_H

#include <stddef.h>

#include "common/merge.h"
#include "common/mergeprog.h"

#define MERGERUN_DATE 48

enum mergerun_how { MERGERUN_ESCAPE, MERGERUN_RAW, MERGERUN_SAFE };

struct mergerun_sink {
	int (*literal)(void *arg, struct mergeprog_lit *l);
	int (*value)(void *arg, enum mergerun_how how, const char *s, size_t n);
};

struct mergerun {
	struct merge *m;
	const struct merge_job *job;
	struct merge_fault *fault;
	const struct mergerun_sink *sink;
	void *arg;
	int is8; /* a text was put as 8bit (mergebody.h) */
	unsigned int steps;
	unsigned int nest; /* sections and partials under way */
	unsigned int depth; /* contexts */
	struct mergevalue stack[MERGE_DEPTH];
	size_t token_len;
	char token[MERGE_TOKENMAX];
	char date[MERGERUN_DATE];
};

int mergerun_start(struct mergerun *r, struct merge *m, const char *row,
    size_t n, const struct merge_job *job) __attribute__((warn_unused_result));
int mergerun_text(struct mergerun *r, unsigned int text,
    const struct mergerun_sink *sink, void *arg)
    __attribute__((warn_unused_result));

#endif
