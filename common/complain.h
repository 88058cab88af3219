/*
 * complain - says what a client brought about, and no oftener than the log can
 * bear.
 *
 *   complain_client(what)   warns: "closed a client that WHAT"; once a minute
 *                           in the whole program, what comes between is not
 *                           said
 */
#ifndef DRAY_COMPLAIN_H
#define DRAY_COMPLAIN_H

void complain_client(const char *what);

#endif
