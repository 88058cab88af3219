# dray.  GNU make, no configure.  "make help" lists the targets.
#
# A program becomes known by existing: cmd/NAME/*.c and common/libdray.a make
# $(B)/bin/NAME.  A program links only what it needs: extra libraries stand in
# one line each, LIBS_NAME, and --as-needed drops what is not used.

CC      = gcc
PREFIX  = /usr/local
BASE    = /var/dray
DESTDIR =
SECS    = 60
V       =
Q       = $(if $(V),,@)
say     = $(if $(V),,@echo "$(1) $@")

ifdef SAN
B       ?= build-san
OPT     = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	  -fno-sanitize-recover=all -DDRAY_SANITIZE -DRUNS_HOT=0
LDOPT   = -fsanitize=address,undefined
else
B       ?= build
OPT     = -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDOPT   = -pie -Wl,-z,relro,-z,now
endif

WARN    = -Wall -Wextra -Wshadow -Wpointer-arith -Wwrite-strings \
	  -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla
CFLAGS  = -std=c11 -D_GNU_SOURCE $(WARN) $(WERROR) $(OPT) -I. \
	  -DDRAY_BASE='"$(BASE)"' $(XCFLAGS)
LDFLAGS = $(LDOPT) -Wl,--as-needed $(XLDFLAGS)

LIBS_dray-dns = -lunbound
LIBS_dray-unsub = -lmicrohttpd
LIBS_dray-campaign = -lcsv -lpsl

# libcdb and libskarnet share five symbols: libcdb has to come first.
LDLIBS  = -lcdb -lev -lidn2 -linih -ljansson -lm -lpcre2-8 -lsodium -lseccomp -lskarnet -lpthread

