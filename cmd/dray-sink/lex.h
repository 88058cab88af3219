/*
 * lex - the words of one line of a script.
 *
 *   lex_bad(x, format, ...)   puts "line: what" into x->err; returns -1
 *   lex_word(x)           the next word, cut off with a NUL in place; NULL at
 *                         the end of the line
 *   lex_skip(x)           goes on to what is not a blank
 *   lex_blank(c)          whether c is a blank
 *   lex_count(x, s, n_r)  a decimal number of up to 18 digits (s: a word)
 *   lex_time(x, v_r)      "5s", "200ms", "2m", "1h", "5": seconds
 *   lex_range(x, r)       "3", "3-5", "3-", "-5"
 *   lex_chance(x, v_r)    "5%", "0.05"
 *   lex_string(x, s_r, n_r)   a string in double quotes, unescaped in place
 *
 * Those that return int return 0, or -1 after lex_bad().
 */
#ifndef DRAY_LEX_H
#define DRAY_LEX_H

#include <stddef.h>
#include <stdint.h>

struct range;
struct rule;
struct script;

struct lex {
	char *p; /* what is left of the line */
	unsigned line;
	struct script *script;
	struct rule *rule;
	int acts; /* actions so far */
	char *err;
	size_t errlen;
};

__attribute__((format(printf, 2, 3))) int lex_bad(
    struct lex *x, const char *format, ...);
char *lex_word(struct lex *x);
void lex_skip(struct lex *x);
int lex_blank(char c);
int lex_count(struct lex *x, const char *s, uint64_t *n_r);
int lex_time(struct lex *x, double *v_r);
int lex_range(struct lex *x, struct range *r);
int lex_chance(struct lex *x, double *v_r);
int lex_string(struct lex *x, char **s_r, size_t *n_r);

#endif
