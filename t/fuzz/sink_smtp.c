/*
 * Whole sessions of dray-sink over a socket pair.  The first octet says in
 * what pieces the rest comes; the end of each session frees everything.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/dray-sink/conn.h"
#include "cmd/dray-sink/crc.h"
#include "cmd/dray-sink/options.h"
#include "cmd/dray-sink/sink.h"
#include "cmd/dray-sink/tlsconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sink sink;

static void
start(void)
{
	crc_init();
	sink.loop = ev_default_loop(EVFLAG_AUTO);
	options_defaults(&sink.conf);
	options_ext(&sink.conf, "starttls,binarymime,size=5000,domainmax=3");
	tlsconf_default(&sink);
	options_ehlo(&sink.conf, 0, sink.ehlo, sizeof sink.ehlo);
}

static void
turn(int fd)
{
	char d[65536];

	ev_run(sink.loop, EVRUN_NOWAIT);
	while (recv(fd, d, sizeof d, MSG_DONTWAIT) > 0)
		ev_run(sink.loop, EVRUN_NOWAIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t i, k, step;
	ssize_t w;
	int fd[2];

	if (!n)
		return 0;
	if (!sink.loop)
		start();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == -1)
		abort();
	conn_new(&sink, fd[0]);
	step = data[0] < 64 ? data[0] + 1u : 65536;
	for (i = 1; i < n; i += (size_t)w) {
		k = n - i < step ? n - i : step;
		w = send(fd[1], data + i, k, MSG_NOSIGNAL);
		if (w <= 0)
			break;
		turn(fd[1]);
	}
	close(fd[1]);
	for (i = 0; i < 100 && sink.conns; i++)
		ev_run(sink.loop, EVRUN_NOWAIT);
	if (sink.conns)
		abort();
	return 0;
}
