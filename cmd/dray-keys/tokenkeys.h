/*
 * tokenkeys - BASE/keys/token, the keys by which tokens are made (token.h).
 *
 *   tokenkeys_rotate()   makes the file, or puts a new key in front of those in
 *                        it, of which at most TOKENKEYS_KEEP stay.  Dies: 100
 *                        when the file is malformed, 111
 */
#ifndef DRAY_KEYS_TOKENKEYS_H
#define DRAY_KEYS_TOKENKEYS_H

#define TOKENKEYS_KEEP 8

void tokenkeys_rotate(void);

#endif
