/*
 * authproto - what dray-smtpd asks of dray-auth, over BASE/sock/auth.
 *
 * Frames as in frame.h, fields as in field.h, no descriptors.  A client need
 * not wait for one answer before it asks again, and answers come in any order;
 * id is the client's own number of a question.
 *
 *   client to dray-auth
 *   'C' CHECK: u32 id, u8 family (4 or 6), 16 octets address of who logs in,
 *       str user, str password
 *   'T' TAKE: u32 id, str user.  He is going to send a message
 *   'G' GIVE: u32 day, str user.  One that was taken on that day was not sent.
 *       There is no answer
 *
 *   dray-auth to client
 *   'V' VERDICT, of CHECK: u32 id, u8 verdict, and for AUTH_GOOD what the user
 *       may do, as account_put() writes it
 *   'T' TAKEN, of TAKE: u32 id, u8 verdict, u32 day, u64 number
 *       AUTH_GOOD: it is counted.  AUTH_QUOTA: number is what he may send a
 *       day.  AUTH_RATE: number is how many seconds are left until he may
 *
 * What is taken stays counted until it is given back, also when the client's
 * connection ends.  A frame that is not as it should be ends the connection.
 */
#ifndef DRAY_AUTHPROTO_H
#define DRAY_AUTHPROTO_H

#define AUTH_FRAMEMAX 4096 /* octets, either way */
#define AUTH_AHEAD 16384 /* questions of a client without an answer */

#define AUTH_GOOD '+'
#define AUTH_WRONG '-' /* user or password; TAKE: there is no such user */
#define AUTH_SLOW 's' /* too many wrong passwords; later */
#define AUTH_BUSY 'b' /* too many at a time; later */
#define AUTH_QUOTA 'q'
#define AUTH_RATE 'r'

#endif
