/*
 * records - TLS records between OpenSSL and a lane's socket.
 *
 *   records_method()          the BIO_METHOD of a lane's connection, whose data
 *                             is the lane
 *   records_write(l, s, n, more)  encrypts some of n octets and sends that; how
 *                             many of them have left, -1 errno.  EPROTO: the
 *                             connection is of no use any more, and tls_why()
 *                             says why.  more: others follow at once
 *   records_reset(l)          what is held is forgotten; the connection is gone
 *
 * Records of up to RECORDS_MAX * 16 KiB leave in one call, because a system
 * call for each would cost as much as the cipher.  An octet has left when the
 * whole record is with the kernel that it is in.  If the socket takes less than
 * all, the rest is held, and whoever writes next has to begin with the octets
 * that have not left: they are encrypted already, and are only counted then.
 *
 * What is held when a connection ends is not sent any more: it has been
 * reported as not sent.
 */
#ifndef DRAY_REMOTE_RECORDS_H
#define DRAY_REMOTE_RECORDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "output.h"

#define RECORDS_MAX 8

struct lane;
struct bio_method_st;

struct records {
	struct buf out; /* as it goes to the socket */
	uint8_t gather; /* what OpenSSL writes now goes to out */
	uint8_t n;
	struct {
		uint32_t end; /* its place in out */
		uint32_t octets; /* of ours in it */
	} rec[RECORDS_MAX]; /* that have not left */
};

struct bio_method_st *records_method(void);
ssize_t records_write(struct lane *l, const void *s, size_t n, int more);
void records_reset(struct lane *l);

#endif
