#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cert, sign, ssh-key, uri on two cards; choosing one; the service away or closed."""
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import struct
import subprocess
import tempfile
import threading

import rig

check = rig.Checks()
cards = {'first': rig.Card(), 'second': rig.Card('2')}
work = pathlib.Path(tempfile.mkdtemp())
FIRST = ['--reader', rig.READER]


def command(*words):
    return subprocess.run(words, text=True, capture_output=True, check=False)


# which card
serials = [reader['serial'] for reader in json.loads(rig.run('status', '--json').stdout)['readers']]
check.that('two cards have two serial numbers', len(set(serials)) == 2, serials)
done = rig.run('cert', 'list')
check.result('two cards: it asks which', done, 2, 'more than one card', *serials)
for serial, card in zip(serials, cards.values()):
    shown = rig.run('cert', 'export', 'auth', '--serial', serial).stdout
    check.that(f'--serial {serial} is that card', shown == (card.export / 'auth.pem').read_text(), shown)
check.result('a serial number that is not there', rig.run('cert', 'list', '--serial', '99'), 3, 'serial number')
check.result('a reader that is not there', rig.run('cert', 'list', '--reader', 'nowhere'), 3, 'nowhere')

# cert
done = rig.run('cert', 'show', 'sign', *FIRST, pins=['ABC123'])
check.result('the signature certificate shows the person', done, 0, '架空　花子', '1990-04-01', 'female')
out = work / 'sign.pem'
done = rig.run('cert', 'export', 'sign', '--out', str(out), *FIRST, pins=['abc123'])
check.result('the signature certificate is exported with a warning', done, 0, 'name, address')
check.that('readable by its owner alone', stat.S_IMODE(out.stat().st_mode) == 0o600, oct(out.stat().st_mode))
check.that('it is the one of the card', out.read_text() == (cards['first'].export / 'sign.pem').read_text())
check.result('a file that exists is kept', rig.run('cert', 'export', 'auth', '--out', str(out), *FIRST), 1, '--force')
check.result('verify: good', rig.run('cert', 'verify', 'auth', *FIRST), 0, 'Result good,')
check.result('verify: with the published CAs', rig.run('cert', 'verify', 'auth', '--ca-dir', str(cards['first'].export),
                                                       *FIRST), 0,
             'auth-ca.pem')
other = work / 'ca'
other.mkdir()
command('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', str(work / 'k'), '-out',
        str(other / 'ca.pem'), '-subj',
        '/C=JP/O=JPKI-TEST/OU=JPKI for user authentication/OU=Japan Agency for Local Authority Information Systems')
check.result('verify: a CA of the same name and another key is not taken', rig.run('cert', 'verify', 'auth', '--ca-dir',
                                                                                   str(other), *FIRST),
             8, 'NOT signed', 'NOT good')
check.result('verify says what it did not check', rig.run('cert', 'verify', 'auth', *FIRST), 0, 'Published CA NOT CHECKED',
             'Revocation NOT CHECKED', 'good, as far as it was checked')
facts = json.loads(rig.run('cert', 'verify', 'auth', '--json', *FIRST).stdout)
check.that('verify: and to programs', facts['not_checked'] == ['revocation', 'published_ca'] and facts['good'], facts)
cards['first'].ask('reset-stats')
done = rig.run('cert', 'verify', 'sign', '--ca-dir', str(work / 'none'), *FIRST, pins=['ABC123'])
check.result('verify: a --ca-dir that is not there', done, 1, 'none cannot be read: No such file')
check.that('verify: before a password is asked for', sum(cards['first'].stats()['verifies_with_data'].values()) == 0)
(work / 'empty').mkdir()
done = rig.run('cert', 'verify', 'auth', '--ca-dir', str(work / 'empty'), *FIRST)
check.result('verify: a --ca-dir without certificates', done, 1, 'no certificate in')
for wrong, word in (('no-ca', 'CA:TRUE is not in it'), ('old-ca', 'it is out of date'),
                    ('ca-use', 'may not sign certificates'), ('use', 'its key is NOT for this')):
    cards['first'].become('certs=' + wrong)
    published = work / wrong
    published.mkdir()
    rig.run('cert', 'export', 'auth-ca', '--der', '--out', str(published / 'ca.der'), *FIRST)
    check.result(f'verify: {wrong}', rig.run('cert', 'verify', 'auth', *FIRST), 8, word, 'NOT good')
    facts = json.loads(rig.run('cert', 'verify', 'auth', '--json', '--ca-dir', str(published), *FIRST).stdout)
    check.that(f'verify: {wrong}, as published', not facts['good'] and facts['signed_by_card_ca'] and facts['in_time']
               and (wrong == 'use') == facts['published_ca_good'] == facts['card_ca_good'] != facts['key_usage'], facts)
    check.result(f'verify: {wrong}, the CA itself', rig.run('cert', 'verify', 'auth-ca', *FIRST), 0 if wrong == 'use' else 8)
cards['first'].become('certs=right')

