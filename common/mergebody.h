/*
 * mergebody - a text of a program as the body of a message or of a part, with
 * the Content-Transfer-Encoding that it needs: 7bit or 8bit where its lines
 * allow it, else quoted-printable (RFC 2045).
 *
 *   mergebody_put(r, it, flags, out, max)  appends, for an item 'T', the field,
 *       an empty line and the text, until out has max octets.  0, or -1 with
 *       errno: those of mergerun_text, EMSGSIZE
 *
 * In values, all line ends become CRLF, control characters and what is no
 * UTF-8 become U+FFFD.  No line that a value has a part in begins with "--=_",
 * as the boundaries of our programs do: such a text becomes quoted-printable,
 * which has no "=_".
 */
#ifndef DRAY_MERGEBODY_H
#define DRAY_MERGEBODY_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/mergerun.h"

int mergebody_put(struct mergerun *r, const struct mergeprog_item *it,
    unsigned int flags, stralloc *out, size_t max)
    __attribute__((warn_unused_result));

#endif
