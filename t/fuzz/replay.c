/*
 * replay - runs a fuzz target over stored inputs, without a fuzzer.
 *
 * Linked with one t/fuzz/NAME.c.  Arguments are files or directories of
 * files; without any, t/fuzz/corpus/NAME, NAME being that of the program.
 * Prints how many inputs it ran; a bad one ends it by a signal.  Exits 0, or
 * 1 when there was nothing to run.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUTMAX (1 << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* 1 ran, 0 not a file to run. */
static int
run(int dir, const char *name)
{
	struct stat st;
	uint8_t *s;
	ssize_t r;
	size_t n = 0;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > INPUTMAX) {
		close(fd);
		return 0;
	}
	/* Exactly as large as the input, so that reading past it is seen. */
	s = malloc((size_t)st.st_size + !st.st_size);
	if (!s)
		abort();
	while (n < (size_t)st.st_size &&
	    (r = read(fd, s + n, (size_t)st.st_size - n)) > 0)
		n += (size_t)r;
	close(fd);
	LLVMFuzzerTestOneInput(s, n);
	free(s);
	return 1;
}

static unsigned long
run_all(const char *path)
{
	unsigned long count = 0;
	struct dirent *e;
	DIR *d;

	d = opendir(path);
	if (!d)
		return (unsigned long)run(AT_FDCWD, path);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			count += (unsigned long)run(dirfd(d), e->d_name);
	closedir(d);
	return count;
}

int
main(int argc, char **argv)
{
	unsigned long count = 0;
	const char *name;
	char path[256];
	int i;

	name = strrchr(argv[0], '/');
	name = name ? name + 1 : argv[0];
	for (i = 1; i < argc; i++)
		count += run_all(argv[i]);
	if (argc == 1) {
		snprintf(path, sizeof path, "t/fuzz/corpus/%s", name);
		count = run_all(path);
	}
	printf("%s: %lu inputs\n", name, count);
	return count == 0;
}
