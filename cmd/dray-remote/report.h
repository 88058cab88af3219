/*
 * report - frames to dray-send, remoteproto.h.
 *
 * They are queued; the worker sends them all before its loop sleeps.
 */
#ifndef DRAY_REMOTE_REPORT_H
#define DRAY_REMOTE_REPORT_H

struct lane;
struct job;
struct worker;

void report_hello(struct worker *w);
void report_up(struct lane *l);
void report_result(struct lane *l, const struct job *j);
void report_damaged(struct lane *l, const struct job *j, const char *why);
void report_down(struct lane *l);

#endif
