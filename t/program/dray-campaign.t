#!/usr/bin/python3
# dray-campaign: lists, what is wrong with them, dry runs, and what is queued,
# once.
import email
import email.policy
import glob
import os
import re
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *

q = Queued(sections='''[sender brand.example]
return-path = bounces@bounce.brand.example
unsubscribe-url = https://u.brand.example/{token}
unsubscribe-mailto = unsubscribe@bounce.brand.example
feedback-id = spring:brand
list-id = news.brand.example
''')
os.makedirs(q.base + '/etc/routes')
with open(q.base + '/etc/routes/r.conf', 'w') as f:
    f.write('[route cheap]\nsources = 127.0.0.2\n')
q.policy()
T = tempfile.mkdtemp(prefix='dray-test.')
atexit.register(shutil.rmtree, T, True)
HEAD = '''From: Brand <news@brand.example>
To: {{name}} <{{email}}>
Subject: For {{name}}
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

'''
BODY = '<p>Dear {{name}} of {{city}}</p>\n'


def template(text=HEAD + BODY, name='t.eml'):
    with open(T + '/' + name, 'w') as f:
        f.write(text)
    return T + '/' + name


template()
template('{{>foot.html}}', 'f.html')
template('-- {{city}}', 'foot.html')


def campaign(text, *options, id='c', t='t.eml', env=None):
    """exit code, standard output, standard error"""
    text = text.encode() if isinstance(text, str) else text
    args = ['-T', T + '/' + t] if t else []
    p = subprocess.run([B + '/bin/dray-campaign', '-b', q.base, '-i', id, '-f',
                        'news@brand.example'] + args + list(options),
                       input=text, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=WAIT,
                       env=dict(os.environ, TMPDIR=T, **(env or {})))
    return p.returncode, p.stdout.decode(), p.stderr.decode()


CSV = 'email,name,city\n'
GOOD = CSV + 'a@x.example,Ann,Bern\nb@y.example,"B. ""Bob"", O",Rome\n'


def counts(err):
    for line in err.split('\n'):
        if ' rows: ' in line:
            return [int(w) for w in line.replace(':', '').split()
                    if w.isdigit()]


# Lists of each kind

ROWS = {'a@x.example': 'Ann', 'b@y.example': 'B. "Bob", O'}
for what, text, options in (
        ('CSV', GOOD, ()),
        ('CSV with CRLF and a mark', '\ufeff' + GOOD.replace('\n', '\r\n'),
         ()),
        ('CSV without a last line end', GOOD[:-1], ()),
        ('semicolons', 'name;city;email\nAnn;Bern;a@x.example\n'
         '"B. ""Bob"", O";Rome;b@y.example\n', ()),
        ('TSV', 'email\tname\tcity\na@x.example\tAnn\tBern\n'
         'b@y.example\t"B. ""Bob"", O"\tRome\n', ()),
        ('NDJSON', '{"email":"a@x.example","name":"Ann","city":"Bern"}\n\n'
         '{"email":"b@y.example","name":"B. \\"Bob\\", O","city":"Rome"}\n',
         ()),
        ('a column that is said', GOOD.replace('email', 'who'),
         ('--column', 'who', '--default', 'email=x@y.example'))):
    rc, out, err = campaign(text, '--dry-run', '9', *options)
    mails = out.split('From dray-campaign ')[1:]
    ms = [email.message_from_string(m.split('\n', 1)[1],
                                    policy=email.policy.default)
          for m in mails]
    same((rc, counts(err)), (0, [2, 2, 0, 0, 0]), what)
    same(sorted(m['Subject'] for m in ms),
         sorted('For ' + n for n in ROWS.values()), what + ': its values')
m = ms[0]
ok(m['Message-ID'].endswith('@brand.example>') and m['Date'],
   'an id and a date', (m['Message-ID'], m['Date']))
unsubscribe = m['List-Unsubscribe'].replace(' ', '')
ok('<https://u.brand.example/sample' in unsubscribe and
   '<mailto:unsubscribe+sample' in unsubscribe, 'how to leave', unsubscribe)
same([m[k] for k in ('List-Unsubscribe-Post', 'Feedback-ID', 'List-Id',
                     'Precedence')],
     ['List-Unsubscribe=One-Click', 'spring:brand', '<news.brand.example>',
      'bulk'], 'what the policy says of the sender')
