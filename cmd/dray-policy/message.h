/*
 * message - dray-policy explain --message: which stream a message would get,
 * and which rule says so.
 *
 *   message_wanted(args, n)    1 if --message is among the arguments of explain
 *   message_options(w, args, n)  0, or -1: they are wrong
 *   message_explain(w, v, out)
 *       0, or -1 with errno EPROTO: a damaged policy.cdb.  Ends the program
 *       when the message cannot be read: 100 it is not there, 111 else
 */
#ifndef DRAY_POLICY_MESSAGE_H
#define DRAY_POLICY_MESSAGE_H

#include "cmd/dray-policy/view.h"
#include "common/streamrule.h"

struct message_wish {
	const char *file; /* "-" is standard input */
	struct streamrule_facts facts;
};

int message_wanted(const char *const *args, int n);
int message_options(struct message_wish *w, const char *const *args, int n);
int message_explain(struct message_wish *w, const struct view *v, FILE *out);

#endif
