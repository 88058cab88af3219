/*
 * multifind - which of many literal strings occur in a text, in one pass over
 * it (the automaton of Aho and Corasick).
 *
 *   multifind_new()           an empty set, on the heap
 *   multifind_add(m, s, len, id)
 *                             before multifind_build: 1 to MULTIFIND_MAX
 *                             octets; the same string may come with several ids
 *   multifind_build(m)        after the last
 *   multifind_scan(m, s, n, bits)
 *                             sets the bit of each id whose string occurs in
 *                             the n octets at s.  The time depends on n and
 *                             on the number of strings, not on how often they
 *                             occur
 *   multifind_free(m)
 *
 * ASCII is compared as it is; all octets over 127 are taken for each other, so
 * that a caller who looks for such strings has to look again.  The table takes
 * four octets for each octet of the strings and each different octet in them.
 * One scan at a time.
 * Memory that is short ends the program (mem.h).
 */
#ifndef DRAY_MULTIFIND_H
#define DRAY_MULTIFIND_H

#include <stddef.h>
#include <stdint.h>

#define MULTIFIND_MAX 12

struct multifind;

struct multifind *multifind_new(void);
void multifind_add(struct multifind *m, const char *s, size_t len, uint32_t id);
void multifind_build(struct multifind *m);
void multifind_scan(
    struct multifind *m, const char *s, size_t n, uint64_t *bits);
void multifind_free(struct multifind *m);

#endif
