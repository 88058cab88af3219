/*
 * remoteproto - what dray-send and dray-remote say to each other.
 *
 * dray-remote connects to BASE/sock/send; one connection is one worker.  When
 * it ends, dray-remote exits (s6 starts it again) and dray-send schedules anew
 * what was unanswered.  Frames as in frame.h, fields as in field.h, in the
 * order given; "str" is a string of at most so many octets, "ip" is u8 family
 * (0 none, 4, 6) and 4 or 16 octets.
 *
 * dray-send to dray-remote
 *
 *   'L' LANE: open a connection ("lane") for jobs.
 *       u32 lane            chosen by dray-send, not in use
 *       u32 flags           REMOTE_NO_PIPELINING, REMOTE_NO_CHUNKING
 *       u8 tls              REMOTE_TLS_*: whether to use STARTTLS
 *       u32 depth           messages in flight, at least 1
 *       u32 messages        jobs on this connection, then QUIT; 0 no limit
 *       u32 x 12            timeouts in seconds: connect greeting ehlo mail
 *                           rcpt data block dot quit idle session starttls
 *       str 255 helo
 *       ip source           0: any
 *       u8 n, then n times  ip, u16 port, str 255 host name, which TLS uses
 *       Addresses are tried in order until one greets with 220, takes EHLO and
 *       does with TLS what is asked for.
 *   'B' BUNDLE: u32 handle; one descriptor, open for reading.
 *   'D' DROP: u32 handle.  Not needed any more (close it).
 *   'J' JOB: one transaction.
 *       u32 lane, u32 job (chosen by dray-send, not in use), u32 handle
 *       u64 offset, u64 stored, u64 plain, u32 crc  (bundle.h)
 *       u32 flags           the message's BUNDLE_* flags
 *       u32 expiry          seconds since 1970.  A job that has not been begun
 *                           then has a RESULT of code 0, which may come before
 *                           UP; one whose end has not been sent ends the lane
 *       str 320 sender      "" is the null path
 *       str 300 envid, u8 ret
 *       u32 n, then n times str 320 address, u8 notify, str 600 orcpt
 *       u8 n (REMOTE_SIGNERMAX), then n times u8 algorithm (signproto.h), str
 *       255 domain, str 63 selector: who signs the message, in this order
 *       if n is not 0: u8 how many of these signatures it must have; others
 *       are left out if dray-sign has no key for them.  What the message's
 *       index says: u32 stored octets of the header, up to and with the empty
 *       line, str 32 hash of the body; 0 and "" if it says nothing
 *       if flags has BUNDLE_MERGE, whose u32 n is 1: str 65535 row, str 64 token
 *   'C' CLOSE: u32 lane.  Finish what is in flight, return the other jobs, QUIT.
 *
 * dray-remote to dray-send
 *
 *   'H' HELLO: u32 lanes    how many it can hold; REMOTE_LANESMAX are used
 *   'U' UP: the lane is ready for mail.  Comes again when it has moved on to
 *       another address, for a message that the first server could not take.
 *       u32 lane, u8 address (index into the lane's list), u32 caps (REMOTE_*
 *       below), u64 SIZE limit or 0, u32 microseconds to connect,
 *       u32 microseconds from there to the end of EHLO (with STARTTLS of the
 *       last one), str 64 local address
 *       u8 TLS version      0 none, 0x12 TLS 1.2, 0x13 TLS 1.3
 *       u8 flags            REMOTE_TLS_VERIFIED, REMOTE_TLS_RESUMED
 *       str 64 cipher       the suite's name, or ""
 *       u32 microseconds    from STARTTLS to the end of the handshake
 *       str 120 why         TLS was tried and does not work here: what failed
 *       u32 RCPTMAX, u32 MAILMAX of LIMITS (RFC 9422), 0 none
 *   'R' RESULT: u32 lane, u32 job, u8 phase, u8 how ('B' BDAT, 'D' DATA, '-'
 *       nothing was sent), u32 number of this transaction in the session,
 *       u32 x 3 microseconds: first reply (of MAIL), data sent, final reply
 *       u32 n, then n times (in the job's order): u16 code, u8 phase,
 *       str 12 enhanced status or "", str 1024 text (as it came, line ends
 *       replaced by a space; not escaped)
 *       A code of 0 is dray-remote's own verdict; status and text tell.
 *       Code 250 at phase 'd' is the only success.
 *   'E' DOWN: the lane is gone; its number may be used again.
 *       u32 lane, u8 reason (REMOTE_DOWN_*), u8 phase, u8 address, u16 code,
 *       str 12 status, str 1024 text, u32 transactions done,
 *       u64 octets sent,
 *       u32 n, then n times u32 job, u8 begun: jobs that have no RESULT.
 *       begun 0: nothing of it was sent; 1: sent, but no verdict can exist
 *       (the end of the message was not sent); 2: in doubt (the end was sent,
 *       the reply not seen), so that sending it again may make a duplicate.
 *   'X' DAMAGED: u32 lane, u32 job, str 256 why.  The stored octets fail
 *       their checksum or cannot be read; nothing of it was delivered.
 *
 * Phases: 'c' connect, 'g' greeting, 'e' EHLO or HELO, 't' STARTTLS, 'm' MAIL,
 * 'r' RCPT, 'i' DATA (the reply 354), 'd' the end of data, 's' RSET, 'q' QUIT,
 * '-' none.
 */