# sign
text = work / 'letter.txt'
text.write_text('hello\r\nmulti\nline')
for key, pin, ca in (('sign', 'ABC123', 'sign-ca.pem'), ('auth', '1234', 'auth-ca.pem')):
    for attached in ([], ['--attached']):
        cards['first'].ask('reset-stats')
        signed = work / f'{key}{len(attached)}.p7'
        done = rig.run('sign', str(text), '--key', key, '--out', str(signed), *attached, *FIRST, pins=[pin])
        check.result(f'sign with {key} {attached}', done, 0, 'Signature written')
        content = [] if attached else ['-content', str(text)]
        words = ['openssl', 'cms', '-verify', '-binary', '-inform', 'DER', '-in', str(signed), *content, '-purpose', 'any',
                 '-CAfile', str(cards['first'].export / ca), '-out', str(work / 'back')]
        back = command(*words)
        check.that(f'openssl accepts it ({key} {attached})',
                   back.returncode == 0 and (work / 'back').read_bytes() == text.read_bytes(),
                   back.stderr)
        stats = cards['first'].stats()
        check.that(f'the card is locked after it, and nothing was wasted ({key})', not stats['unlocked']
                   and sum(stats["verifies_with_data"].values()) == 1
                   and stats['exchanges'] <= 35, stats)
text.write_text('hello, changed')
back = command('openssl', 'cms', '-verify', '-binary', '-inform', 'DER', '-in', str(work / 'sign0.p7'), '-content',
               str(text), '-purpose',
               'any', '-CAfile', str(cards['first'].export / 'sign-ca.pem'))
check.that('openssl refuses it for another file', back.returncode != 0)

# ssh-key, uri
line = rig.run('ssh-key', 'auth', *FIRST).stdout
public = work / 'key.pub'
public.write_text(line)
check.that('ssh-keygen reads the line', command('ssh-keygen', '-l', '-f', str(public)).returncode == 0, line)
check.that('the comment names the token', line.strip().endswith(f'JPKI User Authentication {serials[0]}'), line)
listed = command('ssh-keygen', '-D', os.environ['JPKI_MODULE']).stdout
check.that('the module shows ssh the same key', line.split()[1] in listed, listed)
uris = rig.run('uri', *FIRST).stdout.split()
check.that('six URIs', len(uris) == 6 and len(set(uris)) == 6, uris)
if shutil.which('p11tool'):
    uri = rig.run('uri', 'auth', '--object', 'cert', *FIRST).stdout.strip()
    done = command('p11tool', '--provider', os.environ['JPKI_MODULE'], '--export', uri)
    check.that('GnuTLS finds the certificate by its URI', 'BEGIN CERTIFICATE' in done.stdout, done)

# the service
done = rig.run('status', env={'PCSCLITE_CSOCK_NAME': str(work / 'nothing')})
check.result('no pcscd', done, 3, 'is not running', 'systemctl enable')
done = rig.run('doctor', env={'PCSCLITE_CSOCK_NAME': str(work / 'nothing')})
check.result('doctor: no pcscd', done, 8, 'its socket is not there')


class Service(threading.Thread):
    """Where pcscd should be: speaks(version) is its answer to the first question, nothing where it is deaf."""

    def __init__(self, path, answer):
        super().__init__(daemon=True)
        self.path, self.answer = str(path), answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        self.start()

    def run(self):
        while True:
            with self.socket.accept()[0] as client:
                client.recv(20)
                client.send(self.answer)


# what pcscd 1.9.9 answers to the library of 2.3 (protocol 4:5), word for word
Service(work / 'other', struct.pack('<iiI', 4, 4, 0x8010001E))
done = rig.run('doctor', env={'PCSCLITE_CSOCK_NAME': str(work / 'other')})
check.result('doctor: another protocol', done, 8, 'answers in another protocol', 'systemctl restart pcscd', 'In a container')
check.result('another protocol', rig.run('status', env={'PCSCLITE_CSOCK_NAME': str(work / 'other')}), 3,
             'speaks another protocol')
Service(work / 'deaf', b'')
done = rig.run('doctor', env={'PCSCLITE_CSOCK_NAME': str(work / 'deaf')})
check.result('doctor: a deaf service', done, 8, 'does not answer', 'systemctl restart pcscd')
drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
if command(*drop, 'true').returncode == 0:
    door = pathlib.Path('/run/pcscd/pcscd.comm')
    mode = stat.S_IMODE(door.stat().st_mode)
    door.chmod(0o600)
    check.result('no right to use pcscd', rig.run('status', prefix=drop), 3, 'no right to use', 'doctor')
    check.result('doctor: no right', rig.run('doctor', prefix=drop), 8, 'does not let you in', '0600 root:root')
    door.chmod(mode)
else:
    print('skip - no right to use pcscd: this user cannot become another one')
done = rig.run('doctor', '--module', os.environ['JPKI_MODULE'])
check.result('doctor: all is well', done, 0, 'Nothing was found that keeps it from working', 'TLS 1.3 works',
             '3 of 3 tries left', 'was not looked at')
