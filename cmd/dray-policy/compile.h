/*
 * compile - a policy without mistakes on its way into policy/policy.cdb.
 *
 *   compile_lock(base)        waits for the lock that compilers share, makes
 *                             the directory policy when there is none, and
 *                             returns a descriptor of it; -1 errno.  The lock
 *                             ends with the process
 *   compile_write(dirfd, c, generation)
 *                             0, or -1 errno: policy.cdb is as it was
 *   compile_generation(path)  that of the policy in the file; 0 when there is
 *                             none or it cannot be read
 */
#ifndef DRAY_POLICY_COMPILE_H
#define DRAY_POLICY_COMPILE_H

#include <stdint.h>

#include "cmd/dray-policy/conf.h"

int compile_lock(const char *base) __attribute__((warn_unused_result));
int compile_write(int dirfd, const struct conf *c, uint64_t generation)
    __attribute__((warn_unused_result));
uint64_t compile_generation(const char *path);

#endif
