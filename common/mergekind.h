/*
 * mergekind - what may vary in a field of a message's header.
 *
 *   mergekind_of(f)   MERGEKIND_...
 */
#ifndef DRAY_MERGEKIND_H
#define DRAY_MERGEKIND_H

#include "common/header.h"

enum mergekind {
	MERGEKIND_TEXT,
	MERGEKIND_MAILBOXES,
	MERGEKIND_URIS,
	MERGEKIND_OURS, /* values of the job alone */
	MERGEKIND_FIXED, /* nothing */
	MERGEKIND_DROPPED, /* is not taken over */
};

enum mergekind mergekind_of(const struct header_field *f);

#endif
