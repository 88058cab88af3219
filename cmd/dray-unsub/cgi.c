#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include "cmd/dray-unsub/cgi.h"
#include "cmd/dray-unsub/leave.h"
#include "cmd/dray-unsub/line.h"
#include "cmd/dray-unsub/page.h"

static const char *
variable(const char *name)
{
	const char *s = getenv(name);

	return s ? s : "";
}

int
cgi_wanted(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL;
}

/* What is too long is nothing. */
static size_t
read_body(char d[REQUEST_BODYMAX])
{
	char *end;
	unsigned long n = strtoul(variable("CONTENT_LENGTH"), &end, 10);

	if (*end || !n || n > REQUEST_BODYMAX)
		return 0;
	return allread(0, d, n) == n ? n : 0;
}

static void
print(const struct page *p, int body)
{
	int i;

	printf("Status: %u\r\n", p->status);
	for (i = 0; page_headers[i]; i += 2)
		printf("%s: %s\r\n", page_headers[i], page_headers[i + 1]);
	if (p->status == 405)
		printf("Allow: GET, HEAD, POST\r\n");
	printf("\r\n%s", body ? p->text : "");
}

int
cgi_run(void)
{
	static char body[REQUEST_BODYMAX];
	const char *path = variable("PATH_INFO"),
		   *query = variable("QUERY_STRING");
	struct request r = { .method = variable("REQUEST_METHOD"),
		.type = variable("CONTENT_TYPE"),
		.body = body };
	enum request_answer a;
	struct token t;
	int isnew = -1, ok;

	r.has = request_token(leave_keys(), path, strlen(path), &t) ||
	    request_token(leave_keys(), query, strlen(query), &t);
	r.len = read_body(body);
	a = request_answer(&r);
	if (a == REQUEST_LEAVE)
		isnew = leave_now(&t);
	print(page_of(a, isnew != -1), strcmp(r.method, "HEAD") != 0);
	/* Nobody waits for the log: the answer ends here. */
	ok = fclose(stdout) == 0;
	if (isnew != -1)
		line_once(&t, isnew, "one-click");
	return ok ? 0 : 111;
}
