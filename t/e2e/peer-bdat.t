#!/usr/bin/python3
# What dray-remote relies on when it writes several messages at once: each
# command has its reply, a refused BDAT is read to its end, and RSET keeps
# apart what belongs to different messages.  What else the servers do is told.
import os
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import bdatprobe
import peers
from tap import done, same, skip, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))


def came(peer, talk):
    """Those of this case; others may still be on their way to their boxes."""
    got = [(rcpt, data.split(b'\n')[0][8:].decode())
           for rcpt, data in peer.arrived()]
    return sorted(x for x in got if x[1].startswith(talk.tag))


def relied(peer, talk, got, closed):
    wrong = [(v, w, c) for v, w, (c, _) in zip(talk.verbs, talk.want, got)
             if w not in (None, c)]
    name = '%s: %s: ' % (peer.name, talk.name)
    same((len(got), wrong, closed), (len(talk.verbs), [], True),
         name + 'one reply each, as it ought to be')
    until(lambda: len(came(peer, talk)) >= len(talk.arrive))
    same(came(peer, talk), sorted(talk.arrive), name + 'what was accepted arrives')


def probe(peer):
    s, offers = bdatprobe.hello('127.0.0.1', peer.port)
    s.close()
    print('# %s %s offers %s' % (peer.name, peer.version, ' '.join(offers)))
    same([x for x in ('PIPELINING', 'CHUNKING', 'SMTPUTF8') if x in offers],
         list(peer.offers), peer.name + ': offers what it did')
    for talk in bdatprobe.cases(peer.domain, peer.size):
        if 'CHUNKING' not in offers or \
                (talk.name.startswith('twenty') and not talk.relied):
            continue
        got, closed = bdatprobe.send('127.0.0.1', peer.port, talk)
        if talk.relied:
            relied(peer, talk, got, closed)
        else:
            print('# %s: %s: %s' % (peer.name, talk.name,
                                    bdatprobe.brief(talk, got)))


for name in peers.NAMES:
    try:
        peer = peers.start(name, BUILD)
    except peers.Missing as e:
        skip(name, e)
        continue
    try:
        probe(peer)
    finally:
        peer.end()
done()
