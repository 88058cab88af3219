#!/usr/bin/python3
# dray-check dnsbl and a real authoritative server: what is listed and what is
# not, lists that refuse, that were given up and that say yes to everything; who
# is told, what is held, what is remembered.
import os
import re
import subprocess
import sys
import time
from datetime import datetime
from email import message_from_string
from email.utils import parsedate_to_datetime
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from dns import *
from instance import ROOM, Instance

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
V6 = '.'.join(reversed('20010db8000000000000000000000005'))
LISTED = '2.2.0.192 A 127.0.0.2\n' \
    '2.2.0.192 TXT "see https://sbl.test/q?ip=192.0.2.2"\n'
ODD = r'brand.test TXT "\007\009\195\188 reason" "%s"' % ('x' * 250)
KEEP = '4.2.0.192 A 127.0.0.20\n%s A 127.0.0.3\n1.0.0.10 A 127.0.0.2\n' % V6
ZONES = {
    'sbl.test': LISTED + KEEP,
    'refused.test': '* A 127.255.255.254\n',
    'yes.test': '* A 127.0.0.2\n',
    'parked.test': '* A 198.51.100.7\n',
    'dbl.test': 'brand.test A 127.0.1.4\n' + ODD + '\nsub.other.test A 127.0.1.4\n'
                'sub.other.test TXT "spam from here"\nno.test A 127.0.1.5\n',
}
nsd = Nsd(ZONES)
inst = Instance(BUILD, scratch(), 1)
DNS = '[dns]\ndnssec = no\nstub = ' + ' '.join(
    '%s 127.0.0.1@%d' % (z, nsd.port) for z in ZONES) + '\n'
SENDERS = '[sender brand.test]\nlist-id = brand.test\n' \
    '[sender .other.test]\nlist-id = other.test\n[sender *]\nlist-id = x.test\n'
SBL = '[dnsbl sbl.test]\ncodes = 127.0.0.2-127.0.0.9\nhold = 2h\n'
DBL = '[dnsbl dbl.test]\nkind = domain\ncodes = 127.0.1.2-127.0.1.99\n'
BAD = ''.join('[dnsbl %s]\nhold = 2h\n' % z
              for z in ('refused.test', 'yes.test', 'parked.test'))
inst.write('routes', '''[static *]
hosts = 127.0.0.1:1
[route main]
sources = 192.0.2.2 192.0.2.3 192.0.2.4 2001:db8::5 10.0.0.1
''')


def conf(lists):
    inst.conf(ROOM + DNS + SENDERS + lists)


def check(*args):
    r = subprocess.run([inst.bin + '/dray-check', '-b', inst.base, *args],
                       stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, timeout=60)
    return r.returncode, sorted(r.stdout.splitlines()), r.stderr


def holds():
    out = {}
    for f in os.listdir(inst.base + '/overrides'):
        with open(inst.base + '/overrides/' + f) as o:
            out[f] = o.read()
    return out


def events():
    return [(e['state'], e.get('domain') or e['address'], e['blocklist'],
             e['answer']) for e in inst.events('Blocklist')]


def mail():
    """The octets of what is queued."""
    out = b''
    for d in 'new', 'cur':
        for f in os.listdir(inst.base + '/spool/' + d):
            with open('%s/spool/%s/%s' % (inst.base, d, f), 'rb') as m:
                out += m.read()
    return out.decode('latin-1')


LINES = ['192.0.2.2\tsbl.test\t127.0.0.2\tsee https://sbl.test/q?ip=192.0.2.2',
         '2001:db8::5\tsbl.test\t127.0.0.3',
         'brand.test\tdbl.test\t127.0.1.4\t' + ('???? reason' + 'x' * 250)[:255]]
conf(SBL + DBL)
same(check()[0], 100, 'no command')
same(check('dnsbl', 'not a name')[0], 100, 'no domain')
code, out, err = check('-n', 'dnsbl')
ok(code == 111 and 'dray-dns is not running' in err and not holds(),
   'without dray-dns nothing is known', err)
inst.start(['dray-dns'])
code, out, err = check('-n', 'dnsbl')
ok(code == 1 and out == LINES and not err, 'what is listed is told',
   (code, out, err))
