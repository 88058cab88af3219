/*
 * queued - the parts of dray-queued.
 *
 * client.c   connections and their frames; verdicts in order
 * message.c  one message as it comes in: checks, memory, the file of a large
 *            one
 * campaign.c campaigns that come in chunks, each chunk once
 * ledgers.c  what is on disk of them: spool/campaigns
 * program.c  what messages are made of for each recipient
 * stream.c   what kind of mail it is, and how long it lives
 * whose.c    whose mail it is by its From, and the hash of its body
 * suppressed.c
 *            who gets no mail any more
 * commit.c   the thread that makes batches durable
 * room.c     whether there is room: disk, inodes, length of the queue, memory;
 *            and who hears of it
 *
 * A message belongs to its client until END, then to the batch that commits
 * it, and at last to the client again for its verdict.  A client that goes
 * away leaves its committing messages behind (client NULL).
 */
#ifndef DRAY_QUEUED_H
#define DRAY_QUEUED_H

#include <ev.h>
#include <sys/queue.h>

#include "common/bundlemake.h"
#include "common/frame.h"
#include "common/ledger.h"
#include "common/policy.h"
#include "common/queueproto.h"
#include "common/spool.h"
#include "common/streamscan.h"
#include "common/wire.h"

#define SPILL 262144 /* octets; a larger message gets its own file */
#define CLIENT_AHEAD 256 /* messages without a verdict, per client */

#define LEDGERS_MAX 100000 /* campaigns that are remembered */

struct campaign;
struct client;

/* Which part of a campaign a message is. */
struct chunk {
	uint32_t number, chunks;
	unsigned char own[LEDGER_DIGEST], campaign[LEDGER_DIGEST];
	uint64_t began;
};

struct message {
	TAILQ_ENTRY(message) in_client; /* order of verdicts */
	TAILQ_ENTRY(message) in_batch;
	struct client *client;
	struct bundlemake m;
	struct wire wire;
	struct whose *whose; /* NULL: nobody asks */
	stralloc listed; /* hashes of those who may be suppressed */
	uint32_t suppressed; /* of them, who are */
	uint64_t taken; /* octets of DATA so far */
	uint64_t written; /* of the stored octets, in its file */
	size_t accounted; /* memory counted for it */
	struct campaign *campaign; /* of a chunk, else NULL */
	struct chunk chunk;
	int fd; /* of a large message or a chunk, else -1 */
	char name[SPOOL_IDMAX + 1]; /* of that file in tmp */
	char id[SPOOL_MSGIDMAX + 1];
	enum { TAKING, REFUSED, COMMITTING, ACCEPTED } state;
	int told; /* its verdict has gone out */
	int error; /* the thread's: errno, or 0 durable */
	int doubt; /* and: it may be durable all the same */
	char class; /* of the refusal: '4' or '5' */
	char status[12];
	char text[QUEUE_TEXTMAX + 1];
};

TAILQ_HEAD(messages, message);

struct client {
	TAILQ_ENTRY(client) in_order; /* by last word, oldest first */
	struct queued *q;
	struct frame f;
	ev_io io;
	struct message *taking; /* between MESSAGE and END */
	struct streamscan scan; /* its header */
	uint32_t uid;
	int asked; /* it hears of the state (queueproto.h) */
	const char *told; /* what it has heard */
	struct messages waiting; /* for verdicts, oldest first */
	unsigned int nwaiting;
	ev_tstamp last;
};

TAILQ_HEAD(clients, client);

TAILQ_HEAD(campaigns, campaign);

struct commit;

