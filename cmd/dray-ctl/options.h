/*
 * options - what dray-ctl was asked to do.
 *
 *   options_parse(o, argc, argv)  exits 100 with a message if it makes no
 *                           sense, also when an action that changes something
 *                           has neither a selector nor --all
 */
#ifndef DRAY_CTL_OPTIONS_H
#define DRAY_CTL_OPTIONS_H

#include <stdint.h>

#include "common/override.h"

enum options_action {
	OPTIONS_NONE,
	OPTIONS_PAUSE,
	OPTIONS_RESUME,
	OPTIONS_FLUSH,
	OPTIONS_EXPIRE,
	OPTIONS_REMOVE,
	OPTIONS_LIST,
	OPTIONS_CANCEL,
	OPTIONS_OVERRIDE /* that is not a pause */
};

struct options {
	enum options_action action;
	const char *name; /* of the action */
	const char *base;
	int json;
	int dry;
	int all;
	uint64_t seconds; /* --for, 0 for ever */
	const char *override; /* --override, or NULL */
	struct override o; /* action, value, scope, reason, reply */
};

void options_parse(struct options *o, int argc, char *const *argv);

#endif
