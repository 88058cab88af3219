#!/usr/bin/env python3
"""bench.py BUILD WHAT... - measures dray on this machine, on loopback only.

  relay     10 KB messages, one recipient each, 50 injectors over the queue
            socket, delivered over kept connections
  fanout    20 messages of 1,000 recipients at one domain, one recipient a
            delivery
  trips     messages a second and connection when every reply is 50 ms late
  ctl       the same queue, steered: how long dray-ctl takes, and how long it
            keeps others waiting; once more with a sender for each message
  queue     a million messages to 10,000 sites that do not answer: memory,
            idle CPU, start-up
  mx        a message to each of 100,000 domains, whose servers nsd tells: from
            the first injection to the last delivery, nothing in any cache
  dns       dray-dns alone: 100,000 domains (MX, A, AAAA) asked of nsd, nothing in
            any cache; then the same again, from its cache; then a tenth of
            them in a signed zone, validated
  tls       relay under TLS 1.3 and in the clear, in turn; the same with all
            queued before, so that only delivery counts; and connections of
            ten messages each: how many of them resume a session
  policy    dray-policy: check, compile and explain of texts of 10,000 and of
            100,000 lines, static routes, routes, tenants and providers, with
            the files that come with dray
  prio      latency of transactional messages behind a million of bulk to a
            provider that takes 200 a second, and on the idle system before
  slow      the same behind a million to 1,000 slow destinations and one big one
  rate      limits of 7/s, 100/min and 1000/h by the clock of the sink: the most
            in any window of the period, and how much of them is used
  fair      100 messages of a campaign behind 100,000 of another at one provider
            that takes 100 a second: when are they there
  scale     10 million recipients of 100 campaigns in 200,000 domains: memory,
            time to load, and to take a new policy; domains by Zipf's law, and
            all alike
  campaign  a list of a million recipients with ten fields, and a template of 50
            KB: time until all is queued, spool, memory
  steer     a campaign of a million recipients, paused, resumed, made more urgent
            than it was, and removed while it is delivered: seconds until that
            holds, and what urgent mail waits while a million events are
            written
  merge     personalised messages of 50 KB with ten fields: how many a second of
            CPU are rendered as 8bit and as quoted-printable, and rows checked
  sign      dray-sign asked for signatures, RSA of 2048 bits and Ed25519, beside
            openssl speed on as many processors, in turn
  signed    a campaign of 20,000 messages of 50 KB, each with a sender of its own,
            delivered unsigned, with Ed25519 and with RSA of 2048 bits: messages
            a second, CPU by program; with --harness DIR beside Postfix that
            relays messages as large
  rules     the reply rules that ship: replies classified a second of CPU, by
            dray-policy, the samples of all rules in turn; and the longest that
            one of a hundred replies of 1 MB made of the rules' own words takes
  returned  what returned messages say: how many a second of CPU are understood by
            dray-bounce --parse, samples of all kinds in turn, and those of a
            folder of yours ($DRAY_CORPUS/bounces)
  forged    100,000 bounces with forged tokens over SMTP: how many a second are
            taken, what they leave on disk, and in the suppression list
  suppress  a suppression list of 10 million addresses: import, look-ups, until a
            reader knows of one more, fold
  postfix   relay and fanout in turn with Postfix in a harness: --harness DIR,
            whose bench.py runs "w1 postfix --persistent" and "w3
            postfix --opt verp" (one recipient a delivery there too)
  door      the same work through dray-smtpd (adapter.sh): kept sessions, a
            connection a message, 100 KB, and one client in lock-step; with
            syncs, flushes of the device and commits of the journal a message
  idle      10,000 sessions that do nothing: memory, and what an active one
            waits
  overload  twice as much as the provider takes comes in, for --seconds (600 is
            asked): the queue's length, refusals, memory, transactional mail
            meanwhile, what was lost

Options: --messages N, --rounds N, --seconds N (how long prio and slow look), --sink PROGRAM (another sink with the same
control, for postfix the harness's own), --scratch DIR.

Everything is durable: what is acknowledged has been synced.  The machine is
shared and noisy, so only the ratios of runs taken in turn mean something.
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "../../t/lib"))
from backlog import ctl, queue  # noqa: E402
from forged import forged  # noqa: E402
from injection import campaign  # noqa: E402
from intake import idle, overload  # noqa: E402
from lookup import dns, mx  # noqa: E402
from personal import merge  # noqa: E402
from rates import rate  # noqa: E402
from replies import rules  # noqa: E402
from returned import returned  # noqa: E402
from scale import scale  # noqa: E402
from signed import signed  # noqa: E402
from signing import sign  # noqa: E402
from steering import steer  # noqa: E402
from suppress import suppress  # noqa: E402
from streams import fair, prio, slow  # noqa: E402
from text import policy  # noqa: E402
from transit import fanout, postfix, relay, tls, trips  # noqa: E402
from versus import door  # noqa: E402


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("build")
    p.add_argument("what", nargs="*", default=["relay", "fanout", "trips"])
    p.add_argument("--messages", type=int)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=int, default=30)
    p.add_argument("--sink")
    p.add_argument("--port", type=int, default=2650)
    p.add_argument("--harness")
    p.add_argument("--scratch", default=os.environ.get("TMPDIR", "/tmp"))
    a = p.parse_args()
    known = {f.__name__: f for f in (
        relay, fanout, trips, tls, postfix, queue, ctl, mx, dns, prio, slow,
        fair, rate, scale, campaign, merge, sign, signed, rules, returned, policy,
        forged, suppress, idle, overload, door, steer)}
    for w in a.what:
        if w not in known:
            p.error("unknown: " + w)
    for w in a.what:
        known[w](a)


main()
