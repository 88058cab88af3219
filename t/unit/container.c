/* The container of a pack: one way to write it, nothing else is taken. */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/container.h"
#include "t/lib/tap.h"

#define HEAD "dray-pack 1\nname a-1\nversion 20261122\n"
#define A "file providers/a.conf 3\nx\ny\n"
#define B "file rules/b.rules 0\n\n"
#define END "end\n"

static struct container c;

static int
parse(const char *s)
{
	return container_parse(&c, s, strlen(s));
}

static void
good(void)
{
	static const char text[] = HEAD A B END;
	struct container made;
	unsigned int i;
	size_t n;
	char *s;

	is_int(parse(text), 0, "a pack");
	is_str(c.name, "a-1", "its name");
	is_int((long long)c.version, 20261122, "its version");
	is_int(c.nfile, 2, "its files");
	is_str(c.file[0].path, "providers/a.conf", "the first");
	ok(c.file[0].n == 3 && !memcmp(c.file[0].s, "x\ny", 3), "its octets");
	is_int((long long)c.file[1].n, 0, "the second is empty");
	memset(&made, 0, sizeof made);
	memcpy(made.name, "a-1", 4);
	made.version = 20261122;
	for (i = 0; i < 2; i++)
		ok(container_add(
		       &made, c.file[i].path, c.file[i].s, c.file[i].n) == 0,
		    "add");
	s = container_make(&made, &n);
	ok(s && n == strlen(text) && !memcmp(s, text, n), "made again");
	free(s);
}

static void
bad(void)
{
	static const struct {
		const char *s, *name;
	} t[] = {
		{ "", "nothing" },
		{ END, "an end" },
		{ HEAD, "no end" },
		{ HEAD END, "no file" },
		{ HEAD A END "\n", "something behind the end" },
		{ HEAD A "end", "an end without a line end" },
		{ HEAD A A END, "a file twice" },
		{ HEAD B A END, "files in another order" },
		{ "dray-pack 2\nname a\nversion 1\n" A END, "another format" },
		{ "dray-pack 1\nversion 1\n" A END, "no name" },
		{ "dray-pack 1\nname A\nversion 1\n" A END, "a capital" },
		{ "dray-pack 1\nname -a\nversion 1\n" A END, "a - in front" },
		{ "dray-pack 1\nname ..\nversion 1\n" A END, "dots" },
		{ "dray-pack 1\nname a b\nversion 1\n" A END, "a blank" },
		{ "dray-pack 1\nname \nversion 1\n" A END, "an empty name" },
		{ "dray-pack 1\nname a1234567890123456789012345678901x\n"
		  "version 1\n" A END,
		    "a long name" },
		{ "dray-pack 1\nname a\n" A END, "no version" },
		{ "dray-pack 1\nname a\nversion 0\n" A END, "version 0" },
		{ "dray-pack 1\nname a\nversion 01\n" A END, "version 01" },
		{ "dray-pack 1\nname a\nversion -1\n" A END, "version -1" },
		{ "dray-pack 1\nname a\nversion 1.0\n" A END, "version 1.0" },
		{ "dray-pack 1\nname a\nversion 1000000000000000\n" A END,
		    "a huge version" },
		{ HEAD "file rules/b.rules 1\n\n" END, "a size too large" },
		{ HEAD "file rules/b.rules 1\nxx\n" END, "one too small" },
		{ HEAD "file rules/b.rules 00\n\n" END, "a size 00" },
		{ HEAD "file rules/b.rules -1\n\n" END, "a size below 0" },
		{ HEAD "file rules/b.rules 999999999999999\n\n" END,
		    "a size of all memory" },
		{ HEAD "file rules/b.rules 18446744073709551616\n\n" END,
		    "a size of more" },
		{ HEAD "file rules/b.rules\n\n" END, "no size" },
		{ HEAD "file rules/b.rules  0\n\n" END, "two blanks" },
		{ HEAD "link rules/b.rules 0\n\n" END, "a link" },
	};
	static const char *const path[] = { "rules/b.conf", "providers/b.rules",
		"b.rules", "/rules/b.rules", "rules/../b.rules",
		"rules/a/b.rules", "rules/.b.rules", "rules/.rules",
		"rules//b.rules", "../rules/b.rules", "rules/b.rules/",
		"rules/b.rules~", "etc/rules/b.rules", "rules/b\\.rules",
		"rules/\xc3\xa9.rules", "Rules/b.rules", "routes/b.conf",
		"dray.conf",
		"rules/12345678901234567890123456789012345678901234567890123456"
		"789012345678901234"
		"789012345.rules" };
	char text[512];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		is_int(parse(t[i].s), -1, t[i].name);
		ok(c.why != NULL, "and why");
	}
	for (i = 0; i < sizeof path / sizeof *path; i++) {
		snprintf(text, sizeof text, HEAD "file %s 0\n\n" END, path[i]);
		is_int(parse(text), -1, path[i]);
	}
	is_int(container_parse(&c, HEAD "file rules/b\0.rules 0\n\n" END,
		   sizeof(HEAD "file rules/b\0.rules 0\n\n" END) - 1),
	    -1, "a NUL in a path");
}

static void
limits(void)
{
	static struct container made;
	char path[32];
	size_t n;
	char *s, *big;
	int i;

	memcpy(made.name, "a", 2);
	made.version = 1;
	for (i = 0; i < CONTAINER_FILEMAX; i++) {
		snprintf(path, sizeof path, "rules/%03d.rules", i);
		if (container_add(&made, path, "", 0) == -1)
			break;
	}
	is_int(i, CONTAINER_FILEMAX, "so many files");
	is_int(container_add(&made, "rules/a.rules", "", 0), -1, "one more");
	s = container_make(&made, &n);
	ok(s && container_parse(&c, s, n) == 0, "and back");
	free(s);
	big = calloc(CONTAINER_SIZEMAX, 1);
	if (!big)
		exit(111);
	made.nfile = 0;
	is_int(container_add(&made, "rules/a.rules", big, CONTAINER_SIZEMAX), 0,
	    "a large file");
	ok(!container_make(&made, &n), "is too large in all");
	free(big);
}

int
main(void)
{
	good();
	bad();
	limits();
	return done_testing();
}