PROGS   := $(notdir $(wildcard cmd/*))
LIBOBJ  := $(patsubst %.c,$(B)/%.o,$(wildcard common/*.c))
LIB     := $(B)/libdray.a
BINS    := $(addprefix $(B)/bin/,$(PROGS))
UNITS   := $(patsubst t/unit/%.c,$(B)/t/%,$(wildcard t/unit/*.c))
HELPERS := $(patsubst t/lib/%.c,$(B)/t/lib/%,$(filter-out %_preload.c,$(wildcard t/lib/*.c)))
PRELOAD := $(patsubst t/lib/%.c,$(B)/t/lib/%.so,$(wildcard t/lib/*_preload.c))
FUZZERS := $(patsubst t/fuzz/%.c,%,$(filter-out t/fuzz/replay.c,$(wildcard t/fuzz/*.c)))

# What a fuzz target needs of the inside of a program, all but its main.  The
# objects are those of the program.
FUZZSRC_bounce = $(addprefix cmd/dray-bounce/,group.c dsn.c status.c words.c original.c put.c)
FUZZSRC_backmail = cmd/dray-bounce/backmail.c
FUZZSRC_returns = $(addprefix cmd/dray-bounce/,mail.c)
REPORTSRC = $(addprefix cmd/dray-bounce/,address.c arena.c arfread.c charset.c \
	dsnread.c headfield.c htmltext.c kind.c mimebound.c mimeread.c \
	replycode.c report.c reportjson.c returned.c sesread.c textscan.c \
	textsplit.c tokenfind.c topfield.c verdict.c textabout.c)
FUZZSRC_report = $(REPORTSRC)
FUZZSRC_unsub = cmd/dray-unsub/request.c
FUZZSRC_queue = $(addprefix cmd/dray-queued/,message.c stream.c whose.c \
    campaign.c ledgers.c program.c suppressed.c)
FUZZSRC_policy_ini = $(filter-out %/dray-policy.c,$(wildcard cmd/dray-policy/*.c))
FUZZSRC_pack = cmd/dray-policy/container.c
FUZZSRC_minisign = cmd/dray-policy/minisign.c
FUZZSRC_rules_text = $(FUZZSRC_policy_ini)
SINKSRC := $(filter-out %/dray-sink.c,$(wildcard cmd/dray-sink/*.c))
REMOTESRC = $(filter-out %/dray-remote.c,$(wildcard cmd/dray-remote/*.c))
FUZZSRC_remote_ehlo = $(REMOTESRC)
FUZZSRC_remote_order = $(REMOTESRC)
FUZZSRC_remote_talk = $(REMOTESRC)
FUZZSRC_remote_job = $(REMOTESRC)
FUZZSRC_remote_signed = cmd/dray-remote/signlink.c
SENDSRC = $(filter-out %/dray-send.c %/disk.c,$(wildcard cmd/dray-send/*.c)) \
	  $(FUZZSRC_policy_ini)
FUZZSRC_send_worker = $(SENDSRC)
FUZZSRC_send_control = $(SENDSRC)
FUZZSRC_send_dns = cmd/dray-send/mx.c
FUZZSRC_stat_answers = $(filter-out %/dray-stat.c,$(wildcard cmd/dray-stat/*.c))
FUZZSRC_why_answers = $(filter-out %/dray-why.c,$(wildcard cmd/dray-why/*.c))
FUZZSRC_dns_mx = cmd/dray-dns/mx.c cmd/dray-dns/dnsmsg.c
FUZZSRC_dns_client = $(addprefix cmd/dray-dns/,client.c txt.c question.c cache.c \
	mx.c dnsmsg.c)
FUZZSRC_log_frames = cmd/dray-log/clients.c cmd/dray-log/door.c
FUZZSRC_log_door = cmd/dray-log/door.c
FUZZSRC_campaign_list = $(addprefix cmd/dray-campaign/,list.c csv.c ndjson.c \
	columns.c rows.c quoted.c)
FUZZSRC_queue_envelope = cmd/dray-queue/envelope.c
FUZZSRC_smtpd_talk = $(addprefix cmd/dray-smtpd/,talk.c envelope.c content.c \
	lineend.c starttls.c path.c message.c head.c crowd.c limit.c net.c \
	auth.c sasl.c user.c charge.c xclient.c refusal.c) \
	cmd/dray-log/door.c
FUZZSRC_smtpd_keys = $(addprefix cmd/dray-smtpd/,keys.c chains.c keyprov.c sni.c)
FUZZSRC_tlskey_client = $(addprefix cmd/dray-tlskey/,client.c secret.c sign.c)
FUZZSRC_sign_client = $(addprefix cmd/dray-sign/,client.c sign.c)
FUZZSRC_keys_record = $(addprefix cmd/dray-keys/,keypair.c record.c)
FUZZSRC_auth_client = $(addprefix cmd/dray-auth/,client.c check.c cache.c \
	brake.c count.c)
FUZZSRC_auth_answers = cmd/dray-smtpd/authclient.c
FUZZSRC_smtpd_proxy = cmd/dray-smtpd/proxy.c
FUZZSRC_fsck = $(filter-out %/dray-fsck.c,$(wildcard cmd/dray-fsck/*.c))
FUZZSRC_fsck_return = $(FUZZSRC_fsck) cmd/dray-bounce/backmail.c
FUZZSRC_log_repair = cmd/dray-log/repair.c
FUZZSRC_tail = $(filter-out %/dray-tail.c,$(wildcard cmd/dray-tail/*.c))
FUZZSRC_sink_script = $(SINKSRC)
FUZZSRC_sink_smtp = $(SINKSRC)
FUZZSRC_sink_body = $(SINKSRC)

# And what a unit test does.
UNITSRC_report = $(REPORTSRC)
UNITLIBS_report = $(GMIME_LIBS)
UNITSRC_blname = cmd/dray-check/blname.c
UNITSRC_container = cmd/dray-policy/container.c
UNITSRC_date = cmd/dray-policy/date.c
UNITSRC_diff = $(addprefix cmd/dray-policy/,diff.c order.c)
UNITSRC_minisign = cmd/dray-policy/minisign.c
UNITSRC_mx = cmd/dray-send/mx.c
UNITSRC_spread = cmd/dray-send/spread.c
UNITSRC_turns = cmd/dray-send/turns.c
UNITSRC_numbers = cmd/dray-send/numbers.c
UNITSRC_fold = cmd/dray-send/fold.c
UNITSRC_runs = cmd/dray-send/runs.c cmd/dray-send/fold.c
UNITSRC_book = cmd/dray-send/book.c cmd/dray-send/row.c cmd/dray-send/numbers.c
UNITSRC_smtpd_head = cmd/dray-smtpd/head.c
UNITSRC_smtpd_net = cmd/dray-smtpd/net.c
UNITSRC_smtpd_crowd = cmd/dray-smtpd/crowd.c cmd/dray-smtpd/net.c
UNITSRC_smtpd_path = cmd/dray-smtpd/path.c
UNITSRC_smtpd_sasl = cmd/dray-smtpd/sasl.c
UNITSRC_smtpd_sni = cmd/dray-smtpd/sni.c
UNITSRC_dns_mx = cmd/dray-dns/mx.c cmd/dray-dns/dnsmsg.c

# Only who reads MIME links GMime.
GMIME_CFLAGS := $(shell pkg-config --cflags gmime-3.0 2>/dev/null)
GMIME_LIBS := $(shell pkg-config --libs gmime-3.0 2>/dev/null)
GMIMESRC = $(addprefix cmd/dray-bounce/,mimeread.c headfield.c)
LIBS_dray-bounce = $(GMIME_LIBS)
$(patsubst %.c,$(B)/%.o,$(GMIMESRC)): XCFLAGS += $(GMIME_CFLAGS)

# Only who speaks TLS links it.
LIBS_dray-queued = -lcrypto
LIBS_dray-remote = -lssl -lcrypto
LIBS_dray-sink = -lssl -lcrypto
LIBS_dray-smtpd = -lssl -lcrypto
LIBS_dray-tlskey = -lssl -lcrypto
LIBS_dray-sign = -lssl -lcrypto
LIBS_dray-keys = -lcrypto
FUZZLIBS_campaign_list = -lcsv
FUZZLIBS_report = $(GMIME_LIBS)
FUZZLIBS_queue = $(LIBS_dray-queued)
FUZZLIBS_remote_ehlo = $(LIBS_dray-remote)
FUZZLIBS_remote_order = $(LIBS_dray-remote)
FUZZLIBS_remote_talk = $(LIBS_dray-remote)
FUZZLIBS_remote_job = $(LIBS_dray-remote)
FUZZLIBS_smtpd_keys = $(LIBS_dray-smtpd)
FUZZLIBS_tlskey_client = $(LIBS_dray-tlskey)
FUZZLIBS_keys_record = $(LIBS_dray-keys)
FUZZLIBS_sign_client = $(LIBS_dray-sign)
FUZZLIBS_sink_script = $(LIBS_dray-sink)
FUZZLIBS_sink_smtp = $(LIBS_dray-sink)
FUZZLIBS_sink_body = $(LIBS_dray-sink)
UNITLIBS_smtpd_sni = $(LIBS_dray-smtpd)
UNITLIBS_dkim = -lcrypto
HELPERLIBS_dkimsign = -lcrypto

all: $(BINS)

define program
$(B)/bin/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard cmd/$(1)/*.c)) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS_$(1)) $$(LDLIBS)
endef
$(foreach p,$(PROGS),$(eval $(call program,$(p))))

$(LIB): $(LIBOBJ)
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/t/lib/%: t/lib/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) $(HELPERLIBS_$*) $(LDLIBS)

$(B)/t/lib/%.so: t/lib/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl -lpthread

FUZZH   := $(wildcard t/fuzz/*.h)
objects = $(patsubst %.c,$(B)/%.o,$(1))
.SECONDEXPANSION:

$(B)/t/%: t/unit/%.c $$(call objects,$$(UNITSRC_$$*)) $(LIB)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(call objects,$(UNITSRC_$*)) $(LIB) $(UNITLIBS_$*) $(LDLIBS)

# The corpora, by a plain driver, so that no clang is needed.
$(B)/t/fuzz/%: t/fuzz/%.c $(B)/t/fuzz/replay.o $$(call objects,$$(FUZZSRC_$$*)) $(LIB) $(FUZZH)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LIB) $(FUZZLIBS_$*) $(LDLIBS)

# The same with a fuzzer instead of the driver; scripts/fuzz sets CC and OPT.
$(B)/fuzz/%: t/fuzz/%.c $$(call objects,$$(FUZZSRC_$$*)) $(LIB) $(FUZZH)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LIB) $(FUZZLIBS_$*) $(LDLIBS)

tests: all $(UNITS) $(HELPERS) $(PRELOAD) $(addprefix $(B)/t/fuzz/,$(FUZZERS))

check: tests
	scripts/run-tests $(B)

fuzz:
	scripts/fuzz $(SECS) $(F)

fault: tests
	scripts/fault $(B)
	scripts/fault -S -D dray-sign,dray-remote $(B)

noise: tests
	scripts/noise $(B)

bench: all
	scripts/bench/run $(B)

lint:
	scripts/lint

compdb:
	bear -- $(MAKE) -B

install: all
	scripts/install $(B) "$(DESTDIR)" "$(PREFIX)" "$(BASE)"

clean:
	rm -rf build build-*

help:
	@echo "make               all programs, in $(B)/bin"
	@echo "make check         every test that needs no root and no long time"
	@echo "make SAN=1 check   the same under ASan and UBSan, in build-san"
	@echo "make fuzz SECS=60  every fuzz target for SECS seconds (F=name: one)"
	@echo "make fault         the fault loops at full depth"
	@echo "make noise         noise at the door of dray-smtpd for ten minutes"
	@echo "make bench         benchmarks, printed as ratios"
	@echo "make lint          formatting, static analysis, house rules"
	@echo "make install DESTDIR= PREFIX= BASE="
	@echo "make V=1 ...       says each command whole"
	@echo "make clean"

.PHONY: all tests check fuzz fault noise bench lint compdb install clean help
.SECONDARY:
-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
