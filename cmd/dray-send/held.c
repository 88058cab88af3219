#include "cmd/dray-send/held.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"

const char *
held_name(enum held_by by)
{
	static const char *const names[HELD_N] = { "", "message-rate",
		"byte-rate", "connection-rate", "connections", "servers",
		"workers", "sleep", "override", "dns", "log" };

	return names[by < HELD_N ? by : HELD_NOT];
}
