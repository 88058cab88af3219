/*
 * client - who asks dray-tlskey.
 *
 *   client_start(loop, fd)   takes clients on a socket that listens
 *   client_tell()            the certificates have changed
 *   client_tickets()         and the secrets for tickets
 *
 * A client that does not read what it is told is closed when CLIENT_MAX octets
 * wait for it; from CLIENT_HIGH on it is not read from.
 */
#ifndef DRAY_TLSKEY_CLIENT_H
#define DRAY_TLSKEY_CLIENT_H

#include <ev.h>

#define CLIENT_HIGH 65536
#define CLIENT_MAX (64 * 1024 * 1024) /* more than two full lists */
#define CLIENTS_MAX 256

void client_start(struct ev_loop *loop, int fd);
void client_tell(void);
void client_tickets(void);

#endif
