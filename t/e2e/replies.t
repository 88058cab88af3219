#!/usr/bin/python3
# Reply rules at work: a 5xx that means "later" is tried again, a 4xx that means
# "never" fails, the events say what was meant, and a new set of rules is in
# force at once.
import json
import os
import subprocess
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from line import BUILD, Line, ROOM, run
from tap import done, ok, same, until

RULES = '''[rule slower]
text = frequency limited
class = rate-limited
provenance = this test
match = 550 Frequency limited
nomatch = 550 No such user

[rule nobody]
text = no such user
class = bad-mailbox
provenance = this test
match = 450 No such user
nomatch = 550 Frequency limited

[rule at-mail]
phase = mail
text = go away
class = reputation
blame = sender-domain
disposition = fail
provenance = this test
match = 450 Go away
nomatch = 450 Stay
'''


def rules(s, text):
    os.makedirs(s.base + '/etc/rules', exist_ok=True)
    with open(s.base + '/etc/rules/test.rules', 'w') as f:
        f.write(text)
    s.inst.compile()


def said(e):
    return (e['recipient'].split('@')[0], e['type'], e['response']['code'],
            e.get('class'), e.get('blame'), e.get('rule'))


def replay(s, what):
    lines = ''.join(json.dumps(e) + '\n'
                    for e in s.events('TransientFailure', 'Bounce'))
    p = subprocess.run([os.path.join(BUILD, 'bin/dray-policy'), 'replay', what],
                       input=lines, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
    return p.returncode, p.stdout, p.stderr


def meanings():
    s = Line('''rcpt later*@* first 1 reply 550 5.7.1 Frequency limited, sir
rcpt never*@* reply 450 4.1.1 No such user here
rcpt both*@* reply 550 5.1.1 No such user here
rcpt code*@* reply 550 5.2.2 Sorry
rcpt wait*@* first 1 reply 451 4.7.1 Not now
''')
    rules(s, RULES)
    s.inject([x + '@a.example'
              for x in ('later', 'never', 'both', 'code', 'wait', 'fine')])
    ok(until(s.empty), 'every recipient has its fate')
    same(sorted(s.arrived()), ['fine@a.example', 'later@a.example',
                               'wait@a.example'], 'those that were to arrive')
    same(sorted(said(e) for e in s.events('TransientFailure')),
         [('later', 'TransientFailure', 550, 'rate-limited', 'source-at-site',
           'slower'),
          ('wait', 'TransientFailure', 451, 'policy', 'message',
           'default:x.7.1')],
         'a 5xx that means "later" is tried again')
    same(sorted(said(e) for e in s.events('Bounce')),
         [('both', 'Bounce', 550, 'bad-mailbox', 'recipient', 'nobody'),
          ('code', 'Bounce', 550, 'mailbox-full', 'recipient',
           'default:x.2.2'),
          ('never', 'Bounce', 450, 'bad-mailbox', 'recipient', 'nobody')],
         'a 4xx that means "never" has failed')
    ok(all('class' not in e and 'rule' not in e for e in s.events('Delivery')),
       'a delivery has no class')
    same(replay(s, s.base + '/etc/rules'),
         (0, '', '5 replies, 0 would be taken otherwise\n'),
         'dray-policy replay says the same of the events')
    with open(s.base + '/other.rules', 'w') as f:
        f.write(RULES.replace('= rate-limited', '= greylist'))
    rc, out, err = replay(s, s.base + '/other.rules')
    same([x.split('\t')[:8] for x in out.splitlines()],
         [['rate-limited', 'source-at-site', 'retry', 'slower', 'greylist',
           'none', 'retry', 'slower']],
         'and what other rules would have made of them')
    s.end()


def greylisted():
    """Tried again soon, where others wait for an hour; but only while the message
    is young."""
    s = Line('''rcpt grey@* first 2 reply 451 4.7.1 Greylisted, see you soon
rcpt old@* first 9 reply 451 4.7.1 Greylisted, see you soon
rcpt other@* first 1 reply 451 4.3.0 Out of order
''', conf=ROOM + '''[retry]
schedule = 1h
[limits]
retry-greylisted = 1s
''')
    rules(s, RULES.replace('= rate-limited', '= greylist')
          .replace('550 Frequency', '451 Frequency')
          .replace('frequency limited', 'greylisted')
          .replace('Frequency limited', 'Greylisted'))
    for x in 'grey', 'old', 'other':
        s.inject([x + '@a.example'])
    ok(until(lambda: s.arrived() == ['grey@a.example']),
       'who was greylisted is tried again')
    late = time.strftime('%Y-%m-%dT%H:%M', time.gmtime(time.time() + 3000))
    ok(until(lambda: any(e['next_attempt'] > late
                         for e in s.events('TransientFailure')
                         if e['recipient'].startswith('old'))),
       'and waits like all others in the end')
    of = [e['recipient'].split('@')[0] for e in s.events('TransientFailure')]
    ok(5 <= of.count('old') <= 8, 'after some attempts', of)
    same((of.count('grey'), of.count('other')), (2, 1), 'others wait')
    s.end()


def phases():
    s = Line('mail *@* reply 450 4.7.1 Go away\n')
    rules(s, RULES)
    s.inject(['a@a.example'])
    ok(until(s.empty), 'a rule for MAIL')
    same([said(e) for e in s.events('Bounce')],
         [('a', 'Bounce', 450, 'reputation', 'sender-domain', 'at-mail')],
         'and who is to blame')
    s.end()
    s = Line('rcpt *@* first 1 reply 450 4.7.1 Go away\n')
    rules(s, RULES)
    s.inject(['a@a.example'])
    ok(until(s.empty), 'the same to RCPT')
    same([said(e)[1:] for e in s.events('TransientFailure')],
         [('TransientFailure', 450, 'policy', 'message', 'default:x.7.1')],
         'is for no rule')
    s.end()


def sessions():
    s = Line('connect reply 554 5.7.1 Frequency limited\n')
    rules(s, RULES)
    s.inject(['a@a.example'])
    ok(until(lambda: [e for e in s.events('Session')
                      if e['response']['code'] == 554]),
       'a server that is not to be spoken to')
    e = [e for e in s.events('Session') if e['response']['code'] == 554][0]
    same((e.get('class'), e.get('blame'), e.get('rule')),
         ('rate-limited', 'source-at-site', 'slower'), 'means what it says')
    s.end()


def live():
    s = Line('rcpt * reply 450 4.7.1 Come again some day\n')
    s.inject(['a@a.example'])
    ok(until(lambda: s.events('TransientFailure')), 'without rules')
    same(s.events('Bounce'), [], 'a 450 is no failure')
    same(s.events('TransientFailure')[0]['rule'], 'default:x.7.1',
         'and goes by its status')
    rules(s, RULES.replace('no such user\n', 'come again\n', 1)
          .replace('450 No such user', '450 Come again'))
    s.inst.compile()
    ok(until(s.empty), 'a rule that comes later')
    same([said(e) for e in s.events('Bounce')],
         [('a', 'Bounce', 450, 'bad-mailbox', 'recipient', 'nobody')],
         'is in force at once')
    s.end()


run([meanings, greylisted, phases, sessions, live], sys.argv[1:])
done()
