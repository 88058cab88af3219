/*
 * tap - test points for C unit tests, printed as TAP for prove(1).
 *
 *   ok(cond, name)          one point; prints file and line when it fails
 *   is_int(got, want, name) compares two integers, prints both on failure
 *   is_str(got, want, name) compares two strings (NULL equals NULL only)
 *   done_testing()          prints the plan; return its value from main
 */
#ifndef DRAY_TAP_H
#define DRAY_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_n, tap_failed;

static inline void
tap_point(int good, const char *name, const char *file, int line)
{
	printf("%sok %d - ", good ? "" : "not ", ++tap_n);
	/* A line end in a name would end the point. */
	for (; *name; name++)
		putchar(*name == '\r' || *name == '\n' ? '~' : *name);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
}

static inline void
tap_int(long long g, long long w, const char *name, const char *file, int line)
{
	tap_point(g == w, name, file, line);
	if (g != w)
		printf("#  got %lld\n# want %lld\n", g, w);
}

static inline void
tap_str(
    const char *g, const char *w, const char *name, const char *file, int line)
{
	int good = g == w || (g && w && !strcmp(g, w));

	tap_point(good, name, file, line);
	if (!good)
		printf("#  got %s\n# want %s\n", g ? g : "(null)",
		    w ? w : "(null)");
}

static inline int
done_testing(void)
{
	printf("1..%d\n", tap_n);
	return tap_failed != 0;
}

#define ok(cond, name) tap_point(!!(cond), (name), __FILE__, __LINE__)
#define is_int(g, w, name) tap_int((g), (w), (name), __FILE__, __LINE__)
#define is_str(g, w, name) tap_str((g), (w), (name), __FILE__, __LINE__)

#endif
