#!/usr/bin/python3
# What came back to people, with what people said that it means:
# $DRAY_CORPUS/bounces and arf.  Prints a table by class.
import collections
import json
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import comeback
from queued import *

CORPUS = os.environ.get('DRAY_CORPUS', comeback.TOP + '/../shared/corpus')
if not os.path.exists(CORPUS + '/bounces/labels.tsv'):
    tap.skip_all('there is no corpus')
T = tempfile.mkdtemp(prefix='dray-test.')
atexit.register(shutil.rmtree, T, True)
comeback.make_base(T, B)


def read(folder):
    """Rows by file, and what the program says of each."""
    here = '%s/%s/' % (CORPUS, folder)
    rows = collections.defaultdict(list)
    with open(here + 'labels.tsv') as f:
        for line in f:
            if not line.startswith('#'):
                r = line.rstrip('\n').split('\t')
                rows[r[0]].append(r[1:])
    p = subprocess.run([B + '/bin/dray-bounce', '-b', T, '--parse'] +
                       [here + x for x in rows], stdout=subprocess.PIPE)
    got = collections.defaultdict(list)
    for line in p.stdout.splitlines():
        x = json.loads(line)
        got[os.path.basename(x['file'])].append(x)
    ok(p.returncode == 0 and len(got) == len(rows), folder + ' is parsed')
    return rows, got


class Count:
    """So many of so many, and those that were not."""

    def __init__(self):
        self.n = self.good = 0
        self.bad = []

    def add(self, good, *what):
        self.n += 1
        self.good += good
        if not good:
            self.bad.append(' '.join(str(x) for x in what))

    def share(self):
        return 100.0 * self.good / max(self.n, 1)


count = collections.defaultdict(Count)
by_class = collections.defaultdict(Count)
rows, got = read('bounces')
for name, of in rows.items():
    for (rcpt, status, code, reason, cls, hardness, kind, alt, action,
         origin) in of:
        g = got[name]
        mine = [x for x in g if x.get('recipient', '').lower() == rcpt.lower()]
        x = (mine or g)[0]
        if rcpt != '-':
            count['recipient'].add(bool(mine), name, rcpt, 'not',
                                   [y.get('recipient') for y in g])
        count['kind'].add(x['kind'] == kind, name, kind, 'not', x['kind'])
        good = x['class'] in [cls] + alt.split(',')
        for c in (count['class'], by_class[cls]):
            c.add(good, name, cls, 'not', x['class'], x.get('rule'))
        if alt != '-':
            continue
        count['hardness'].add(x['hardsoft'] == hardness, name, hardness,
                              'not', x['hardsoft'], x['class'])
        if hardness == 'soft':
            count['harm'].add(x['hardsoft'] != 'hard', name)
for cls in sorted(by_class):
    c = by_class[cls]
    print('# %-20s %4d of %4d' % (cls, c.good, c.n))
for what, wanted in (('recipient', 98.5), ('kind', 99.5), ('class', 92),
                     ('hardness', 97)):
    c = count[what]
    ok(c.share() >= wanted, '%s: %.2f %%, wanted %.1f' % (
        what, c.share(), wanted), '\n'.join(c.bad))
c = count['harm']
ok(c.share() >= 99.5, 'what is soft is given up in %.2f %%, allowed 0.5' %
   (100 - c.share()), '\n'.join(c.bad))

complaint = Count()
rows, got = read('arf')
for name, of in rows.items():
    (feedback, rcpt, ip, message_id, provider, cls, domain, auth), = of
    x = got[name][0]
    for key, want, mine in (
            ('kind', 'arf', x['kind']), ('class', cls, x['class']),
            ('type', feedback, x.get('feedback_type')),
            ('recipient', rcpt, ','.join(y.get('recipient', '-')
                                         for y in got[name])),
            ('source', ip, x.get('source_ip', '-')),
            ('domain', domain, x.get('reported_domain', '-')),
            ('failure', auth, x.get('auth_failure', '-')),
            ('message', message_id, x.get('message_id', '-'))):
        complaint.add(mine == want or (key == 'message' and want == '-'),
                      name, key, want, 'not', mine)
ok(complaint.share() == 100, 'complaints: %.2f %%' % complaint.share(),
   '\n'.join(complaint.bad))

# Cut short everywhere: one line at least for each, and no crash.
STEP = 100


def cut(path):
    """The octets of the file, up to each STEPth of them."""
    with open(path, 'rb') as f:
        octets = f.read()
    return [octets[:n] for n in range(0, len(octets), STEP)]


def parsed(pieces):
    """What the program's exit status is, and how many it says something of."""
    names = []
    for i, octets in enumerate(pieces):
        names.append('%s/cut-%d' % (T, i))
        with open(names[-1], 'wb') as f:
            f.write(octets)
    p = subprocess.run([B + '/bin/dray-bounce', '-b', T, '--parse'] + names,
                       stdout=subprocess.PIPE)
    return p.returncode, len({json.loads(x)['file']
                              for x in p.stdout.splitlines()})


pieces, wrong, n = [], [], 0
files = [CORPUS + '/%s/%s' % (d, x) for d in ('bounces', 'arf')
         for x in sorted(os.listdir(CORPUS + '/' + d)) if x.endswith('.eml')]
for path in files:
    pieces += cut(path)
    if len(pieces) > 3000 or path == files[-1]:
        n += len(pieces)
        if parsed(pieces) != (0, len(pieces)):
            wrong.append(path)
        pieces = []
ok(n > 1000 and not wrong, '%d messages cut short are read' % n, wrong)
done()