ok(not holds() and not os.path.exists(inst.base + '/check/dnsbl'),
   'with -n nothing is done')
same(check('-n', 'dnsbl', 'sub.other.test', '10.0.0.1', '192.0.2.2')[1],
     sorted(LINES + ['sub.other.test\tdbl.test\t127.0.1.4\tspam from here',
                     '10.0.0.1\tsbl.test\t127.0.0.2']),
     'what is named besides, once')

# The postmaster hears of it when dray-queued is there again.
code, out, err = check('dnsbl')
ok(code == 1 and 'queue a notice' in err, 'nobody can be told', err)
ok(not os.path.exists(inst.base + '/check/dnsbl'), 'nor is it noted')
h = holds()
ok(len(h) == 2 and any('source = 192.0.2.2\n' in x for x in h.values()) and
   all('author = dray-check' in x and 'sbl.test' in x and 'pause' in x
       for x in h.values()), 'mail from there is held all the same', h)
inst.start(['dray-queued'])
code, out, err = check('dnsbl')
m = mail()
ok('on a blocklist' in m and '192.0.2.2' in m and 'dbl.test (127.0.1.4)' in m,
   'the postmaster is told', m)
ok('sbl.test (127.0.0.2)\r\n        see https://sbl.test/q?ip=192.0.2.2\r\n'
   in m and '???? reasonxxx' in m, 'and why', m)
head = message_from_string(m[m.index('From: '):])
same([head[x] for x in ('From', 'To', 'Subject', 'Auto-Submitted')],
     ['Mail delivery system <mailer-daemon@bench.example>',
      '<postmaster@bench.example>', 'on a blocklist', 'auto-generated'],
     'in a message that says from whom it is')
ok(re.fullmatch(r'<dnsbl\.\d+@[\w.]+>', head['Message-ID']) and
   abs(parsedate_to_datetime(head['Date']).timestamp() - time.time()) < 60,
   'and when', (head['Message-ID'], head['Date']))
ok(code == 1 and 'reach dray-log' in err and
   os.path.exists(inst.base + '/check/dnsbl'),
   'without dray-log, and that is said', (code, out, err))
inst.start(['dray-log'])
code, out, err = check('dnsbl', 'sub.other.test', 'no.test')
ok(code == 1 and not err, 'with it nothing is', (code, out, err))
same(sorted(events()),
     [('listed', 'no.test', 'dbl.test', '127.0.1.5'),
      ('listed', 'sub.other.test', 'dbl.test', '127.0.1.4')],
     'what is fresh is in the log')
same({e['domain']: e.get('reason') for e in inst.events('Blocklist')},
     {'sub.other.test': 'spam from here', 'no.test': None},
     'with what the list says in words, if it does')
e = inst.events('Blocklist')[0]
ok(e['nodeid'] == 'bench.example' and e['policy'] > 0 and
   0 <= (datetime.fromisoformat(e['event_time']) -
         datetime.fromisoformat(e['since'])).total_seconds() < 60,
   'with node and time', e)
one = len(os.listdir(inst.base + '/spool/new'))
for f in holds():
    if '192.0.2.2' in holds()[f]:
        os.unlink(inst.base + '/overrides/' + f)
code, out, err = check('dnsbl')
ok(code == 1 and out == LINES, 'it is listed still', (code, out, err))
same(len(os.listdir(inst.base + '/spool/new')), one, 'nobody is told twice')
same(sorted(events()[2:]),
     [('forgotten', 'no.test', 'dbl.test', '127.0.1.5'),
      ('forgotten', 'sub.other.test', 'dbl.test', '127.0.1.4')],
     'what was named before, and is not now, is forgotten')
h = holds()
ok(len(h) == 1 and '2001:db8::5' in list(h.values())[0],
   'what somebody let go is not held again', h)

# Nobody answers: what was known stays.
inst.stop(only=['dray-dns'])
code, out, err = check('dnsbl')
ok(code == 111 and not out and 'is not asked any more' in err,
   'no answer is no listing', (code, out, err))
