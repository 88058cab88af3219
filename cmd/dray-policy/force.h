/*
 * force - a text that is read, checked, and put into force.  For commands:
 * what goes wrong is said, and ends the program.
 *
 *   force_lock(base)     compile_lock, or exits 111
 *   force_read(c, base)  reads the text under base.  Exits 100 when it has a
 *                        mistake or is not there, 111 when it cannot be read
 *   force_facts(base)    what the text under base says (facts.h), on the heap
 *   force_try(c, base)   the same for a c that is initialized: 0, or -1, to be
 *                        followed by force_die
 *   force_die(c, base)   says what could not be read, and exits
 *   force_put(dirfd, base, c, origin)
 *                        makes c the policy in force: keeps it as a generation
 *                        of that origin, then writes policy.cdb.  The result
 *                        is its number.  Exits 111: the old one is in force.
 *                        dirfd is that of compile_lock, which was held when c
 *                        was read: so no later generation has an older text
 *   force_write(dirfd, base, c, origin, number_r)
 *                        the same, without the exit: NULL, or what could not
 *                        be written, and errno
 */
#ifndef DRAY_POLICY_FORCE_H
#define DRAY_POLICY_FORCE_H

#include <stdint.h>

#include "cmd/dray-policy/conf.h"

int force_lock(const char *base);
void force_read(struct conf *c, const char *base);
char *force_facts(const char *base);
int force_try(struct conf *c, const char *base)
    __attribute__((warn_unused_result));
void force_die(const struct conf *c, const char *base);
uint64_t force_put(
    int dirfd, const char *base, const struct conf *c, const char *origin);
const char *force_write(int dirfd, const char *base, const struct conf *c,
    const char *origin, uint64_t *number_r) __attribute__((warn_unused_result));

#endif
