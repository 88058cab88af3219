/*
 * say - the one way in which dray-inject fails: a line on standard error, whose
 * first word is "temporary" or "permanent", and an exit code of sysexits.h.
 *
 *   say_die(code, format, ...)  octets of the text that are not printable
 *                               ASCII are shown as '?'
 */
#ifndef DRAY_INJECT_SAY_H
#define DRAY_INJECT_SAY_H

void say_die(int code, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

#endif
