/*
 * recode - message text into lines that SMTP can carry: CRLF line ends, at
 * most 998 octets, no CR by itself (RFC 5321 4.5.3.1.6, RFC 2045 6.7, 6.8).
 *
 * Each takes lines that end in LF or CRLF, mixed as they come, and hands what
 * it makes to a struct recode_out in pieces.  A last line without an end stays
 * without one.  All return 0, or -1 with the errno of put.
 *
 *   recode_needed(s, n)  1 if a line is too long or has a CR that is not part
 *                        of its end: then recode_plain will not do
 *   recode_plain(o, s, n)    only the line ends
 *   recode_clean(o, s, n)    line ends; a CR anywhere else becomes a space
 *   recode_wrap(o, s, n)     breaks long lines where they are too long, drops
 *                            CRs: for text that nobody reads
 *   recode_header(o, s, n)   header fields: folds long lines at white space, a
 *                            CR becomes a space.  EMSGSIZE: no white space to
 *                            fold at
 *   recode_qp(o, s, n)       text into quoted-printable; a CR is kept as =0D
 *   recode_requote(o, s, n)  quoted-printable: soft line breaks in long lines
 *   recode_rewrap(o, s, n)   base64: breaks long lines
 */
#ifndef DRAY_RECODE_H
#define DRAY_RECODE_H

#include <stddef.h>

struct recode_out {
	int (*put)(void *arg, const char *s, size_t n);
	void *arg;
};

int recode_needed(const char *s, size_t n);
int recode_plain(const struct recode_out *o, const char *s, size_t n);
int recode_clean(const struct recode_out *o, const char *s, size_t n);
int recode_wrap(const struct recode_out *o, const char *s, size_t n);
int recode_header(const struct recode_out *o, const char *s, size_t n);
int recode_qp(const struct recode_out *o, const char *s, size_t n);
int recode_requote(const struct recode_out *o, const char *s, size_t n);
int recode_rewrap(const struct recode_out *o, const char *s, size_t n);

#endif
