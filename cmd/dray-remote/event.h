/*
 * event - what happens to a lane from outside: octets, room to write, the end
 * of the connection, the passing of time.
 *
 *   event_init(l)      sets up its watchers
 *   event_timer(l)     something changed that its timer depends on
 *   event_read(l)      reads from its connection
 *   event_unchoke(w)   reads again from lanes that were left waiting while
 *                      dray-send did not read
 *
 * The timer is set lazily: it fires when something might be overdue, looks, and
 * sleeps again if not.  What is overdue follows from the state and from `since`,
 * the last time that anything went forward: a whole reply, or octets that left.
 * A reply that only drips in is no progress.
 */
#ifndef DRAY_REMOTE_EVENT_H
#define DRAY_REMOTE_EVENT_H

struct lane;
struct worker;

void event_init(struct lane *l);
void event_timer(struct lane *l);
void event_read(struct lane *l);
void event_unchoke(struct worker *w);

#endif
