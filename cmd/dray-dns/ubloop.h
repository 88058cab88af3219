/*
 * ubloop - libunbound's events (unbound-event.h) on a libev loop.
 *
 *   ubloop_start(loop)   what ub_ctx_create_ub_event() wants; one a process,
 *                        it is never freed
 *
 * libunbound then runs inside the loop, without a thread or a pipe of its own.
 * The semantics of its events are libevent's: an event that was not made to
 * persist is gone before its function is called, and one with a timeout that
 * persists has it anew after each call.
 */
#ifndef DRAY_DNS_UBLOOP_H
#define DRAY_DNS_UBLOOP_H

struct ev_loop;
struct ub_event_base;

struct ub_event_base *ubloop_start(struct ev_loop *loop);

#endif
