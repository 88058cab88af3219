/*
 * output - what a lane still has to send: octets in a buffer, then perhaps the
 * octets of a large message, which stay in their file.
 *
 *   output_room(l, n)      room for n more octets at the end; write them there
 *                          and count them with output_took
 *   output_took(l, n)
 *   output_add(l, s, n)    appends
 *   output_cut(l, n)       takes the last n octets back; they were not sent
 *   output_pending(l)      octets of the buffer that were not sent
 *   output_place(l)        place in the stream of octets, from the connection's
 *                          first, at which the next one will stand
 *   output_body(l, j, plain)  after the buffer, the octets of j: as stored, or
 *                          plain (without stuffed dots)
 *   output_flush(l)        1 all is sent, 0 the socket is full or it is the
 *                          turn of others
 *   output_reset(l)        forgets everything (the connection is gone)
 *
 * A connection that cannot be written to any more is not closed at once: what
 * the server said before has to be read.  l->deaf is set and output vanishes.
 *
 * Buffers are given back to the worker as soon as they are empty, so that few
 * of them serve thousands of lanes, and these are warm in the cache.
 */
#ifndef DRAY_REMOTE_OUTPUT_H
#define DRAY_REMOTE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#define OUTPUT_HIGH (512u << 10) /* unsent octets that stop new messages */
#define OUTPUT_SLICE (1u << 20) /* of a large message in one turn */
#define OUTPUT_CHUNK (64u << 10) /* of one that goes through memory */

struct lane;
struct job;

struct buf {
	char *s;
	size_t len, pos, room;
};

char *output_room(struct lane *l, size_t n);
void output_took(struct lane *l, size_t n);
void output_add(struct lane *l, const void *s, size_t n);
void output_cut(struct lane *l, size_t n);
size_t output_pending(const struct lane *l);
uint64_t output_place(const struct lane *l);
void output_body(struct lane *l, struct job *j, int plain);
int output_flush(struct lane *l);
void output_reset(struct lane *l);

#endif
