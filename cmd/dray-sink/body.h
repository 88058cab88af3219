/*
 * body - the octets of one message as they come in by DATA or BDAT.
 *
 *   body_begin(b, crc, file, max)
 *       a new message.  crc: a checksum is wanted.  file: where to write the
 *       octets, or NULL.  max: more octets than this set b->toobig.
 *   body_data(b, s, n)    takes dot-stuffed octets (RFC 5321 4.5.2) up to the
 *       end of data; returns how many it used, and sets b->done at the end.
 *       Only CRLF "." CRLF ends a message: a bare LF or CR never does.
 *   body_bdat(b, s, n)    takes n octets as they are (RFC 3030)
 *
 * Nothing is held in memory.  What is looked at on the way: the number of
 * octets, bare LF and CR, lines over 998 octets, octets over 127.
 */
#ifndef DRAY_BODY_H
#define DRAY_BODY_H

#include <stdint.h>
#include <stdio.h>

enum { BODY_LINE = 998 };

struct body {
	uint64_t size, max;
	uint64_t barelf, barecr, longline;
	uint64_t linelen;
	uint32_t crc;
	FILE *file;
	unsigned char at; /* where the search for the end stands */
	unsigned char cr; /* the last octet of the content was a CR */
	unsigned char eight; /* there was an octet over 127 */
	unsigned char wantcrc, toobig, failed, done;
	unsigned char fresh; /* no octet has come yet */
};

void body_begin(struct body *b, int crc, FILE *file, uint64_t max);
size_t body_data(struct body *b, const char *s, size_t n);
void body_bdat(struct body *b, const char *s, size_t n);

#endif
