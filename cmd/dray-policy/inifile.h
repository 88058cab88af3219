/*
 * inifile - INI text, read so that every mistake is told with its line.
 *
 * inih takes "key = value" apart.  It does not tell line numbers, tells only
 * the first line that it does not understand, and cuts long lines and names
 * of sections (at 49 octets) without a word: so here the lines are read,
 * counted and bounded, and the sections taken apart, before inih sees them.
 *
 *   inifile_read(f, h)   reads f to its end and calls
 *       h->section(user, line, name)        for each [name]
 *       h->pair(user, line, key, value)     for each key = value
 *       h->mistake(user, line, text)        for each line that is neither,
 *                                           holds a control character, or is
 *                                           longer than INIFILE_LINEMAX
 *       0, or -1 with errno from reading.
 *
 * Blanks around names, keys and values are removed, so lines may be indented.
 * A comment is a line that begins with # or ;, or the rest of a line after a
 * blank and a semicolon.  A section line that is a mistake is told as one and
 * as a section whose name is NULL, so that the keys below it do not fall into
 * the section above.
 */
#ifndef DRAY_POLICY_INIFILE_H
#define DRAY_POLICY_INIFILE_H

#include <stdio.h>

#define INIFILE_LINEMAX 2048 /* octets without the line end */

struct inifile_handler {
	void (*section)(void *user, unsigned int line, const char *name);
	void (*pair)(
	    void *user, unsigned int line, const char *key, const char *value);
	void (*mistake)(void *user, unsigned int line, const char *text);
	void *user;
};

int inifile_read(FILE *f, const struct inifile_handler *h)
    __attribute__((warn_unused_result));

#endif
