/*
 * smtp - the dialogue: what every command does and what it is answered.
 *
 *   smtp_greet(c)         the greeting
 *   smtp_refuse(c)        421 in its place: too many connections
 *   smtp_line(c, s, n)    a command without its CRLF
 *   smtp_bad(c, why)      a line that cannot be one
 *   smtp_data(c, s, n)    octets of a message (DATA)
 *   smtp_bdat(c, s, n)    octets of a chunk
 *   smtp_tls(c, s, n)     octets after STARTTLS
 *   smtp_secure(c)        TLS has begun: all is as after the greeting
 *
 * smtp_data, smtp_bdat and smtp_tls return how many octets they have used.
 * None of these writes to the socket or frees the connection; the caller does
 * afterwards.
 *
 * For smtp.c and its parts, envelope.c and message.c:
 *
 *   smtp_judge(c, phase, addr)      the rule that applies, or NULL
 *   smtp_accepts(rule, usual)       whether the command counts as accepted
 *   smtp_answer(c, rule, code, status, text)   gives the reply, and ends the
 *       dialogue if the rule does
 *   smtp_reset(c)                   the end of a transaction
 *   smtp_error(c, code, status, text)   an error of the client; too many of
 *       them end the dialogue
 *   smtp_after(c, rule)             only the latter
 *   smtp_cmd_VERB(c, arg, n)        what follows the verb and its blank
 */
#ifndef DRAY_SMTP_H
#define DRAY_SMTP_H

#include <stddef.h>

#include "script.h"

struct conn;

void smtp_greet(struct conn *c);
void smtp_refuse(struct conn *c);
void smtp_line(struct conn *c, const char *s, size_t n);
void smtp_bad(struct conn *c, const char *why);
size_t smtp_data(struct conn *c, const char *s, size_t n);
size_t smtp_bdat(struct conn *c, const char *s, size_t n);
size_t smtp_tls(struct conn *c, const char *s, size_t n);
void smtp_secure(struct conn *c);

struct rule *smtp_judge(struct conn *c, enum phase phase, const char *addr);
int smtp_accepts(const struct rule *rule, int usual);
void smtp_answer(struct conn *c, const struct rule *rule, int code,
    const char *status, const char *text);
void smtp_after(struct conn *c, const struct rule *rule);
void smtp_reset(struct conn *c);
void smtp_error(struct conn *c, int code, const char *status, const char *text);
void smtp_cmd_mail(struct conn *c, const char *arg, size_t n);
void smtp_cmd_rcpt(struct conn *c, const char *arg, size_t n);
void smtp_cmd_data(struct conn *c, const char *arg, size_t n);
void smtp_cmd_bdat(struct conn *c, const char *arg, size_t n);

#endif
