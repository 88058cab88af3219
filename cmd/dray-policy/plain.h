/*
 * plain - the sections of etc/dray.conf that have no name, but [dns]: one key
 * each.
 */
#ifndef DRAY_POLICY_PLAIN_H
#define DRAY_POLICY_PLAIN_H

#include "cmd/dray-policy/setting.h"

void plain_node(struct setting *s);
void plain_queue(struct setting *s);
void plain_retry(struct setting *s);
void plain_limits(struct setting *s);
void plain_notices(struct setting *s);
void plain_smtpd(struct setting *s);
void plain_suppression(struct setting *s);

#endif
