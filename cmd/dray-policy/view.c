#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/view.h"
#include "common/mem.h"

int
view_open(struct view *v, const char *path)
{
	return policy_open(&v->policy, path);
}

/* The file is gone at once; what is mapped stays. */
static int
open_made(struct view *v, const struct conf *c, const char *dir)
{
	int e, r, dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[64];

	if (dirfd == -1)
		return -1;
	r = compile_write(dirfd, c, 0);
	if (r == 0) {
		snprintf(
		    path, sizeof path, "/proc/self/fd/%d/policy.cdb", dirfd);
		r = policy_open(&v->policy, path);
	}
	e = errno;
	unlinkat(dirfd, "policy.cdb", 0);
	close(dirfd);
	errno = e;
	return r;
}

int
view_of(struct view *v, const struct conf *c)
{
	const char *tmp = getenv("TMPDIR");
	char dir[4096];
	int e, r;

	r = snprintf(dir, sizeof dir, "%s/dray-policy.XXXXXX",
	    tmp && *tmp ? tmp : "/tmp");
	if ((size_t)r >= sizeof dir) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!mkdtemp(dir))
		return -1;
	r = open_made(v, c, dir);
	e = errno;
	rmdir(dir);
	errno = e;
	return r;
}

void
view_close(struct view *v)
{
	policy_close(&v->policy);
}

/* The facts of a section, of the list of sections where it is NULL; NULL with
 * errno EPROTO. */
static const char *
text_of(const struct view *v, const char *section)
{
	char key[POLICY_NAMEMAX + 64] = "x";
	const void *p;
	size_t n;

	/* "x" is the list of the sections, "x:" the first of the texts. */
	if (section)
		snprintf(key, sizeof key, "x:%s", section);
	if (policy_record(&v->policy, key, strlen(key), &p, &n) == 1 && n &&
	    memchr(p, '\0', n) == (const char *)p + n - 1)
		return p;
	errno = EPROTO;
	return NULL;
}

int
view_show(const struct view *v, FILE *out)
{
	const char *index = text_of(v, NULL), *text = text_of(v, "");
	char section[POLICY_NAMEMAX + 64];
	size_t n;

	if (!text || !index)
		return -1;
	fputs(text, out);
	for (; *index; index += n + (index[n] == '\n')) {
		n = strcspn(index, "\n");
		if (!n || n >= sizeof section) {
			errno = EPROTO;
			return -1;
		}
		memcpy(section, index, n);
		section[n] = '\0';
		text = text_of(v, section);
		if (!text)
			return -1;
		fputs(text, out);
	}
	return 0;
}

int
view_has(const struct view *v, const char *section)
{
	return text_of(v, section) != NULL;
}

char *
view_text(const struct view *v)
{
	char *s;
	size_t n;
	FILE *f = open_memstream(&s, &n);
	int r;

	mem_check(f != NULL);
	r = view_show(v, f);
	mem_check(fclose(f) == 0);
	if (r == 0)
		return s;
	free(s);
	errno = EPROTO;
	return NULL;
}

const char *
view_fact(
    const struct view *v, const char *section, const char *key, size_t *len_r)
{
	char begin[POLICY_NAMEMAX + 128];
	const char *line = text_of(v, section);
	size_t n;

	snprintf(begin, sizeof begin, "%s%s%s\t", section,
	    key && *section ? "/" : "", key ? key : "");
	n = strlen(begin);
	for (; line && *line; line += strcspn(line, "\n"), line += *line != 0) {
		if (strncmp(line, begin, n) != 0)
			continue;
		*len_r = strcspn(line, "\n") - n;
		return line + n;
	}
	return NULL;
}

static int
put_section(const char *text, const char *section, FILE *out)
{
	size_t n = strlen(section), len;
	int count = 0;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (strncmp(text, section, n) != 0 || text[n] != '/')
			continue;
		fprintf(out, "%.*s\n", (int)(len - n - 1), text + n + 1);
		count++;
	}
	return count;
}

int
view_section(const struct view *v, const char *section, FILE *out)
{
	const char *text = text_of(v, "");

	return text ? put_section(text, section, out) : -1;
}
