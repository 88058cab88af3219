/*
 * envelope - sender and recipients as qmail-queue reads them: 'F', the sender,
 * a zero octet; for each recipient 'T', the address, a zero octet; a zero
 * octet at the end.
 *
 *   envelope_read(e, fd, max)  reads one; what follows it is left alone.
 *       0, or the exit code that qmail-queue has for the mistake: 11 an address
 *       over ENVELOPE_ADDRMAX octets, 51 no memory, 54 it cannot be read or
 *       ends too early, 91 it is not of this form, 31 over max recipients.
 *
 * The strings point into e->text.
 */
#ifndef DRAY_QUEUE_ENVELOPE_H
#define DRAY_QUEUE_ENVELOPE_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#define ENVELOPE_ADDRMAX 1002

struct envelope {
	stralloc text;
	const char *sender;
	const char *rcpts; /* one after the other, each with a zero octet */
	uint32_t n;
};

int envelope_read(struct envelope *e, int fd, uint32_t max)
    __attribute__((warn_unused_result));

#endif
