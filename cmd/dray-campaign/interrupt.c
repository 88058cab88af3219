#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "campaign.h"

static char text[512];
static size_t len;

/* The signal comes again when this returns, and ends the program. */
static void
on_signal(int sig)
{
	ssize_t n = write(2, text, len);

	(void)n;
	raise(sig);
}

static void
set(int sig, void (*fn)(int))
{
	struct sigaction a;

	if (sigaction(sig, NULL, &a) == -1 || a.sa_handler == SIG_IGN)
		return;
	memset(&a, 0, sizeof a);
	a.sa_handler = fn;
	a.sa_flags = SA_RESETHAND | SA_RESTART;
	sigaction(sig, &a, NULL);
}

static void
set_all(void (*fn)(int))
{
	set(SIGINT, fn);
	set(SIGTERM, fn);
	set(SIGHUP, fn);
}

void
interrupt_says(const char *format, ...)
{
	va_list ap;
	int n;

	set_all(SIG_DFL);
	if (!format)
		return;
	n = snprintf(text, sizeof text,
	    "%sdray-campaign: interrupted: ", isatty(2) ? "\n" : "");
	va_start(ap, format);
	n += vsnprintf(text + n, sizeof text - (size_t)n - 1, format, ap);
	va_end(ap);
	len = (size_t)n < sizeof text - 1 ? (size_t)n : sizeof text - 2;
	text[len++] = '\n';
	set_all(on_signal);
}