rc, out, err = campaign('a@x.example\n b@y.example \n\n', '--dry-run', '1',
                        '--default', 'name=You', '--default', 'city=Town')
same((rc, counts(err)), (0, [2, 2, 0, 0, 0]), 'bare addresses')
ok('To: You <a@x.example>' in out, 'are the column email', out)
ok('Dear You of Town' in out and out.count('\nSubject:') == 1,
   'defaults, and as many samples as were asked for')
same(q.bundles(), [], 'a dry run queues nothing')

# What is left out, and where it stood

rc, out, err = campaign(
    GOOD + 'nobody,N,X\nA@X.example,Ann2,Rome\n"b@y.example\n",B,C\n' +
    'c@z.example,"two\nlines",R\n@,N,X\n', '--dry-run', '0', '--rejects',
    T + '/rejects')
same((rc, counts(err)), (0, [7, 3, 0, 1, 3]), 'counted')
with open(T + '/rejects') as f:
    same([line.split('\t') for line in f.read().split('\n')[:-1]],
         [['4', 'malformed', 'nobody'], ['6', 'malformed', 'b@y.example\\n'],
          ['10', 'malformed', '@'], ['5', 'duplicate', 'A@x.example']],
         'each with its line')

# Errors: a line, perhaps a column, and nothing queued

for what, text, words in (
        ('no list', '', 'list: there are no recipients'),
        ('a head alone', CSV, 'list: there are no recipients'),
        ('blank lines', '\n \n', 'there are no recipients'),
        ('no head', 'a@x.example,Ann,Bern\n', 'list:1: no names of columns'),
        ('no address', 'name,city\nx,y\n', 'list:1: no column is called'),
        ('a column missing', 'email,name\na@x.example,Ann\n',
         'list:1: no column is called city, which the template has; '
         'there is email, name'),
        ('two of a name', 'email,name,name\n', 'list:1:3: two columns'),
        ('too few columns', GOOD + 'c@z.example,C\n', 'list:4: 2 columns'),
        ('too many', GOOD + 'c@z.example,C,D,E\n', 'list:4: 4 columns'),
        ('an empty field', GOOD + 'c@z.example,,D\n', 'list:4:2: column 2'),
        ('a stray quote', GOOD + 'c@z.example,C"D",E\n', 'list:4:14: a quote'),
        ('text behind a quote', GOOD + 'c@z.example,"C"D,E\n', 'list:4:16:'),
        ('a quote without an end', GOOD + 'c@z.example,"C,E\nd,e\n',
         'list:4: a quote that does not end'),
        ('Latin-1', GOOD.encode() + b'c@z.example,Ren\xe9,E\n',
         'list:4:16: not UTF-8'),
        ('UTF-16', GOOD.encode('utf-16'), 'list:1:1: '),
        ('a NUL', GOOD + 'c@z.example,C\0,E\n', 'list:4:14: a NUL'),
        ('a long line', GOOD + 'c' * 1048600 + '\n', 'list:4: a line of over'),
        ('too much', GOOD + 'c@z.example,%s,E\n' % ('x' * 60001), 'list:4: '),
        ('bad JSON', '{"email":"a@x.example","name":"A","city":"B"}\n{"a"\n',
         'list:2:'),
        ('no object', '{"email":"a@x.example","name":"A","city":"B"}\n[1]\n',
         'list:2:1: not an object'),
        ('no member', '{"name":"A","city":"B"}\n', 'list:1:1: no member'),
        ('a name missing', '{"email":"a@x.example","name":"A"}\n',
         'list:1: city has no value')):
    rc, out, err = campaign(text)
    ok(rc == 100 and words in err, 'error: ' + what, (rc, err))
for what, text, words in (
        ('an unclosed section', HEAD + 'a\n{{#name}}b\n', 't.eml:8:'),
        ('an unclosed tag', HEAD + 'a {{name\n', 't.eml:7:3'),
        ('no such partial', HEAD + '{{>gone}}\n', 't.eml:7:')):
    template(text)
    rc, out, err = campaign(GOOD)
    ok(rc == 100 and words in err, 'error: ' + what, (rc, err))
template()
for what, options in (
        ('a bad id', ['-i', 'a b']), ('a hidden id', ['-i', '.a']),
        ('a bad sender', ['-f', 'nobody']), ('a format', ['--format', 'x']),
        ('a window', ['--window', '8-20']), ('a zone', ['--zone', '../x']),
        ('a time', ['--at', 'soon']), ('a spread', ['--over', 'long']),
        ('text with -T', ['--text', 'x']), ('a default', ['--default', 'x']),
        ('nobody', ['--limit', '0'])):
    rc, out, err = campaign(GOOD, *options)
    ok(rc == 100 and options[0] in err and 'usage' not in err,
       'error: ' + what, (rc, err))
