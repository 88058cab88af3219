/*
 * remote_order - frames from dray-send, as dray-remote takes them apart: the first
 * octet chooses LANE or JOB.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-remote/handle.h"
#include "cmd/dray-remote/job.h"
#include "cmd/dray-remote/order.h"
#include "common/remoteproto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
clean(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 32 || s[i] == 127)
			abort();
}

static void
lane(const char *s, size_t n)
{
	struct order o;
	size_t i;

	if (order_read(&o, s, n) == -1)
		return;
	clean(o.helo, o.helo_len);
	if (!o.helo_len || !o.n || !o.depth || o.tls > REMOTE_TLS_VERIFY)
		abort();
	for (i = 0; i < o.n; i++)
		if (memchr(o.target[i].host, 0, o.target[i].host_len))
			abort();
	for (i = 0; i < ORDER_TIMEOUTS; i++)
		if (!o.timeout[i] || o.timeout[i] > ORDER_TIMEMAX)
			abort();
}

static void
job(const char *s, size_t n)
{
	struct job j;
	struct field r;
	struct verdict v = { 550, 'r', "5.1.1", "no", 2 };
	uint32_t i;

	memset(&j, 0, sizeof j);
	field_start(&r, s, n);
	if (job_read(&j, &r) == 0) {
		if (!j.nrcpt || j.nrcpt > REMOTE_RCPTMAX)
			abort();
		clean(j.sender, j.sender_len);
		clean(j.envid, j.envid_len);
		for (i = 0; i < j.nrcpt; i++) {
			clean(j.rcpts[i].addr, j.rcpts[i].addr_len);
			clean(j.rcpts[i].orcpt, j.rcpts[i].orcpt_len);
		}
		job_settle(&j, 0, &v);
		job_settle_all(&j, &v);
		if (!job_settled(&j))
			abort();
	}
	stralloc_free(&j.blob);
	stralloc_free(&j.said);
	free(j.rcpts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	if (data[0] % 2)
		lane((const char *)data + 1, n - 1);
	else
		job((const char *)data + 1, n - 1);
	return 0;
}
