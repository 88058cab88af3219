/*
 * tlsconf - certificates and settings for STARTTLS; see dray-sink(8), -T.
 *
 *   tlsconf_add(s, list)  what one -T says: "cert.pem,key.pem,name=old".  Dies
 *       with 100 when it is not understood or the files do not fit
 *   tlsconf_default(s)    with no -T: a self-signed certificate for the host
 *       name of s->conf, made in memory
 *   tlsconf_find(s, name) those with this name; NULL: the first.  NULL when
 *       there are none such
 *
 * At most SINK_TLS of them.  They live as long as the program.
 */
#ifndef DRAY_TLSCONF_H
#define DRAY_TLSCONF_H

struct sink;
struct ssl_ctx_st;

void tlsconf_add(struct sink *s, const char *list);
void tlsconf_default(struct sink *s);
struct ssl_ctx_st *tlsconf_find(const struct sink *s, const char *name);

#endif
