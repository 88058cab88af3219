"""Messages that come back, as mail systems write them, and what they mean; and
an instance that can say so.  All names and addresses are made up."""
import base64
import hashlib
import os
import shutil
import subprocess

SECRET = bytes(range(32))
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')

ORIGINAL = '''Received: from out.example.com by mx.example.net; Mon, 2 Nov 2026 10:00:00 +0000
From: News <news@example.com>
To: ann@example.org
Subject: What is new
Message-ID: <77@example.com>
MIME-Version: 1.0

Hello.
'''


def make_base(base, build, more=''):
    """As much of an instance as dray-bounce --parse needs, with the rules that
    ship."""
    for d in ('etc', 'policy'):
        os.makedirs(base + '/' + d)
    with open(base + '/etc/dray.conf', 'w') as f:
        f.write('[node]\nhostname = node.example\n' + more)
    shutil.copytree(TOP + '/common/policy/rules', base + '/etc/rules')
    subprocess.run([build + '/bin/dray-policy', '-b', base, 'compile'],
                   check=True, stdout=subprocess.DEVNULL)


def make_keys(base):
    """Those of token()."""
    os.makedirs(base + '/keys', exist_ok=True)
    with open(base + '/keys/token', 'w') as f:
        f.write('address %s\n1 %s\n' % (SECRET.hex(), SECRET[::-1].hex()))


def keyed(what, key=SECRET, n=8):
    return hashlib.blake2b(what, key=key, digest_size=16).digest()[:n]


def token(address, key=SECRET[::-1]):
    """Of this recipient, with the address in octets."""
    t = (b'\x11' + (1000).to_bytes(4, 'big') + keyed(b'a' + address) +
         b'\1\2\3\4')
    t += keyed(b't' + t, key)
    return base64.b32encode(t).decode().lower()


def mail(sender, subject, body, *more):
    """A message with such a header."""
    head = ['From: ' + sender, 'To: <bounces@example.com>',
            'Subject: ' + subject, 'Date: Mon, 2 Nov 2026 10:00:00 +0000']
    return '\n'.join(head + list(more)) + '\n\n' + body


def daemon(subject, body, *more):
    return mail('Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>',
                subject, body, *more)


def report(words, status, *more, subject='Undelivered Mail Returned to Sender'):
    """RFC 3464, with the message that came back."""
    return daemon(subject, '''--b
Content-Type: text/plain; charset=us-ascii

%s
--b
Content-Type: message/delivery-status

%s
--b
Content-Type: message/rfc822

%s
--b--
''' % (words, status, ORIGINAL), 'MIME-Version: 1.0',
                  'Content-Type: multipart/report;',
                  '\treport-type=delivery-status; boundary="b"', *more)


