/*
 * control - commands on standard input (-i), answered on standard output by
 * one line of JSON each; see dray-sink(8), CONTROL.
 *
 *   control_start(s)      begins to read; the end of the input is a "quit"
 *   control_stat(s)       prints the counters
 */
#ifndef DRAY_CONTROL_H
#define DRAY_CONTROL_H

struct sink;

void control_start(struct sink *s);
void control_stat(struct sink *s);

#endif
