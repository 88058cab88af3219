/*
 * options - dray-inject's command line, which is sendmail's.
 *
 *   options_parse(o, argc, argv)  returns the index of the first argument
 *       behind the options.  A mistake ends the program with EX_USAGE.
 */
#ifndef DRAY_INJECT_OPTIONS_H
#define DRAY_INJECT_OPTIONS_H

#include <stdint.h>

#include "common/settings.h"

#define OPTIONS_ENVIDMAX 100 /* RFC 3461 4.4 */

enum options_mode { OPTIONS_SEND, OPTIONS_LIST, OPTIONS_NOTHING };

struct options {
	enum options_mode mode;
	const char *base;
	const char *sender; /* NULL: the user */
	const char *fullname; /* NULL: from the password file */
	int ignore_dot;
	int from_header; /* -t */
	int print_id;
	uint8_t notify; /* as in queueclient_rcpt */
	uint8_t ret; /* 0, 'F' or 'H' */
	char envid[OPTIONS_ENVIDMAX + 1];
	struct settings settings;
};

int options_parse(struct options *o, int argc, char **argv);

#endif
