/*
 * packcommand - the commands on packs, with their options, which may stand on
 * either side of the operand.
 *
 *   packcommand_run(args, n, base)
 *             1 when args[0] is one of them and the rest fits it, and it is
 *             done; 0 when not
 */
#ifndef DRAY_POLICY_PACKCOMMAND_H
#define DRAY_POLICY_PACKCOMMAND_H

int packcommand_run(const char *const *args, int n, const char *base);

#endif