# name: (message, kind, [(recipient, class, hardsoft, action)])
SAMPLES = {
    'postfix': (report(
        '<ann@example.org>: host mx.example.org[192.0.2.7] said: 550 5.1.1\n'
        '    <ann@example.org>: Recipient address rejected: User unknown in\n'
        '    virtual mailbox table (in reply to RCPT TO command)',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Final-Recipient: rfc822; ann@example.org\nAction: failed\n'
        'Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <ann@example.org>:\n'
        '    Recipient address rejected: User unknown in virtual mailbox table'
    ), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'two recipients': (report(
        'Two failed.',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Final-Recipient: rfc822; ann@example.org\nAction: failed\n'
        'Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n\n'
        'Final-Recipient: rfc822; <bob@example.org>\nAction: failed\n'
        'Status: 5.1.2\nDiagnostic-Code: smtp; 550 5.1.2 Host unknown\n'
    ), 'dsn', [('ann@example.org', 'mailbox-full', 'soft', 'failed'),
               ('bob@example.org', 'bad-domain', 'hard', 'failed')]),
    'delayed': (report(
        'It will be tried again.',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Final-Recipient: rfc822; ann@example.org\nAction: delayed\n'
        'Status: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.example.org'
        '[192.0.2.7]:25: Connection timed out\n', subject='Delayed Mail'
    ), 'dsn', [('ann@example.org', 'network', 'soft', 'delayed')]),
    'relayed': (report(
        'Your message was relayed.',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Final-Recipient: rfc822; ann@example.org\nAction: relayed\n'
        'Status: 2.1.9\n', subject='Delivery Notification'
    ), 'dsn', [('ann@example.org', 'delivered', 'none', 'delivered')]),
    'global': (report(
        'Failed.',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Final-Recipient: utf-8; jos\u00e9@example.org\nAction: failed\n'
        'Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n'
    ).replace('message/delivery-status', 'message/global-delivery-status'),
        'dsn', [('jos\u00e9@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'route inside': (report(
        'Failed.',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Original-Recipient: rfc822; ann@example.org\n'
        'Final-Recipient: rfc822; @store.example.net:ann@store\n'
        'Action: failed\nStatus: 5.2.2\n'
        'Diagnostic-Code: smtp; 552 5.2.2 Over quota\n'
    ), 'dsn', [('ann@example.org', 'mailbox-full', 'soft', 'failed')]),
    'qmail': (mail(
        'MAILER-DAEMON@mx.example.net', 'failure notice', '''\
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.org>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 sorry, no mailbox here by that name
Giving up on 192.0.2.7.

<bob@example.org>:
Sorry, I couldn't find any host named example.org. (#5.1.2)

--- Below this line is a copy of the message.

Return-Path: <news@example.com>
''' + ORIGINAL), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed'),
                         ('bob@example.org', 'bad-domain', 'hard', 'failed')]),
    'exim': (mail(
        'Mail Delivery System <Mailer-Daemon@mx.example.net>',
        'Mail delivery failed: returning message to sender', '''\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.org
    host mx.example.org [192.0.2.7]
    SMTP error from remote mail server after end of data:
    552 5.3.4 Message size exceeds fixed limit

------ This is a copy of the message, including all the headers. ------

''' + ORIGINAL, 'X-Failed-Recipients: ann@example.org',
        'Auto-Submitted: auto-replied'),
        'dsn', [('ann@example.org', 'too-large', 'soft', 'failed')]),
    'exim warns': (mail(
        'Mail Delivery System <Mailer-Daemon@mx.example.net>',
        'Warning: message 1abcde-000000-00 delayed 24 hours', '''\
This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.net.

The address to which the message has not yet been delivered is:

  ann@example.org
    host mx.example.org [192.0.2.7]
    Delay reason: SMTP error from remote mail server after RCPT TO:
    451 4.7.1 Greylisted, try again later

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals if the message
remains undelivered.
'''), 'dsn', [('ann@example.org', 'greylist', 'soft', 'delayed')]),
    'sendmail of old': (daemon('Returned mail: User unknown', '''\
The original message was received at Mon, 2 Nov 2026 10:00:00 +0000
from out.example.com [192.0.2.9]

   ----- The following addresses had permanent fatal errors -----
<ann@example.org>

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> RCPT To:<ann@example.org>
<<< 550 5.1.1 <ann@example.org>... User unknown
550 <ann@example.org>... User unknown

   ----- Original message follows -----

''' + ORIGINAL), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'exchange of old': (mail(
        'System Administrator <postmaster@example.net>',
        'Undeliverable: What is new', '''\
Your message

  To:      ann@example.org
  Subject: What is new
  Sent:    Mon, 2 Nov 2026 10:00:00 +0000

did not reach the following recipient(s):

ann@example.org on Mon, 2 Nov 2026 10:00:00 +0000
    The recipient name is not recognized
        The MTS-ID of the original message is: c=us;a= ;p=example;l=X
    MSEXCH:IMS:Example:SITE:HOST 0 (000C05A6) Unknown Recipient
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'exchange in html': (mail(
        'postmaster@example.net', 'Undeliverable: What is new',
        '''<html><head><style>p {color: red}</style></head><body>
<p><b>Delivery has failed to these recipients or groups:</b></p>
<p><a href="mailto:ann@example.org">ann@example.org</a><br>
The recipient's mailbox is full and can't accept messages now. Please try
resending this message later, or contact the recipient directly.</p>
<p><b>Diagnostic information for administrators:</b></p>
<p>Generating server: mx.example.net</p>
<p>ann@example.org<br>
#550 5.2.2 STOREDRV.Deliver; mailbox full ##</p>
<p>Original message headers:</p></body></html>''',
        'Content-Type: text/html; charset=us-ascii', 'Return-Path: <>'),
        'dsn', [('ann@example.org', 'mailbox-full', 'soft', 'failed')]),
    'domino': (mail(
        'Postmaster@example.net',
        'DELIVERY FAILURE: User ann (ann@example.org) not listed in Domino '
        'Directory', '''\
Your message

  Subject: What is new

was not delivered to:

  ann@example.org

because:

  User ann (ann@example.org) not listed in Domino Directory
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'groupwise': (mail(
        'Mailer-Daemon@example.net', 'Message status - undeliverable', '''\
The message that you sent was undeliverable to the following:
\tann@example.org (user not found)

Possibly truncated original message follows:

''' + ORIGINAL), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'imail': (mail(
        'Postmaster <postmaster@example.net>', 'Undeliverable Mail', '''\
Unknown user: ann@example.org

Original message follows.

''' + ORIGINAL), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'quota by name': (mail(
        'Postmaster <postmaster@example.net>', 'Undeliverable Mail', '''\
User mailbox exceeds allowed size: ann@example.org

Original message follows.

''' + ORIGINAL),
        'dsn', [('ann@example.org', 'mailbox-full', 'soft', 'failed')]),
    'mdaemon': (mail(
        'MDaemon at mx.example.net <MDaemon@mx.example.net>',
        'Permanent Delivery Failure', '''\
--------------------------------------------------------------------------
The following message had PERMANENT fatal delivery errors!
--------------------------------------------------------------------------

Failed address: ann@example.org

--- Session Transcript ---
 Mon 2026-11-02 10:00:00: --> RCPT To:<ann@example.org>
 Mon 2026-11-02 10:00:01: <-- 550 5.1.1 unknown or illegal alias: ann@example.org
--- End Transcript ---
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'communigate': (mail(
        'MAILER-DAEMON@mx.example.net', 'Undeliverable mail', '''\
Failed to deliver to 'ann@example.org'
LOCAL module(account ann) reports:
 account is full (quota exceeded)
'''), 'dsn', [('ann@example.org', 'mailbox-full', 'soft', 'failed')]),
    'yahoo': (mail(
        'MAILER-DAEMON@example.net', 'Failure Notice', '''\
Sorry, we were unable to deliver your message to the following address.

<ann@example.org>:
Remote host said:
554 delivery error: dd Sorry, your message to ann@example.org cannot be delivered. This mailbox is disabled (554.30).
[RCPT_TO]

--- Below this line is a copy of the message.

''' + ORIGINAL),
        'dsn', [('ann@example.org', 'mailbox-disabled', 'soft', 'failed')]),
    'gmail': (mail(
        'Mail Delivery Subsystem <mailer-daemon@example.net>',
        'Delivery Status Notification (Failure)', '''\
Delivery to the following recipient failed permanently:

     ann@example.org

Technical details of permanent failure:
The other server returned: 550 550 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.example (state 14).

----- Original message -----

''' + ORIGINAL),
        'dsn', [('ann@example.org', 'ip-blocklist', 'soft', 'failed')]),
    'gmx': (mail(
        'GMX Mailer Daemon <mailer-daemon@example.net>',
        'Mail delivery failed: returning message to sender', '''\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. The following addresses failed:

<ann@example.org>:
SMTP error from remote server after RCPT command:
host: mx.example.org
5.1.1 <ann@example.org>... User is unknown {mx-us002}

--- The header of the original message is following. ---

''' + ORIGINAL), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'german': (mail(
        'Mail Delivery System <mailer-daemon@example.net>',
        '=?utf-8?Q?Unzustellbar=3A_Neuigkeiten?=', '''\
Ihre Nachricht konnte nicht zugestellt werden.

Empf=C3=A4nger:
  ann@example.org

Grund: Der Empf=C3=A4nger ist unbekannt.
''', 'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable'),
        'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'base64': (mail(
        'Mail Delivery System <mailer-daemon@example.net>',
        'Undelivered Mail Returned to Sender',
        'PGFubkBleGFtcGxlLm9yZz46IGhvc3QgbXguZXhhbXBsZS5vcmdbMTkyLjAuMi43XSBz\n'
        'YWlkOiA1NTAgNS4xLjEgVXNlciB1bmtub3duCg==\n',
        'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: base64'),
        'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'about the sender': (mail(
        'Mail Delivery System <mailer-daemon@example.net>',
        'Undelivered Mail Returned to Sender', '''\
<ann@example.org>: host mx.example.org[192.0.2.7] said: 550 5.1.8
    <bounces@example.com>: Sender address rejected: Domain not found (in
    reply to MAIL FROM command)
'''), 'dsn', [('ann@example.org', 'sender-rejected', 'soft', 'failed')]),
    'notice in a notice': (mail(
        'Postmaster <postmaster@gate.example.net>',
        'Undelivered Mail Returned to Sender', '''\
A message that passed here could not be delivered. It is below.
For assistance, please contact <help@gate.example.net>

----------------
Return-Path: <>
From: MAILER-DAEMON@inner.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: owner@gate.example.net
MIME-Version: 1.0
Message-Id: <1@inner.example.net>

<ann@example.org>: host mx.example.org[192.0.2.7] said: 550 5.1.1
    no such user (in reply to RCPT TO command)
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'json': (mail(
        'notices <no-reply@sns.example>', 'Notification',
        '{"Type": "Notification", "Message": "{\\"notificationType\\":'
        '\\"Bounce\\",\\"bounce\\":{\\"bounceType\\":\\"Permanent\\",'
        '\\"bouncedRecipients\\":[{\\"emailAddress\\":\\"ann@example.org\\",'
        '\\"action\\":\\"failed\\",\\"status\\":\\"5.1.1\\",'
        '\\"diagnosticCode\\":\\"smtp; 550 5.1.1 user unknown\\"}]}}"}\n'),
        'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'one after the other': (mail(
        'MAILER-DAEMON@mx.example.net', 'Undeliverable mail', '''\
Delivery has failed to these recipients:

ann@example.org
bob@example.org

Details follow.

ann@example.org
    550 5.1.1 No such user

bob@example.org
    552 5.2.2 Mailbox is full
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed'),
               ('bob@example.org', 'mailbox-full', 'soft', 'failed')]),
    'a gate': (mail(
        'Postmaster@gate.example.net', 'Undeliverable Mail: "What is new"',
        '''\
Your message:
   From:    news@example.com
   Subject: What is new

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    ann@example.org

Additional Information
======================
Original Sender:    <news@example.com>
Sender-MTA:         <192.0.2.9>
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'arrows the other way': (mail(
        'Mail gate <postmaster@gate.example.net>',
        'Mail could not be delivered', '''\
Unable to deliver message to <ann@example.org>

Sent >>> RCPT TO:<ann@example.org>
Received <<< 550 5.1.1 <ann@example.org>... User unknown

Original message: What is new
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'addressed to': (mail(
        'Mail Administrator <postmaster@example.net>',
        'Message Undeliverable: What is new', '''\
Your message could not be sent.
A transcript of the attempts to send the message follows.
The number of attempts made: 1
Addressed To: ann@example.org

Mon, 2 Nov 2026 10:00:00 +0000
Failed to send to identified host,
ann@example.org: [192.0.2.7], 550 ann@example.org... No such user
--- Message non-deliverable.
'''), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'in brackets': (mail(
        'Mail Delivery Subsystem <MAILER-DAEMON@example.net>',
        'Returned Mail', '''\
The original message was received at Mon, 2 Nov 2026 10:00:00 +0000
from out.example.com [192.0.2.9]

---The following addresses had delivery errors---

ann@example.org [User unknown]

''' + ORIGINAL), 'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'a sieve': (report(
        'Your message to <ann@example.org> was automatically rejected:\n'
        'I do not want to receive your newsletter any more.\n',
        'Reporting-MTA: dns; mx.example.net\n\n'
        'Final-Recipient: rfc822; ann@example.org\nAction: failed\n'
        'Status: 5.7.1\n'
    ), 'dsn', [('ann@example.org', 'policy', 'soft', 'failed')]),
    'relayed, in words': (mail(
        'Mail Delivery Subsystem <MAILER-DAEMON@example.net>',
        'Return receipt', '''\
   ----- The following addresses had successful delivery notifications -----
<ann@example.org>  (relayed to non-DSN-aware mailer)

   ----- Transcript of session follows -----
<ann@example.org>... relayed; expect no further notifications
'''), 'dsn', [('ann@example.org', 'delivered', 'none', 'delivered')]),
    'spanish': (mail(
        'Postmaster <postmaster@example.net>',
        '=?iso-8859-1?Q?No_se_pudo_entregar_su_mensaje?=', '''\
Su mensaje no se pudo entregar a los siguientes destinatarios:

  ann@example.org
  El buz=F3n est=E1 lleno
''', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: quoted-printable'),
        'dsn', [('ann@example.org', 'mailbox-full', 'soft', 'failed')]),
    'japanese': (mail(
        'Postmaster <postmaster@example.net>',
        '=?iso-2022-jp?B?GyRCR1s/LiUoJWkhPBsoQg==?=',
        '\u6b21\u306e\u5b9b\u5148\u306b\u914d\u4fe1\u3067\u304d'
        '\u307e\u305b\u3093\u3067\u3057\u305f\n\nann@example.org\n'
        '\u30e6\u30fc\u30b6\u30fc\u304c\u898b\u3064\u304b\u308a'
        '\u307e\u305b\u3093\n', 'Return-Path: <>',
        'Content-Type: text/plain; charset=utf-8'),
        'dsn', [('ann@example.org', 'bad-mailbox', 'hard', 'failed')]),
    'receipt': (mail(
        'Ann <ann@example.org>', 'Read: What is new', '''--b
Content-Type: text/plain

Your message was read.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; ann@example.org
Disposition: manual-action/MDN-sent-manually; displayed
--b--
''', 'MIME-Version: 1.0', 'Content-Type: multipart/report; '
        'report-type=disposition-notification; boundary=b'),
        'vacation', [('ann@example.org', 'auto-reply', 'none', 'none')]),
    'a group of fields among words': (mail(
        'Mail Delivery Subsystem <mailer-daemon@example.net>',
        'Delivery failure', '''\
Your message was not delivered. Technical report:

Reporting-MTA: dns; mx.example.net
Final-Recipient: rfc822; ann@example.org
Action: failed
Status: 5.4.4
Diagnostic-Code: smtp; 550 5.4.4 Invalid domain
'''), 'dsn', [('ann@example.org', 'bad-domain', 'hard', 'failed')]),

    'away': (mail(
        'Ann <ann@example.org>', 'Out of office: What is new',
        'I am out of the office until Monday.\n',
        'Auto-Submitted: auto-replied'),
        'vacation', [('ann@example.org', 'auto-reply', 'none', 'none')]),
    'away, by its words': (mail(
        'Ann <ann@example.org>', 'Re: What is new',
        'Thank you for your mail. I am currently out of the office and have\n'
        'limited access to e-mail.\n'),
        'vacation', [('ann@example.org', 'auto-reply', 'none', 'none')]),
    'abwesend': (mail(
        'Ann <ann@example.org>', 'Automatische Antwort: Neuigkeiten',
        'Ich bin bis Montag nicht erreichbar.\n'),
        'vacation', [('ann@example.org', 'auto-reply', 'none', 'none')]),
    'challenge': (mail(
        'Ann <ann@example.org>', 'Please confirm your message',
        'Your message is held until you prove that you are a person.\n'
        'Visit https://c.example.org/1 to be added to the allowed list.\n'),
        'vacation', [('ann@example.org', 'auto-reply', 'none', 'none')]),
    'unsubscribe': (mail(
        'Ann <ann@example.org>', 'unsubscribe', 'unsubscribe\n'),
        'other', [('ann@example.org', 'unsubscribe', 'none', 'none')]),
    'dmarc': (mail(
        'noreply-dmarc@example.net', 'Report domain: example.com Submitter: '
        'example.net Report-ID: 1', 'H4sIAAAA\n', 'MIME-Version: 1.0',
        'Content-Type: application/gzip; '
        'name="example.net!example.com!1!2.xml.gz"',
        'Content-Transfer-Encoding: base64'),
        'other', [('', 'auth-report', 'none', 'none')]),
    'tls': (mail(
        'tlsrpt@example.net', 'Report Domain: example.com Submitter: '
        'example.net Report-ID: <1@example.net>', 'H4sIAAAA\n',
        'TLS-Report-Domain: example.com', 'TLS-Report-Submitter: example.net',
        'MIME-Version: 1.0', 'Content-Type: application/tlsrpt+gzip',
        'Content-Transfer-Encoding: base64'),
        'other', [('', 'auth-report', 'none', 'none')]),
    'mail': (mail(
        'Ann <ann@example.org>', 'Lunch', 'Do you come along?\n'),
        'other', [('', 'not-a-bounce', 'none', 'none')]),
    'mail about mail': (mail(
        'Ann <ann@example.org>', 'Re: Undelivered mail',
        'Yesterday my mail to bob@example.org came back, 550 user unknown.\n'
        'Do you know why it could not be delivered?\n'),
        'other', [('', 'not-a-bounce', 'none', 'none')]),

    'complaint': (mail(
        'fbl@example.net', 'FW: What is new', '''--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1.0
Version: 1
Original-Rcpt-To: <ann@example.org>
Source-IP: 192.0.2.9
--b
Content-Type: message/rfc822

%s
--b--
''' % ORIGINAL, 'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=feedback-report; '
        'boundary=b'),
        'arf', [('ann@example.org', 'complaint', 'none', 'none')]),
    'redacted complaint': (mail(
        'fbl@example.net', 'FW: What is new', '''--b
Content-Type: message/feedback-report

Feedback-Type: not-spam
User-Agent: Loop/1.0
Version: 1
Original-Rcpt-To: redacted
--b
Content-Type: text/rfc822-headers

From: news@example.com
To: redacted@example.org
Message-ID: <77@example.com>
--b--
''', 'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=feedback-report; '
        'boundary=b'),
        'arf', [('', 'not-spam', 'none', 'none')]),
    'complaint without a part': (mail(
        'staff@example.net', 'complaint about message from 192.0.2.9', '''--b
Content-Type: message/rfc822

X-HmXmrOriginalRecipient: ann@example.org
%s
--b--
''' % ORIGINAL, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; '
        'boundary=b'),
        'arf', [('ann@example.org', 'complaint', 'none', 'none')]),
}
