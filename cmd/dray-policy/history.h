/*
 * history - the commands on generations: list them, see what differs, go back.
 *
 *   history_list(base)          one a line: number, time, origin, "in force"
 *   history_diff(base, from, to)
 *                               what differs; each a number or "now", the
 *                               text.  NULL: what is in force for from, the
 *                               text for to
 *   history_rollback(base, which)
 *                               puts the text of a generation into force
 *                               again; NULL: of the one before
 *
 * They print, and end the program when something goes wrong.
 */
#ifndef DRAY_POLICY_HISTORY_H
#define DRAY_POLICY_HISTORY_H

void history_list(const char *base);
void history_diff(const char *base, const char *from, const char *to);
void history_rollback(const char *base, const char *which);

#endif