for what, options, words in (
        ('an unknown option', ['--bogus', 'x'], 'unknown option --bogus'),
        ('a short one', ['-z'], 'unknown option -z'),
        ('no value', ['--dry-run'], '--dry-run wants a value'),
        ('a value too many', ['--lenient=1'], '--lenient=1: it takes no'),
        ('a file', ['list.csv'], 'list.csv is no option; the list comes on')):
    rc, out, err = campaign(GOOD, *options)
    ok(rc == 100 and words in err and 'usage: ' in err, 'usage: ' + what,
       (rc, err))
rc, out, err = campaign(GOOD, t=None)
ok(rc == 100 and '-T is missing' in err, 'usage: no template', (rc, err))
template('', 'empty')
rc, out, err = campaign(GOOD, t='empty')
ok(rc == 100 and 'empty: the template is empty' in err, 'an empty template',
   (rc, err))
rc, out, err = campaign(CSV + 'nobody,N,X\n')
ok(rc == 100 and 'the only row has no good address' in err,
   'no address at all', (rc, err))
for dry in (), ('--dry-run', '1'):
    rc, out, err = campaign(GOOD, '--route', 'cheep', *dry)
    ok((rc, out) == (100, '') and
       '--route cheep: the policy has no such route' in err,
       ' '.join(('a route that is not there',) + dry), (rc, err))
same(q.bundles(), [], 'of all this nothing was queued')
ok(campaign(CSV + 'a@x.example,Ann,\n', '--dry-run', '1', '--lenient')[0] == 0,
   '--lenient: a field may be empty')

# Queued, once

big = CSV + ''.join('u%d@d%d.example,Name %d,Bern\n' % (i, i % 50, i)
                    for i in range(45000))
rc, out, err = campaign(big, '--stream', 'bulk', '--tenant', 't1', id='big')
same((rc, counts(err)), (0, [45000, 45000, 0, 0, 0]), 'queued')
ms = q.messages()
same((len(ms), len(q.bundles())), (3, 3), 'in chunks')
same(sorted(r[0] for m in ms for r in m['rcpts']),
     sorted('u%d@d%d.example' % (i, i % 50) for i in range(45000)),
     'each recipient once')
same({(m['campaign'], m['stream'], m['tenant'], m['sender'], m['flags'])
      for m in ms}, {('big', 'bulk', 't1', 'news@brand.example', 64)},
     'the envelope')
rc, out, err = campaign(big, '--stream', 'bulk', '--tenant', 't1', id='big')
same((rc, err), (0, 'dray-campaign: campaign big: already queued '
                '(45000 recipients)\n'), 'again: it is queued already')
same(campaign(big, '--stream', 'bulk', '--tenant', 't1', '-q', id='big'),
     (0, '', ''), '-q: not a word')
for what, text, options in (('another list', big + 'z@x.example,Z,Z\n', ()),
                            ('another name in it', big.replace('Bern', 'Rome',
                                                               1), ()),
                            ('another sender', big, ('-f', 'x@brand.example')),
                            ('another time', big, ('--at', '+1h')),
                            ('another window', big,
                             ('--window', '8:00-20:00')),
                            ('another lifetime', big, ('--lifetime', '1h'))):
    rc, out, err = campaign(text, '--stream', 'bulk', '--tenant', 't1',
                            *options, id='big')
    ok(rc == 100 and 'other input' in err, 'refused: ' + what, (rc, err))
same(len(q.bundles()), 3, 'and nothing more is queued')
q.end()
rc, out, err = campaign(big, id='big')
ok(rc == 111 and 'reach dray-queued' in err, 'dray-queued is down', (rc, err))
q.start()

q.clear()
rc, out, err = campaign(GOOD, '--route', 'cheap', id='by-route')
same((rc, [m['route'] for m in q.messages()]), (0, ['cheap']), 'by a route')

# A signal ends it, and it says what was queued


def begun(base, text):
    # What a shell starts with & ignores SIGINT.
    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    p = subprocess.Popen([B + '/bin/dray-campaign', '-b', base, '-i', 'half',
                          '-f', 'news@brand.example', '-T', T + '/t.eml'],
                         stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                         preexec_fn=heed)
    p.stdin.write(text.encode())
    p.stdin.flush()
    return p


