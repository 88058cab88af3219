/*
 * page - what is shown: plain HTML, without script, style, image or cookie.
 *
 *   page_of(answer, done)   of REQUEST_LEAVE, whether it was done; the others
 *                           do not ask
 *   page_busy()             of who asks too often
 *   page_headers            pairs of name and value, that go with each; NULL
 */
#ifndef DRAY_UNSUB_PAGE_H
#define DRAY_UNSUB_PAGE_H

#include "cmd/dray-unsub/request.h"

struct page {
	unsigned int status;
	const char *text;
};

extern const char *const page_headers[];

const struct page *page_of(enum request_answer answer, int done);
const struct page *page_busy(void);

#endif
