/*
 * answer - what the server's replies mean for the transactions in flight.
 *
 *   answer_take(l)      a whole reply, in l->reply, in the state LANE_READY
 *   answer_phase(l)     the phase of the reply that is awaited
 *   answer_lost(l)      the connection is gone or dumb: whether BDAT is to
 *                       blame is remembered here
 *
 * Replies come in the order of commands, so each belongs to the first job in
 * flight.  What it means:
 *
 *   MAIL refused         all recipients have this reply; whatever follows for
 *                        this job is only counted
 *   RCPT                 that recipient's; 552 counts as 452 (RFC 5321
 *                        4.5.3.1.10)
 *   DATA refused         all recipients that were accepted have this reply
 *   354 for nobody       the dot alone is sent, and no reply to it delivers
 *   the end              all recipients that were accepted have this reply; a
 *                        2xx for nobody is not looked at
 *   421, to anything but RSET   settles the job it answers.  Nothing new is
 *                        started; what else the server says is read until it
 *                        hangs up
 *   452 to MAIL, after a message was taken: all recipients have this reply, and
 *                        nothing new is started on this connection; some
 *                        servers bound the messages of a connection so
 *   503 to MAIL          server and we disagree where we are: the lane ends,
 *                        nobody is blamed
 *   500 501 502 503 555 to BDAT, though a recipient was accepted
 *                        the server cannot do what it offered: it is remembered
 *                        (broken.h), the lane ends, the job is given back
 *   a refusal of the end before all was sent   counts; the lane ends
 *   anything else        is not SMTP: the lane ends
 */
#ifndef DRAY_REMOTE_ANSWER_H
#define DRAY_REMOTE_ANSWER_H

struct lane;

void answer_take(struct lane *l);
char answer_phase(const struct lane *l);
void answer_lost(struct lane *l);

#endif
