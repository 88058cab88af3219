/*
 * remote_job - a JOB from its sender's fields on, as dray-send writes it.  What
 * is taken has no more than it may, and its signers can be told one by one.
 */
#include <skalibs/strerr.h>

#include "cmd/dray-remote/worker.h"
#include "common/bundle.h"
#include "common/chars.h"
#include "common/remoteproto.h"
#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
look(const struct job *j)
{
	struct field f = j->signers;
	struct signer s;
	unsigned int i = 0;

	must(j->nrcpt >= 1 && j->nrcpt <= REMOTE_RCPTMAX);
	must(j->nsigner <= REMOTE_SIGNERMAX && j->must <= j->nsigner);
	for (; job_signer(&f, &s); i++)
		must(s.domain_len && s.selector_len &&
		    chars_name(s.domain, s.domain_len) &&
		    chars_name(s.selector, s.selector_len));
	must(i == j->nsigner && j->header <= j->stored);
	must(!(j->flags & BUNDLE_MERGE) || j->nrcpt == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct worker w;
	struct field f;
	struct job *j;

	STAILQ_INIT(&w.jobs);
	w.njobs = 0;
	j = job_new(&w);
	field_start(&f, data, n);
	if (job_read(j, &f) == 0)
		look(j);
	job_free(&w, j);
	while ((j = STAILQ_FIRST(&w.jobs))) {
		STAILQ_REMOVE_HEAD(&w.jobs, spare);
		stralloc_free(&j->blob);
		stralloc_free(&j->said);
		free(j->rcpts);
		free(j);
	}
	return 0;
}
