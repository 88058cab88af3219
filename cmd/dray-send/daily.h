/*
 * daily - what left today, of all that a day limits: dray-conf(5),
 * daily-messages, and the plans of warm-up.
 *
 * A day is one of UTC.  What counts is each recipient that is handed to a lane.
 * Counts are kept in spool/daily (common/daycount.h): what may leave is written
 * there before it does, some in advance, so that whatever is killed the count is
 * never too low, and too high by that at most.
 *
 *   daily_start()         reads the file
 *   daily_take(kind, name, n)
 *                         the count of what has that name, with one reference
 *   daily_drop(d)         one less; d may be NULL
 *   daily_used(d)         so much did leave today
 *   daily_left(d, most, kept)
 *                         so much may still leave today where most may in a day,
 *                         of which kept percent are not for this if urgent mail
 *                         has left today
 *   daily_room(d, most, kept)
 *                         so much at this moment
 *   daily_when(d, most, kept, want)
 *                         when want, or what is left of the day's, may leave;
 *                         0 now.  DAILY_DISK: once the file is written, and then
 *                         quota_written() is called
 *   daily_pass(d, n, urgent)
 *                         so much leaves
 *   daily_back(d, n)      so much did not leave after all, and came back on the
 *                         day on which it was handed out
 *   daily_turn()          once a turn: what has to be written
 *   daily_written(e)      it was, or errno: it could not be
 *   daily_end()           dray-send ends
 *   daily_today()         the day, in days since 1970
 *   daily_rest()          seconds until it ends
 */
#ifndef DRAY_SEND_DAILY_H
#define DRAY_SEND_DAILY_H

#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#define DAILY_DISK UINT64_MAX
#define DAILY_SECONDS 86400

struct daily;

void daily_start(void);
struct daily *daily_take(char kind, const void *name, size_t n);
void daily_drop(struct daily *d);
uint64_t daily_used(struct daily *d);
uint64_t daily_left(struct daily *d, uint64_t most, unsigned int kept);
uint64_t daily_room(struct daily *d, uint64_t most, unsigned int kept);
uint64_t daily_when(
    struct daily *d, uint64_t most, unsigned int kept, uint64_t want);
void daily_pass(struct daily *d, uint64_t n, int urgent);
void daily_back(struct daily *d, uint64_t n);
void daily_turn(void);
void daily_written(int error);
void daily_end(void);
uint32_t daily_today(void);
double daily_rest(void);

/* dailyfile.c: by the disk thread but for the first */
int dailyfile_read(unsigned char **s_r, size_t *n_r);
int dailyfile_write(const void *s, size_t n, int anew);

#endif