options = work / 'jpki-pkcs11.conf'
options.write_text('pss = auto\n\nfinal-try refuse\n')
work.chmod(0o755)
as_caller = str(pathlib.Path(__file__).resolve().parents[2] / 'scripts/as-caller')
person = {'prefix': (as_caller, '--no-root'),   # root reads the system's options alone
          'env': {'XDG_CONFIG_HOME': str(work), 'JPKI_PKCS11_OPTIONS': 'log=off'}}
done = rig.run('doctor', '--module', os.environ['JPKI_MODULE'], **person)
check.result('doctor: a line of the options', done, done.returncode, f'{options}, line 3', 'final-try refuse', 'safer')
check.that('doctor: the other lines are well', f'{options}, line 1' not in done.stdout, done)
options.write_text('\ufefffinal-try: "refuse"')
done = rig.run('doctor', '--module', os.environ['JPKI_MODULE'], **person)
check.result('doctor: options that are understood', done, done.returncode, 'all that is set is understood')
(work / 'ssh').write_text('#!/bin/sh\ncat "$0.version" >&2\n')
(work / 'ssh').chmod(0o755)
for version, broken in (('10.0p2 Debian-7', False), ('10.1p1', True), ('10.2p1', True), ('10.2p1 Ubuntu-2ubuntu3', False),
                        ('10.3p1', False), ('9.2p1 Debian-2+deb12u7', False)):
    (work / 'ssh.version').write_text(f'OpenSSH_{version}, OpenSSL 3.5.5 27 Jan 2026\n')
    done = rig.run('doctor', '--module', os.environ['JPKI_MODULE'], env={'PATH': f'{work}:{os.environ["PATH"]}'})
    check.that(f'doctor: OpenSSH {version}', ('ssh-add -s' in done.stdout) == broken and done.returncode == 0, done)
for profile, english, japanese in (('pinless', 'no PIN of it can be used', '顔認証マイナンバーカード'),
                                   ('nocert', 'no certificate is on it', '電子証明書がありません'),
                                   ('newer', 'newer than this version', 'バージョンより新しい'),
                                   ('newkey', 'newer than this version', 'バージョンより新しい')):
    cards['first'].become('profile=' + profile)
    check.result(f'doctor: {profile}', rig.run('doctor', *FIRST), 8, english)
    check.result(f'doctor in Japanese: {profile}', rig.run('doctor', *FIRST, lang='ja'), 8, japanese)
    done = rig.run('pin', 'verify', 'auth', *FIRST, pins=['1234'])
    check.that(f'{profile}: no PIN is sent', done.returncode != 0 and not any(
        cards['first'].stats()['verifies_with_data'].values()), done)
for profile, words in (('pinless', ('no PIN of it can be used',)),
                       ('authblocked', ('LOCKED', 'municipality')), ('signblocked', ('LOCKED', 'convenience store')),
                       ('expired', ('expired', 'issues a new one')), ('notyet', ('not valid before',))):
    cards['first'].become('profile=' + profile)
    done = rig.run('doctor', '--module', os.environ['JPKI_MODULE'], *FIRST)
    check.result(f'doctor: {profile}', done, 8, 'BAD', '1 thing keeps it from working', *words)
for profile, word in (('lasttry', 'One more wrong one locks it'), ('expiring', 'renew it now')):
    cards['first'].become('profile=' + profile)
    done = rig.run('doctor', '--module', os.environ['JPKI_MODULE'], *FIRST)
    check.result(f'doctor: {profile}', done, 0, 'note', word)
cards['first'].become('profile=normal')
home = work / 'home'
(home / '.config/pkcs11/modules').mkdir(parents=True)
(home / '.config/pkcs11/modules/jpki.module').write_text(f'# ours\nmodule: {os.environ["JPKI_MODULE"]}\n')
configured = (pathlib.Path(os.environ['JPKI_BUILD']) / 'conf.h').read_text(encoding='utf-8')
if pathlib.Path(re.search(r'JPKI_MODULE_PATH "(.*)"', configured)[1]).exists():
    print('skip - doctor on a copy that is registered: the module is installed here')
else:
    check.result('doctor: a copy that is registered', rig.run('doctor', *FIRST, env={'HOME': str(home)}), 0,
                 os.environ['JPKI_MODULE'].split('/')[-1] + ' can be loaded')
    check.result('doctor: no copy', rig.run('doctor', *FIRST, env={'HOME': str(work)}), 8, 'cannot be loaded')
    check.result('doctor: the one that was asked for', rig.run('doctor', *FIRST, '--module', '/nowhere.so',
                                                               env={'HOME': str(home)}), 8, '/nowhere.so')
cards['first'].become('profile=bankcard')
check.result('a bank card', rig.run('cert', 'list', *FIRST), 3, 'not a My Number Card', 'Nothing more was sent')
stats = cards['first'].stats()
check.that('a bank card is asked one thing', stats['exchanges'] <= 1, stats)
shutil.rmtree(work)
check.end()
