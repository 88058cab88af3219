/*
 * signer - who signs a message, and the sender that it leaves with: by its From
 * domain and the policy in force, [dkim], [signing] and [sender].
 *
 *   signer_policy()        another policy is in force
 *   signer_alone(o, m)     1: it goes to one recipient at a time
 *   signer_list(o, m, d)   what stands for the list that the message goes to:
 *                          list-id of its [sender], or else its campaign; 1, or
 *                          0 there are no keys
 *   signer_list_id(o, m)   that list-id, or ""
 *   signer_address(rcpt, domain, d)  what stands for the recipient, if there are
 *   signer_token(o, m, rcpt, domain, d)
 *                          the word for this recipient, TOKEN_LEN octets: 1, or
 *                          0 there are no keys to make one
 *   signer_path(o, m, rcpt, domain, d)
 *                          the sender that the message leaves with to him: its
 *                          length, of at most ADDR_MAX octets, or 0 its own
 *   signer_put(o, m, out)  the fields of a JOB
 *
 * The keys of tokens, keys/token, are looked at once a second while they are used.
 *
 * The From domain stands in the index; of a message that was accepted when
 * nobody asked for it, it is read from its header.
 */
#ifndef DRAY_SEND_SIGNER_H
#define DRAY_SEND_SIGNER_H

#include <skalibs/stralloc.h>

#include "common/addr.h"
#include "common/bundle.h"
#include "common/token.h"

struct open;

void signer_policy(void);
int signer_alone(const struct open *o, const struct bundle_msg *m);
int signer_list(const struct open *o, const struct bundle_msg *m,
    unsigned char d[TOKEN_CAMPAIGN]);
const char *signer_list_id(const struct open *o, const struct bundle_msg *m);
void signer_address(const struct bundle_str *local,
    const struct bundle_str *domain, unsigned char d[TOKEN_ADDRESS]);
int signer_token(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *local, const struct bundle_str *domain,
    char d[TOKEN_LEN]);
size_t signer_path(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *local, const struct bundle_str *domain,
    char d[ADDR_MAX]);
void signer_put(
    const struct open *o, const struct bundle_msg *m, stralloc *out);

#endif
