/*
 * remote_signed - what dray-sign may say to dray-remote: frames.  Each request
 * has one end, whatever comes, and what hangs up is asked again elsewhere.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-remote/signlink.h"
#include "t/fuzz/fuzz.h"

#define ASKS 4

FUZZ_QUIET(strerr_warnv)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int sock_connect_nonblock(const char *path);

static int other = -1;
static int ended;

/* Stands before that of common/sock. */
int
sock_connect_nonblock(const char *path)
{
	int p[2];

	(void)path;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == 0);
	if (other != -1)
		close(other);
	other = p[1];
	return p[0];
}

static void
answered(struct sign_ask *a, const unsigned char *sig, size_t n)
{
	must(a->number == 0 && n <= SIGN_SIGMAX && (sig || !n));
	ended++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct signlink *s;
	static struct ev_loop *loop;
	struct sign_ask a[ASKS];
	char b[4096];
	int i;

	if (!s) {
		PROG = "remote_signed";
		loop = ev_default_loop(0);
		s = signlink_new(loop);
	}
	ended = 0;
	memset(a, 0, sizeof a);
	for (i = 0; i < ASKS; i++) {
		a[i].fn = answered;
		a[i].alg = SIGN_RSA;
		a[i].domain_len = a[i].selector_len = 1;
		a[i].digest_len = SIGN_DIGESTMAX;
		signlink_ask(s, &a[i]);
	}
	signlink_flush(s);
	if (other != -1) {
		while (read(other, b, sizeof b) > 0)
			;
		if (send(other, data, n, MSG_NOSIGNAL) == -1)
			n = 0;
	}
	for (i = 0; i < 3; i++) {
		ev_run(loop, EVRUN_NOWAIT);
		signlink_flush(s);
	}
	for (i = 0; i < ASKS; i++) {
		ended += a[i].number != 0;
		signlink_forget(s, &a[i]);
	}
	must(ended == ASKS);
	return 0;
}
