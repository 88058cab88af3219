/*
 * controlproto - what is asked of dray-send over BASE/sock/control,
 * dray-protocols(7).
 *
 *   'S' STATISTICS, 'L' LIST   no fields
 *   'A' ACT   u8 action, u8 flags, str 500 reason, str 64 author, scope
 *             (scope.h).  The answer is one frame of the same type with a JSON
 *             object
 *   'W' WHY   str 255 destination.  The answer is the same
 */
#ifndef DRAY_CONTROLPROTO_H
#define DRAY_CONTROLPROTO_H

#define CONTROL_WHY 'W'
#define CONTROL_NAMEMAX 255

#define CONTROL_COUNT 'n' /* what is in the scope */
#define CONTROL_HELD 'h' /* what of it is held */
#define CONTROL_FLUSH 'f'
#define CONTROL_EXPIRE 'e'
#define CONTROL_REMOVE 'r'
#define CONTROL_ACTIONS "nhfer"

#define CONTROL_DRY 1 /* flag: count only */

#endif
