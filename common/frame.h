/*
 * frame - messages over a local stream socket, with descriptors.
 *
 * The wire form is that of skalibs' unixmessage: 4 octets length and 2 octets
 * number of descriptors, both big-endian, then the content; descriptors travel
 * as SCM_RIGHTS with or before the frame that owns them.  The receiver is our
 * own because unixmessage's asks for the memory that a peer announces, up to
 * 256 MiB, and takes one system call a message.
 *
 * All queued frames leave in one sendmsg, and all that has come is handed out
 * from one recvmsg.  The first content octet of every frame is FRAME_VERSION,
 * the second its type (dray-protocols(7)).
 *
 *   frame_init(f, fd, max, maxfds)  takes over fd (non-blocking for event
 *                     loops, blocking for simple clients).  max: octets of the
 *                     largest frame accepted, at most FRAME_MAX; maxfds: 0 if
 *                     descriptors are refused, else FRAME_FDMAX
 *   frame_free(f)     closes the socket and every descriptor not handed out
 *   frame_begin(f, type)  starts a frame; append its fields to &f->out with
 *                     the functions of field.h, then
 *   frame_end(f)      ends it; -1 EMSGSIZE if it is too large (then nothing of
 *                     it is queued)
 *   frame_attach(f, fd)  between begin and end: a descriptor that goes along.
 *                     It is closed once sent.  At most one a frame, and at most
 *                     FRAME_WAITMAX waiting; else -1 EMFILE, and fd is still
 *                     the caller's
 *   frame_flush(f)    1 all is sent, 0 the socket is full (wait until it is
 *                     writable), -1 errno
 *   frame_pending(f)  octets queued and not sent
 *   frame_pump(f, fn, ctx)  receives once and calls fn for every whole frame:
 *                     fn(ctx, type, data, len, fd), data without version and
 *                     type, fd -1 or now fn's own.  fn returns 0, or -1 to stop
 *                     at once (f may be gone then).  fn must not call
 *                     frame_pump, for whatever frame: data is in a buffer that
 *                     the thread's frames share.
 *                     Returns 1 go on, 0 nothing there (EAGAIN), -1 the end:
 *                     errno 0 the peer closed, EPROTO a malformed frame,
 *                     ECANCELED fn said stop, or that of recvmsg
 *   f->most           octets that it receives at a time, where whoever calls
 *                     has others who wait; 0, as after frame_init: as many as
 *                     there is room for
 */
#ifndef DRAY_FRAME_H
#define DRAY_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define FRAME_VERSION 1
#define FRAME_MAX 131072
#define FRAME_FDMAX 64 /* descriptors that may be ahead of their frames */
#define FRAME_WAITMAX 4096

struct frame_fd {
	int fd; /* -1: sent */
	size_t end; /* of the frame that owns it, in out */
};

struct frame {
	int fd;
	uint32_t max;
	unsigned int maxfds;
	stralloc out; /* frames, whole but the last */
	size_t head; /* sent so far */
	size_t start; /* where the frame being made begins */
	stralloc in; /* the part of a frame that has come */
	size_t most;
	struct frame_fd *outfd; /* in order; those sent ahead come first */
	unsigned int nout, room;
	unsigned int nahead; /* sent, their frames not wholly */
	unsigned int making; /* descriptors of the frame being made */
	unsigned int nin; /* descriptors that came, not handed out */
	int infd[2 * FRAME_FDMAX];
};

typedef int frame_fn(
    void *ctx, char type, const char *data, size_t len, int fd);

void frame_init(struct frame *f, int fd, uint32_t max, unsigned int maxfds);
void frame_free(struct frame *f);
void frame_begin(struct frame *f, char type);
int frame_end(struct frame *f) __attribute__((warn_unused_result));
int frame_attach(struct frame *f, int fd) __attribute__((warn_unused_result));
int frame_flush(struct frame *f) __attribute__((warn_unused_result));
size_t frame_pending(const struct frame *f);
int frame_pump(struct frame *f, frame_fn *fn, void *ctx)
    __attribute__((warn_unused_result));

#endif