def interrupted(p):
    p.send_signal(signal.SIGINT)
    err = p.stderr.read().decode()
    return p.wait() == -signal.SIGINT and 'interrupted: ' in err, err


def is_caught(p):
    with open('/proc/%d/status' % p.pid) as f:
        return int(re.search(r'SigCgt:\s*(\w+)', f.read()).group(1), 16) & 2


p = begun(q.base, GOOD)
ok(until(lambda: is_caught(p)), 'it reads a list that does not end')
good, err = interrupted(p)
ok(good and 'nothing was queued by this run' in err, 'SIGINT', err)
# Stands in for a dray-queued that never has a verdict.
os.makedirs(T + '/fake/sock')
s = socket.socket(socket.AF_UNIX)
s.bind(T + '/fake/sock/queue')
s.listen(5)
s.settimeout(WAIT)
p = begun(T + '/fake', GOOD)
p.stdin.close()
s.accept()[0].close()           # is there somebody
c = s.accept()[0]
c.settimeout(WAIT)
asked = c.recv(1000)
c.sendall(frame('C', struct.pack('>BQIIQ', 0, 0, 0, 0, 0) +
                string(bytes(32)) + string('')))
same(asked[6:8], b'\1Q', 'it asks for what is known')
ok(b'a@x.example' in c.recv(100000), 'and handed in')
good, err = interrupted(p)
ok(good and 'a part of campaign half may be queued; run it again for the rest, '
   'or dray-ctl remove --campaign half' in err, 'SIGINT', err)
c.close()
s.close()

# Times

q.clear()
before = int(time.time())
rc, out, err = campaign(big, '--over', '2h', '--window', '00:00-24:00',
                        id='spread')
same(rc, 0, 'spread')
starts = sorted(m['start'] for m in q.messages())
ok(len(starts) == 120 and starts[0] >= before and
   7000 < starts[-1] - starts[0] < 7200, 'in even steps', starts)
q.clear()
rc, out, err = campaign(GOOD, '--at', '2033-01-02 08:00', '--window',
                        '22:00-06:00', '--zone', 'America/New_York', id='at')
m = q.messages()[0]
same((rc, m['start']), (0, 1988283600), 'a start in a time zone')
ok('is over' not in err, 'that is to come', err)
rc, out, err = campaign(GOOD, '--at', '2020-01-02 08:00', '--dry-run', '0')
ok(rc == 0 and '--at 2020-01-02 08:00 is over: it begins at once' in err,
   'one that is not is told', err)
first = struct.unpack('>II', m['windows'][:8])
same(first, (1988334000, 1988362800), 'a window over midnight')
ok(m['expiry'] > 1988283600, 'it expires after that')

# A test, and what is built

q.clear()
rc, out, err = campaign(GOOD, '--test', 'me@z.example', id='at')
m = q.messages()
same((rc, len(m), m[0]['rcpts'][0][0], m[0]['campaign']),
     (0, 1, 'me@z.example', ''), 'a test goes to one, and is no campaign')
ok('test: 1 message queued to me@z.example, the campaign is not' in err,
   'and says so', err)
rc, out, err = campaign(GOOD, '--html', T + '/f.html', '--text',
                        T + '/foot.html', '--subject', 'S {{name}}',
                        '--limit', '1', '--dry-run', '5', '--maildir',
                        T + '/Mail', t=None)
names = glob.glob(T + '/Mail/new/*')
same((rc, out, len(names)), (0, '', 1), 'from parts, into a maildir')
with open(names[0]) as f:
    m = email.message_from_file(f, policy=email.policy.default)
same((m['Subject'], m['To'], m.get_content_type()),
     ('S Ann', 'a@x.example', 'multipart/alternative'), 'it is whole')
ok('-- Bern' in m.get_body(('html',)).get_content(), 'with its partial')
ok('nobody signs' in err, 'lint says that nobody signs', err)
ok('List-Unsubscribe' not in err, 'and nothing of what is there', err)
rc, out, err = campaign(GOOD, '-f', 'a@other.example', '--dry-run', '1')
same(os.listdir(T + '/Mail/tmp'), [], 'nothing is left over')
same(sorted(n for n in os.listdir(T) if 'dray' in n), [], 'nor in TMPDIR')
done()