#ifndef DRAY_REMOTEPROTO_H
#define DRAY_REMOTEPROTO_H

#define REMOTE_NO_PIPELINING 1u
#define REMOTE_NO_CHUNKING 2u

/* As in the policy. */
#define REMOTE_TLS_OFF 0 /* never */
#define REMOTE_TLS_MAY 1 /* where it works, else in the clear */
#define REMOTE_TLS_ENCRYPT 2 /* always, with whoever that is */
#define REMOTE_TLS_VERIFY 3 /* always, with a valid certificate of that host */

#define REMOTE_TLS_VERIFIED 1u
#define REMOTE_TLS_RESUMED 2u

#define REMOTE_CAP_ESMTP 1u
#define REMOTE_CAP_PIPELINING 2u
#define REMOTE_CAP_CHUNKING 4u
#define REMOTE_CAP_8BITMIME 8u
#define REMOTE_CAP_SIZE 16u
#define REMOTE_CAP_ENHANCED 32u
#define REMOTE_CAP_DSN 64u
#define REMOTE_CAP_SMTPUTF8 128u
#define REMOTE_CAP_STARTTLS 256u
#define REMOTE_CAP_LIMITS 512u

#define REMOTE_DOWN_CONNECT 'c' /* no address took a connection and a HELO */
#define REMOTE_DOWN_REPLY 'r' /* 421 or the like: the server ends it */
#define REMOTE_DOWN_CLOSED 'x' /* closed or reset without a word */
#define REMOTE_DOWN_TIMEOUT 't'
#define REMOTE_DOWN_PROTOCOL 'p' /* what came is not SMTP */
#define REMOTE_DOWN_QUIT 'q' /* as asked, or the limit of messages */
#define REMOTE_DOWN_IDLE 'i'

#define REMOTE_FRAME_MAX 131072 /* dray-send keeps jobs below this */
#define REMOTE_RCPTMAX 100 /* recipients a job */
#define REMOTE_SIGNERMAX 6 /* signatures of a message */
#define REMOTE_HASHSIZE 32 /* octets of the hash of a body */
#define REMOTE_ROWMAX 65535 /* octets of what a merged message says of one */
#define REMOTE_TOKENMAX 64
#define REMOTE_TEXTMAX 1024
#define REMOTE_WHYMAX 120
#define REMOTE_LANESMAX 4096 /* of one dray-remote, whatever it could hold */

#endif
