/*
 * program - the programs of which messages are merged (merge.h), read and looked
 * at once for many recipients.
 *
 *   programs_new()
 *   program_find(ps, j, why_r)  that of j's message; it is good until the next
 *                       call.  NULL and *why_r: it is damaged
 *
 * PROGRAM_KEPT of them are kept, or fewer that are large: those that were used
 * last.
 */
#ifndef DRAY_REMOTE_PROGRAM_H
#define DRAY_REMOTE_PROGRAM_H

#include "common/merge.h"

#include "job.h"

#define PROGRAM_KEPT 32
#define PROGRAM_SIZE (48u << 20) /* octets of all but the last one */

struct programs;

struct programs *programs_new(void);
struct merge *program_find(
    struct programs *ps, const struct job *j, const char **why_r);

#endif
