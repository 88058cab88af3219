/*
 * tlsctx - what all of dray's TLS by OpenSSL has in common.
 *
 *   tlsctx_init()          the library; dies (111) if that cannot be.  Comes
 *                          before the sandbox, in which OpenSSL needs no file
 *                          any more
 *   tlsctx_new(method)     TLS 1.2 and 1.3, no renegotiation, no compression;
 *                          buffers only while they are in use, writes in parts.
 *                          A connection that is closed without close_notify is
 *                          just closed: SMTP knows itself where things end
 */
#ifndef DRAY_TLSCTX_H
#define DRAY_TLSCTX_H

struct ssl_ctx_st;
struct ssl_method_st;

void tlsctx_init(void);
struct ssl_ctx_st *tlsctx_new(const struct ssl_method_st *method);

#endif
