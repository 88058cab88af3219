#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <skalibs/strerr.h>

#include "cmd/dray-unsub/http.h"
#include "cmd/dray-unsub/leave.h"
#include "cmd/dray-unsub/line.h"
#include "cmd/dray-unsub/often.h"
#include "cmd/dray-unsub/page.h"
#include "common/mem.h"

#define CONNECTIONS 512u
#define IDLE 15u /* seconds */
#define MEMORY 16384u /* octets of a connection */

/* A request under way. */
struct talk {
	stralloc body;
	int over; /* more than it may have */
};

static struct MHD_Daemon *server;
static const char *trusted;
static ev_io ready;
static ev_timer timer;
static ev_prepare prepare;

/* Of the table of arguments: in either half a token may stand. */
struct look {
	struct token *t;
	int has;
};

static enum MHD_Result
look_arg(void *arg, enum MHD_ValueKind kind, const char *name, const char *s)
{
	struct look *l = arg;

	(void)kind;
	if (!l->has && name)
		l->has = request_token(leave_keys(), name, strlen(name), l->t);
	if (!l->has && s)
		l->has = request_token(leave_keys(), s, strlen(s), l->t);
	return l->has ? MHD_NO : MHD_YES;
}

static int
find_token(struct MHD_Connection *c, const char *url, struct token *t)
{
	struct look l = { t, 0 };

	l.has = request_token(leave_keys(), url, strlen(url), t);
	if (!l.has)
		(void)MHD_get_connection_values(
		    c, MHD_GET_ARGUMENT_KIND, look_arg, &l);
	return l.has;
}

static void
peer_text(struct MHD_Connection *c, char d[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = i ? i->client_addr : NULL;

	*d = '\0';
	if (sa && sa->sa_family == AF_INET)
		(void)inet_ntop(AF_INET,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    d, INET6_ADDRSTRLEN);
	else if (sa && sa->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
		    d, INET6_ADDRSTRLEN);
}

static int
is_trusted(const char *peer)
{
	return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
	    (trusted && strcmp(peer, trusted) == 0);
}

/* The last address of X-Forwarded-For is what the proxy itself saw. */
static void
client_text(struct MHD_Connection *c, char d[INET6_ADDRSTRLEN])
{
	const char *s, *comma;
	size_t n;

	peer_text(c, d);
	s = is_trusted(d)
	    ? MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Forwarded-For")
	    : NULL;
	if (!s)
		return;
	comma = strrchr(s, ',');
	s = comma ? comma + 1 : s;
	s += strspn(s, " \t");
	n = strcspn(s, " \t");
	if (n == 0 || n >= INET6_ADDRSTRLEN)
		return;
	memcpy(d, s, n);
	d[n] = '\0';
}

static enum MHD_Result
answer(struct MHD_Connection *c, const struct page *p)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(strlen(p->text),
		(void *)(uintptr_t)p->text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result done;
	int i;

	if (!r)
		return MHD_NO;
	for (i = 0; page_headers[i]; i += 2)
		(void)MHD_add_response_header(
		    r, page_headers[i], page_headers[i + 1]);
	if (p->status == 405)
		(void)MHD_add_response_header(r, "Allow", "GET, HEAD, POST");
	done = MHD_queue_response(c, p->status, r);
	MHD_destroy_response(r);
	return done;
}

static uint64_t
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Those who leave are never too many: mailbox providers ask for many people
 * from few addresses, and each token does something once. */
static const struct page *
decide(struct MHD_Connection *c, const char *url, const char *method,
    const struct talk *t)
{
	struct token token;
	struct request r = { .method = method,
		.body = t->body.s,
		.len = t->over ? 0 : t->body.len };
	char client[INET6_ADDRSTRLEN];
	enum request_answer a;
	int isnew = 0;

	r.type = MHD_lookup_connection_value(
	    c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	r.has = find_token(c, url, &token);
	a = request_answer(&r);
	if (a == REQUEST_LEAVE) {
		isnew = leave_now(&token);
		if (isnew != -1)
			line_add(&token, isnew, "one-click");
		return page_of(a, isnew != -1);
	}
	if (a == REQUEST_UNKNOWN)
		line_unknown();
	client_text(c, client);
	return often_ok(client, nanoseconds()) ? page_of(a, 0) : page_busy();
}

static void
take(struct talk *t, const char *s, size_t n)
{
	if (t->over || t->body.len + n > REQUEST_BODYMAX)
		t->over = 1;
	else
		mem_check(stralloc_catb(&t->body, s, n));
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **talk)
{
	struct talk *t = *talk;

	(void)arg;
	(void)version;
	if (!t) {
		*talk = mem_alloc(sizeof *t);
		return MHD_YES;
	}
	if (*n) {
		take(t, data, *n);
		*n = 0;
		return MHD_YES;
	}
	return answer(c, decide(c, url, method, t));
}

static void
on_end(void *arg, struct MHD_Connection *c, void **talk,
    enum MHD_RequestTerminationCode why)
{
	struct talk *t = *talk;

	(void)arg;
	(void)c;
	(void)why;
	if (!t)
		return;
	stralloc_free(&t->body);
	free(t);
	*talk = NULL;
}

/* What clients do wrong is not worth a line each. */
static void
on_words(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

static void
serve(void)
{
	if (MHD_run(server) != MHD_YES)
		strerr_dief(111, "the HTTP server gave up");
}

static void
on_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	serve();
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	serve();
}

/* Before the loop sleeps: for how long it may. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	MHD_UNSIGNED_LONG_LONG ms;

	(void)w;
	(void)revents;
	ev_timer_stop(loop, &timer);
	if (MHD_get_timeout(server, &ms) != MHD_YES)
		return;
	ev_timer_set(&timer, (ev_tstamp)ms / 1000, 0);
	ev_timer_start(loop, &timer);
}

void
http_start(struct ev_loop *loop, int fd, const char *proxy)
{
	const union MHD_DaemonInfo *info;

	trusted = proxy;
	server = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL,
	    NULL, on_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_words, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
	    MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
	info = server ? MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD)
		      : NULL;
	if (!info)
		strerr_dief(111, "the HTTP server does not start");
	ev_io_init(&ready, on_ready, info->epoll_fd, EV_READ);
	ev_io_start(loop, &ready);
	ev_timer_init(&timer, on_timer, 0, 0);
	ev_prepare_init(&prepare, on_prepare);
	ev_prepare_start(loop, &prepare);
}
