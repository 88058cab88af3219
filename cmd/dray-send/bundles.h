/*
 * bundles - what dray-send knows of the spool.
 */
#ifndef DRAY_SEND_BUNDLES_H
#define DRAY_SEND_BUNDLES_H

#include <dirent.h>
#include <stdint.h>
#include <sys/queue.h>

#include <skalibs/stralloc.h>

#include "common/bundle.h"

struct run;

/* A bundle.  Kept small: there may be a million of them. */
struct slot {
	uint64_t logged; /* number of its last event line */
	struct open *open;
	uint32_t sec, usec, pid, seq;
	uint16_t host; /* index into self.hosts */
	uint8_t bad; /* damaged: set aside, do not remove */
	uint8_t finished;
	uint8_t punched; /* disk space of what is done was given back */
	uint32_t nmsg;
	uint32_t nrcpt;
	uint32_t left; /* recipients that are not done */
	uint32_t runs; /* that are not finished */
};

/* A bundle that is open, with its index and its done bits. */
struct open {
	TAILQ_ENTRY(open) lru; /* while refs is 0 */
	TAILQ_ENTRY(open) dirty;
	TAILQ_ENTRY(open) unsynced;
	uint32_t slot;
	uint32_t refs; /* jobs, and runs being cut */
	uint32_t workers; /* bit: this worker has its descriptor */
	struct bundle b;
	int fd;
	unsigned char *done;
	uint32_t lo, hi; /* octets of done to be written; lo > hi: none */
	size_t size; /* octets that it counts for among those not in use */
	int isdirty;
	int isunsynced; /* bits were written that may not be on disk */
};

TAILQ_HEAD(opens, open);

struct scan {
	int fd;
	DIR *dir;
	int failed; /* it could not be begun */
	int again; /* something came while it ran */
	int fresh; /* of new/ */
	int done; /* once it was gone through */
};

/* scan.c */
void scan_start(void);
void scan_new(void);
void scan_failed(void);
void scan_later(void);
int scan_some(void);
int scan_done(void);

/* open.c */
void open_init(void);
struct open *open_read(int dir, const char *name, const char **why_r);
void open_discard(struct open *o);
void open_keep(struct open *o, uint32_t slot);
void open_evict(struct open *o);
struct open *open_get(uint32_t slot);
struct open *open_for(uint32_t slot, int urgent);
void open_hold(struct open *o);
void open_release(struct open *o);
int open_isdone(const struct open *o, uint32_t rcpt);
uint32_t open_undone(const struct open *o, uint32_t first, uint32_t count);
int open_run(const struct open *o, const struct run *r, struct bundle_run *b_r,
    stralloc *block);
void open_done(struct open *o, const struct run *r, uint32_t rcpt);
void open_flush(void);

/* store.c */
void store_init(void);
int store_load(const char *name, int fresh);
void store_damaged(uint32_t slot, const char *why);
void store_name(const struct slot *s, char *name);
void store_logged(uint32_t slot, uint64_t number);
void store_remove_some(void);
void store_removed(uint32_t slot);
void store_run_gone(uint32_t slot);

/* gauge.c */
void gauge_init(void);
void gauge_set(void);
void gauge_told(uint32_t now);
void gauge_loaded(uint32_t n);

/* punch.c */
void punch_consider(uint32_t slot);
void punch_turn(void);

/* disk.c */
struct hole {
	uint64_t offset, length;
};
void disk_punch(int fd, struct hole *holes, size_t n);
void disk_start(void);
void disk_remove(uint32_t slot);
void disk_again(void);
void disk_notice(const stralloc *text);
void disk_daily(const stralloc *records, int anew);

#endif
