/*
 * ticket - session tickets that every process of this instance can read.
 *
 *   ticket_start(ctx)   has OpenSSL make them with the secrets of keys.h.
 *                       While there are none, no ticket is made or read
 */
#ifndef DRAY_SMTPD_TICKET_H
#define DRAY_SMTPD_TICKET_H

struct ssl_ctx_st;

void ticket_start(struct ssl_ctx_st *ctx);

#endif
