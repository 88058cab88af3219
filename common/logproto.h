/*
 * logproto - events on their way to dray-log, over BASE/sock/log, and those of
 * refusals over BASE/sock/door/rejections.
 *
 * Frames as in frame.h.  A client sends lines and is told when they are
 * durable; what has not been acknowledged when the connection ends it sends
 * again on the next one, so a line can be there twice but is never missing.
 *
 *   client to dray-log
 *   'E' EVENTS: u64 number, then the rest of the frame: whole lines of JSON,
 *       each ended by a newline.  number counts frames from 1 on each
 *       connection.
 *   dray-log to client
 *   'A' DURABLE: u64 number.  This frame and all before it are on disk.
 *
 * dray-log looks at lines only so far that a broken client cannot forge other
 * lines or fill the disk: at most LOG_LINEMAX octets, no control characters
 * but the newline, '{' first and '}' last.  A frame that breaks this is
 * malformed and ends the connection.  So does anything but a Rejection or a
 * RejectionSummary, in JSON that is well-formed, on the second socket.
 */
#ifndef DRAY_LOGPROTO_H
#define DRAY_LOGPROTO_H

#define LOG_LINEMAX 16384
#define LOG_FRAMEMAX 65536

#endif
