/*
 * thread - a thread beside an event loop, for what blocks.
 *
 *   thread_start(work, arg, what)  runs work(arg) until the program ends.  All
 *                                  signals stay with the loop.  Dies (111) if
 *                                  it cannot be started; what names it
 *
 * Only syncing and the like is worth a thread (INTERNALS.md, "Decisions").
 */
#ifndef DRAY_THREAD_H
#define DRAY_THREAD_H

void thread_start(void *(*work)(void *), void *arg, const char *what);

#endif
