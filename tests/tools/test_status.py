#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""status in every state of the card and both languages, beside the files in golden/ (JPKI_GOLDEN=write writes them anew)."""
import difflib
import json
import os
import pathlib
import re
import subprocess
import time

import rig

PROFILES = ('normal', 'contact', 'nosign', 'noauth', 'nocert', 'android', 'iphone', 'juki', 'pinless', 'expired', 'notyet',
            'expiring', 'authblocked', 'signblocked', 'lasttry', 'nopss', 'oldcard', 'newer', 'newkey', 'nextgen',
            'bankcard', 'yubikey')
GOLDEN = pathlib.Path(__file__).parent / 'golden'
# what stands in English on purpose: names of programs, options, readers
KEPT = re.compile(r'JPKI Test Reader|JPKI暗証番号リセット|--[a-z-]+|status|cert show auth|'
                  r'jpki-token [a-z]+|Android|iPhone|pcscd|PIN')

check = rig.Checks()
card = rig.Card()


def days_left():
    """Counted from the date that openssl reads in the card's certificate."""
    pem = rig.run('cert', 'export', 'auth', '--reader', rig.READER).stdout
    end = subprocess.run(['openssl', 'x509', '-noout', '-enddate'], check=True, text=True, capture_output=True, input=pem)
    end = end.stdout.strip().partition('=')[2]
    then = time.mktime(time.strptime(end, '%b %d %H:%M:%S %Y GMT')) - time.timezone
    return int(abs(then - time.time()) // 86400)


def golden_compare(lang, shown):
    path = GOLDEN / f'status.{lang}.golden'
    if os.environ.get('JPKI_GOLDEN') == 'write':
        path.write_text(shown, encoding='utf-8')
    before = path.read_text(encoding='utf-8')
    check.that(f'status in {lang} is as in {path.name}', before == shown,
               '\n'.join(difflib.unified_diff(before.splitlines(), shown.splitlines(), 'golden', 'now', lineterm='')))


shown = {'en': '', 'ja': ''}
for profile in PROFILES:
    card.become('profile=' + profile)
    for lang in shown:
        done = rig.run('status', '--reader', rig.READER, lang=lang)
        shown[lang] += f'=== {profile}: {done.returncode}\n{rig.steady(done.stdout)}{rig.steady(done.stderr)}\n'
    if profile in ('normal', 'expired', 'expiring'):
        facts = json.loads(rig.run('status', '--json', '--reader', rig.READER).stdout)['readers'][0]['tokens'][0]
        check.that(f'{profile}: the days are those of the certificate', facts['certificate']['days'] == days_left(), facts)
    stats = card.stats()
    check.that(f'{profile}: no PIN was sent, nothing is unlocked',
               sum(stats['verifies_with_data'].values()) == 0 and not stats['unlocked'], stats)
for lang, text in shown.items():
    golden_compare(lang, text)

english = [line for line in shown['ja'].splitlines()
           if not line.startswith('===') and re.search(r'[A-Za-z]{3,} [A-Za-z]{2,}', KEPT.sub('', line))]
check.that('no English sentence in Japanese', not english, '\n'.join(english))

card.become('profile=normal')
card.ask('reset-stats')
done = rig.run('status', '--with-sign', '--reader', rig.READER, pins=['abc123'])
check.result('the password shows the signature certificate too', done, 0, 'ends earlier if your name')
stats = card.stats()
check.that('by one VERIFY, and the card is locked after it',
           stats['verifies_with_data']['sign'] == 1 and not stats['unlocked'], stats)

# --watch follows the card
terminal = rig.Terminal('status', '--watch', '--reader', rig.READER)
terminal.expect('My Number Card')
card.ask('eject')
terminal.expect('card removed')
card.ask('insert')
terminal.expect('card inserted')
terminal.expect('tries left', 4)
os.write(terminal.fd, b'\x03')
check.that('--watch shows a removal and an insertion, and ends by Ctrl-C', terminal.end() == 130, terminal.text)
check.end()
