/*
 * store - what is kept of the messages: the ledger (-c) and the files (-o).
 *
 *   store_open(dir, ledger)   either may be NULL.  A store on the heap, or
 *       NULL with errno
 *   store_wants(st)           1: checksums are wanted
 *   store_begin(c)            a file for the message that begins.  0, or -1
 *       with errno; nothing to do without -o
 *   store_commit(c)           writes the message down for good: the file gets
 *       its name, then the ledger its lines, in one write(2).  Called before
 *       the reply is given.  0, or -1 with errno and nothing in the ledger
 *   store_abort(c)            forgets a message that was begun
 *
 * The formats are in dray-sink(8), FILES.
 */
#ifndef DRAY_STORE_H
#define DRAY_STORE_H

struct conn;
struct store;

struct store *store_open(const char *dir, const char *ledger);
int store_wants(const struct store *st);
int store_begin(struct conn *c);
int store_commit(struct conn *c);
void store_abort(struct conn *c);

#endif
