/*
 * generation - the policies that were compiled lately, to look back and to go
 * back.
 *
 * policy/generations/N/ holds of generation N the text that it was compiled
 * from, under the names that it had (etc/dray.conf, ...), the facts (what
 * dray-policy show prints), and origin, one line that says what made it
 * ("compile", "rollback 7").  A directory appears by a rename when all that is
 * in it is on the disk.  It does so before the policy takes force: after a
 * crash in between there is one whose policy never was in force, and its
 * number is not used again.  GENERATION_KEEP of them are kept.
 *
 *   generation_next(dirfd, now)
 *                        the number of the next one, now being that of the
 *                        policy in force
 *   generation_save(dirfd, number, c, origin)
 *                        keeps the text and the facts of c
 *   generation_drop(dirfd, number)
 *                        forgets it: its policy could not be written
 *   generation_prune(dirfd)
 *                        removes the oldest over GENERATION_KEEP
 *   generation_list(dirfd, list_r)
 *                        the numbers, ascending, on the heap; how many
 *   generation_origin(dirfd, number, d, when_r)
 *                        its origin, d having GENERATION_ORIGINMAX octets,
 *                        and when it was made
 *   generation_facts(dirfd, number, s_r)
 *                        its facts, on the heap
 *   generation_path(d, number)
 *                        where it is in the directory policy; returns d, which
 *                        has GENERATION_PATHMAX octets
 *
 * dirfd is the directory policy, which compile_lock gives; who saves, drops or
 * prunes holds the lock.  Results are 0 or as said, or -1 with errno.
 */
#ifndef DRAY_POLICY_GENERATION_H
#define DRAY_POLICY_GENERATION_H

#include <stdint.h>
#include <time.h>

#include "cmd/dray-policy/conf.h"

#define GENERATION_KEEP 20
#define GENERATION_ORIGINMAX 128
#define GENERATION_PATHMAX 64
#define GENERATION_FACTSMAX (256u << 20)

uint64_t generation_next(int dirfd, uint64_t now);
int generation_save(int dirfd, uint64_t number, const struct conf *c,
    const char *origin) __attribute__((warn_unused_result));
void generation_drop(int dirfd, uint64_t number);
int generation_prune(int dirfd) __attribute__((warn_unused_result));
int generation_list(int dirfd, uint64_t **list_r)
    __attribute__((warn_unused_result));
int generation_origin(int dirfd, uint64_t number, char *d, time_t *when_r)
    __attribute__((warn_unused_result));
int generation_facts(int dirfd, uint64_t number, char **s_r)
    __attribute__((warn_unused_result));
char *generation_path(char *d, uint64_t number);

#endif
