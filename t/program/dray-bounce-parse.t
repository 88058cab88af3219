#!/bin/sh
# dray-bounce --parse: what messages mean that come back.
. "$(dirname "$0")/../lib/lib.sh"

base="$T/base"
mkdir -p "$base/etc/rules" "$base/policy"
printf '[node]\nhostname = node.example\n' >"$base/etc/dray.conf"
cp "$TOP"/common/policy/rules/*.rules "$base/etc/rules/"
check "a policy" dray-policy -b "$base" compile

parse() {
	timeout 20 dray-bounce -b "$base" --parse "$@" </dev/null
}

cat >"$T/dsn" <<'END'
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

This is the mail system.

<ann@example.org>: host mail.example.org[192.0.2.1] said: 550 5.1.1
    <ann@example.org>: no such user here (in reply to RCPT TO command)

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ann@example.org
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 <ann@example.org>: no such user here

--b
Content-Type: message/rfc822

From: news@example.com
To: ann@example.org
Message-ID: <1@example.com>

Hello.
--b--
END
parse "$T/dsn" >"$T/out" 2>"$T/err"
point $? "a notice of RFC 3464" "$T/err"
grep -q '"kind":"dsn","sort":"bounce","recipient":"ann@example.org",.*"status":"5.1.1","code":550,"class":"bad-mailbox",.*"hardsoft":"hard","action":"failed","attributed":"report".*"message_id":"1@example.com"' "$T/out"
point $? "is understood" "$T/out"
check_rc 111 "a file that is not there" parse "$T/dsn" "$T/none"
check_rc 100 "no files" parse
check_rc 100 "no policy" timeout 20 dray-bounce -b "$T/none" --parse "$T/dsn"
done_testing
