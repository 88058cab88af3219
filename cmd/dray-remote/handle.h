/*
 * handle - the files that dray-send has lent us: bundles, by its numbers.
 *
 *   handle_add(hs, number, fd)   -1 if the number is in use
 *   handle_drop(hs, number)      closed once no job uses it; -1 unknown
 *   handle_find(hs, number)      NULL: unknown
 *   handle_use(h), handle_unuse(hs, h)  a job does; no longer does
 *   handle_read(h, off, len, d)  all of it, or -1 with errno (EPIPE: the file
 *                                ends before)
 *   handle_good(h, off, crc)     1 if the message at off has this checksum
 *   handle_checked(h, off, crc)  it has
 *
 * The memory of what has been checked is short: it spares reading a large
 * message a second time for its next recipient, no more.
 */
#ifndef DRAY_REMOTE_HANDLE_H
#define DRAY_REMOTE_HANDLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define HANDLE_CHAINS 1024
#define HANDLE_GOOD 8

struct handle {
	LIST_ENTRY(handle) chain;
	uint64_t serial; /* no two files ever have the same */
	uint32_t number;
	uint32_t uses;
	int fd;
	uint8_t dropped;
	uint8_t ngood; /* how many of good[] are filled; next one to replace */
	uint8_t nextgood;
	struct {
		uint64_t off;
		uint32_t crc;
	} good[HANDLE_GOOD];
};

LIST_HEAD(handle_chain, handle);

struct handles {
	struct handle_chain chains[HANDLE_CHAINS];
};

int handle_add(struct handles *hs, uint32_t number, int fd);
int handle_drop(struct handles *hs, uint32_t number);
struct handle *handle_find(struct handles *hs, uint32_t number);
void handle_use(struct handle *h);
void handle_unuse(struct handle *h);
int handle_read(const struct handle *h, uint64_t off, size_t len, char *d);
int handle_good(const struct handle *h, uint64_t off, uint32_t crc);
void handle_checked(struct handle *h, uint64_t off, uint32_t crc);

#endif