struct queued {
	struct ev_loop *loop;
	struct spool spool;
	struct policy policy;
	struct policy_queue limit;
	struct policy_stream stream[POLICY_STREAMMAX];
	unsigned int nstream;
	struct streamrule_set *rules;
	int whose; /* there are keys, or senders */
	int refuses; /* mail that nobody signs */
	ev_io listener;
	ev_timer resume; /* listening, after descriptors ran short */
	ev_timer slow; /* the next client that is too slow */
	ev_async committed;
	struct clients clients;
	unsigned int nclients;
	unsigned int nasked; /* of them, for the state */
	size_t memory;
	struct messages pending; /* ended, not yet handed to the thread */
	struct campaigns campaigns;
	uint32_t nledgers; /* files in spool/campaigns */
	struct commit *commit;
	int busy; /* the thread has a batch */
	int ending;
	ev_tstamp looked; /* when policy and room were looked at */
	const char *full; /* why there is no room, or NULL */
	int tight; /* so is memory, for what is new */
	const char *state; /* what clients were told, or NULL */
	ev_prepare tell;
	ev_timer again; /* the next look, while there is no room */
	ev_tstamp said; /* the last complaint */
	ev_tstamp said_full;
	int told_full; /* that was said, and not yet that it is over */
	uint64_t taken; /* messages, ever */
	uint64_t most; /* of them, until the queue is full */
	uint64_t known; /* of them dray-send has taken from new/ */
	uint64_t loaded; /* what the gauge said of that */
};

/* dray-queued.c */
void queued_complain(struct queued *q, const char *text);

/* client.c */
void client_new(struct queued *q, int fd);
void client_verdicts(struct client *c);
int client_evict(struct queued *q);
void client_slow(struct ev_loop *loop, ev_timer *w, int revents);
void client_tell(struct queued *q);

/* message.c: each returns 0, or -1 when the frame is malformed.  What is wrong
 * with the message itself is noted in it as a refusal. */
struct message *message_new(struct client *c, const char *data, size_t len);
int message_rcpts(struct message *g, const char *data, size_t len);
void message_data(struct message *g, const char *data, size_t len);
int message_end(struct message *g, const char *data, size_t len);
void message_refuse(
    struct message *g, char class, const char *status, const char *text);
void message_shed(struct queued *q, struct message *g);
void message_free(struct queued *q, struct message *g);

/* campaign.c */
int campaign_ask(struct client *c, const char *data, size_t len);
void campaign_take(struct message *g, struct field *r);
void campaign_leave(struct queued *q, struct message *g);
void campaign_lost(struct client *c);
int campaign_record(struct message *g, const struct spool *s);

/* program.c */
void program_look(struct message *g);

/* ledgers.c */
void ledgers_start(struct queued *q);
int ledgers_read(struct queued *q, const char *name, stralloc *sa,
    struct ledger_head *h, ledger_fn *fn, void *arg);
int ledgers_add(const struct spool *s, const char *name,
    const struct ledger_head *h, const struct ledger_chunk *c, int *doubt);

/* stream.c */
void stream_policy(struct queued *q);
int stream_ok(const struct queued *q, const char *s, size_t len);
const struct policy_stream *stream_settle(struct message *g);

/* whose.c */
void whose_policy(struct queued *q);
void whose_start(struct message *g);
size_t whose_memory(const struct message *g);
void whose_feed(struct message *g, const char *s, size_t n);
void whose_end(struct message *g);
void whose_free(struct message *g);

/* suppressed.c */
void suppressed_start(struct queued *q, const char *base);
void suppressed_rcpt(struct message *g, const char *local, size_t n,
    const char *domain, size_t m);
void suppressed_end(struct message *g, const struct policy_stream *st);

/* commit.c */
struct commit *commit_start(struct queued *q);
void commit_done(struct ev_loop *loop, ev_async *w, int revents);

/* room.c: room_look when a message comes; room_full says why it cannot be taken,
 * or NULL; room_stream the same at its end, when its stream is known. */
void room_start(struct queued *q);
void room_look(struct queued *q);
const char *room_full(struct queued *q);
const char *room_stream(const struct queued *q, const struct policy_stream *st);
int room_part(const char *state);
const char *room_status(const char *state);

#endif
