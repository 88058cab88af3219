/*
 * command - the commands of a transaction, appended to a lane's output.
 *
 *   command_rset(l), command_data(l)
 *   command_mail(l, j)      with SIZE, BODY, RET, ENVID, SMTPUTF8 where the
 *                           server offers them
 *   command_rcpt(l, j, i)   with NOTIFY and ORCPT likewise.  ENVID and ORCPT
 *                           (RFC 3461) stay as they are if they are xtext, are
 *                           made so if not, and left out if too long then
 *   command_bdat(l, j)      BDAT n LAST
 *
 * BODY=8BITMIME is left out, and the message sent as it is, where 8BITMIME is
 * not offered: nearly every receiver takes eight bits without saying so, and to
 * refuse would lose mail for little (RFC 6152 wants a conversion, which would
 * break signatures).
 */
#ifndef DRAY_REMOTE_COMMAND_H
#define DRAY_REMOTE_COMMAND_H

#include <stdint.h>

struct lane;
struct job;

void command_rset(struct lane *l);
void command_data(struct lane *l);
void command_mail(struct lane *l, const struct job *j);
void command_rcpt(struct lane *l, const struct job *j, uint32_t i);
void command_bdat(struct lane *l, const struct job *j);

#endif
