/*
 * queueproto - how a message is handed to dray-queued, over BASE/sock/queue.
 *
 * Frames as in frame.h, fields as in field.h, no descriptors.  One connection
 * carries any number of messages, one after the other.  A client need not wait
 * for a verdict before it starts the next message; verdicts come in order.
 *
 *   client to dray-queued
 *   'M' MESSAGE: u32 flags, u8 ret (0, 'F', 'H'), u32 lifetime in seconds
 *       (0: as policy says for its stream), str sender ("" null path), str envid,
 *       str stream, str route, str tenant, str campaign
 *       flags: QUEUE_NOTICE, QUEUE_LAST, QUEUE_MERGE
 *       QUEUE_TIMES: then u64 start, str windows (bundle.h); the lifetime counts
 *       from the start
 *       QUEUE_CHUNK: then u32 chunk, from 0, u32 how many the campaign has,
 *       str 32 digest of the chunk, str 32 digest of all that the campaign is,
 *       u64 when it was begun, in seconds.  Each chunk is accepted once; one of
 *       a campaign with another digest is refused (ledger.h)
 *       QUEUE_BROUGHT: only for sock/returns.  It did not come over SMTP: there may
 *       be no recipients, and they need not be in [returns]
 *   'R' RECIPIENTS, any number: until the end of the frame
 *       str address, u8 notify, str orcpt; with QUEUE_MERGE also str row
 *   'D' DATA, any number: octets with CRLF line ends, dots not stuffed; with
 *       QUEUE_MERGE a program (merge.h)
 *   'E' END: u64 how many octets of DATA there were
 *   'L' LOOK: how are things?  STATE comes at once, and from then on, over this
 *       connection, whenever it changes.  Between messages or within one
 *   'Q' QUERY: str campaign: what of it is queued?  Between messages.  CAMPAIGN
 *       comes at once
 *
 *   dray-queued to client
 *   'A' ACCEPTED: str id; of a chunk, u32 how many of its recipients are on the
 *       suppression list.  On disk, the directory too.
 *   'N' REFUSED: u8 class ('4' or '5'), str status (RFC 3463), str text.
 *       It can come before END; what belongs to the message after it is
 *       discarded.
 *   'S' STATE: str status, str text, u8 part: with which a message that began
 *       now would be refused for want of room, its class that of the status; both
 *       empty when there is room.  part 1: some streams still have room of their
 *       own.  Only after LOOK, and between any two verdicts
 *
 *   'C' CAMPAIGN: u8 known (0 nothing, 1 what follows, 2 it is another user's, 3
 *       its ledger cannot be read), u64 when it was begun, u32 chunks, u32 how many
 *       of them were accepted, u64 recipients of these, str 32 digest, str bits:
 *       chunk n is accepted if octet n/8 has 1 << n%8.  Only after QUERY, and
 *       between any two verdicts
 *
 * When the connection ends before END the message never was.  A frame out of
 * order, a field too long, or a count that does not agree ends the connection.
 */
#ifndef DRAY_QUEUEPROTO_H
#define DRAY_QUEUEPROTO_H

#define QUEUE_FRAMEMAX 65536 /* octets of a frame from a client */
#define QUEUE_NOTICE 1u /* if it fails, the postmaster hears of it */
#define QUEUE_LAST 2u /* a notice of such a failure: nobody hears of its own */
#define QUEUE_MERGE 4u /* each recipient has a row */
#define QUEUE_TIMES 8u /* there are a start and windows */
#define QUEUE_CHUNK 16u /* it is one of a campaign, accepted once */
#define QUEUE_FLAGS 31u /* all that dray-queued takes */
#define QUEUE_BROUGHT 32u /* and one that dray-bounce does */
#define QUEUE_TEXTMAX 256 /* octets of a refusal's text */

#endif