nsd.stop()
nsd.zones['sbl.test'] = LISTED + '2.0.0.10 A 127.0.0.5\n'
nsd.zones['dbl.test'] = 'x A 127.0.0.2\n'
nsd.configure(1)
ok(nsd.start(), 'lists without them')
inst.start(['dray-dns'])
code, out, err = check('dnsbl')
ok(code == 1 and out == LINES[:1], 'listed no more', (code, out, err))
ok(not holds(), 'nor held', holds())
ok('no more' in mail(), 'the postmaster is told that, too')
same(sorted(events()[4:]),
     [('delisted', '2001:db8::5', 'sbl.test', '127.0.0.3'),
      ('delisted', 'brand.test', 'dbl.test', '127.0.1.4')], 'and the log')
ok(all(e['since'] < e['event_time'] for e in inst.events('Blocklist')[4:]),
   'since when it was', inst.events('Blocklist'))
with open(inst.base + '/check/dnsbl') as f:
    same([x.split()[:3] for x in f], [['sbl.test', '192.0.2.2', '127.0.0.2']],
         'what is known')

# Whom nobody looks at nobody holds.
for name, lists, args in (
        ('is named no more', SBL, []),
        ('is on a list that is not asked', DBL, ['10.0.0.2']),
        ('is on a list that holds nobody', SBL.replace('hold = 2h', ''),
         ['10.0.0.2'])):
    conf(SBL)
    check('dnsbl', '10.0.0.2')
    ok('source = 10.0.0.2\n' in ''.join(holds().values()), 'who is held',
       holds())
    conf(lists)
    check('dnsbl', *args)
    ok('source = 10.0.0.2\n' not in ''.join(holds().values()), name, holds())
    if not args:
        same(events()[-1], ('forgotten', '10.0.0.2', 'sbl.test', '127.0.0.5'),
             'in the log')

# Lists that are none.
conf(BAD)
code, out, err = check('dnsbl')
ok(code == 111 and not out and not holds(), 'nothing is on a bad list',
   (code, out, err))
for zone, why in (('refused.test', 'it refuses to answer us (127.255.255.254)'),
                  ('yes.test', 'it says yes to everything (127.0.0.2)'),
                  ('parked.test', 'not those of a list (198.51.100.7)')):
    same(sum(zone in x and why in x for x in err.splitlines()), 1,
         'what is wrong with %s, once' % zone)
inst.conf(ROOM + DNS + DBL)
same(check('dnsbl'), (0, [], 'dray-check: warning: dbl.test: nothing to look up: '
                      'the policy has no domain, and none was named\n'),
     'a list for which there is nothing is told')
conf('')
same(check('dnsbl'), (0, [], 'dray-check: warning: the policy has no [dnsbl]: '
                      'nothing is looked up\n'), 'without lists that is said')
inst.stop(only=['dray-dns', 'dray-queued', 'dray-log'])

# What is wrong in the policy is said where it stands.
for text in ('kind = host', 'hold = 31d', 'codes = 127.0.0.x',
             'codes = 127.0.0.9-127.0.0.2', 'codes = 10.0.0.2', 'codes =',
             'hold = 1h\nkind = domain', 'what = 1', '[dnsbl a.test]',
             '[dnsbl .a]'):
    inst.write_conf('[dnsbl a.test]\n' + text + '\n')
    r = subprocess.run([inst.bin + '/dray-policy', '-b', inst.base, 'check'],
                       capture_output=True, text=True)
    ok(r.returncode == 100 and 'etc/dray.conf:' in r.stderr, text, r.stderr)
inst.conf('[dnsbl a.test]\ncodes = 127.0.0.2-127.0.0.9 127.0.1.4\nhold = 90m\n')
r = subprocess.run([inst.bin + '/dray-policy', '-b', inst.base, 'show'],
                   capture_output=True, text=True).stdout
same([x.split('\t')[:2] for x in r.splitlines() if x.startswith('dnsbl/a.test/')],
     [['dnsbl/a.test/kind', 'address'],
      ['dnsbl/a.test/codes', '127.0.0.2-127.0.0.9 127.0.1.4'],
      ['dnsbl/a.test/hold', '90m']], 'and what is right is shown')
done()
