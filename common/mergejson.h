/*
 * mergejson - a row from one object of JSON (jansson's), as a line of NDJSON
 * has it.
 *
 *   mergejson_row(r, o)   after mergerow_start(r): the members of o that the
 *       program uses.  0, or -1 EMSGSIZE: objects and lists in each other over
 *       MERGEJSON_DEPTH, or a string over MERGE_ROWMAX octets
 *
 * null is as if it were not there; numbers are text as JSON writes them, with
 * no zeroes that mean nothing; true and false are themselves.
 */
#ifndef DRAY_MERGEJSON_H
#define DRAY_MERGEJSON_H

#include <jansson.h>

#include "common/mergerow.h"

#define MERGEJSON_DEPTH 32

int mergejson_row(struct mergerow *r, const json_t *o)
    __attribute__((warn_unused_result));

#endif
