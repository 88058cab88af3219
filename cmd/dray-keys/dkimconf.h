/*
 * dkimconf - etc/dkim/DOMAIN.conf, which says with which keys mail of a domain
 * is signed.  Its other lines stay as they are.
 *
 *   dkimconf_read(domain, c)   what it says; no file says nothing
 *   dkimconf_write(domain, c)  puts the selectors into it.  Dies: 100 when it
 *                              has other sections as well, 111
 */
#ifndef DRAY_KEYS_DKIMCONF_H
#define DRAY_KEYS_DKIMCONF_H

#include "cmd/dray-keys/keypair.h"
#include "common/signproto.h"

struct dkimconf {
	char selector[KEYPAIR_KINDS][SIGN_SELECTORMAX + 1]; /* "": none */
};

void dkimconf_read(const char *domain, struct dkimconf *c);
void dkimconf_write(const char *domain, const struct dkimconf *c);

#endif
