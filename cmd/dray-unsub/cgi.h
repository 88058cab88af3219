/*
 * cgi - one request, by the Common Gateway Interface (RFC 3875).
 *
 *   cgi_wanted()   1 if this was started as a script
 *   cgi_run()      the request of the environment and standard input, and the
 *                  answer to standard output; what to exit with
 */
#ifndef DRAY_UNSUB_CGI_H
#define DRAY_UNSUB_CGI_H

int cgi_wanted(void);
int cgi_run(void);

#endif
