#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""report, on the card in process: what it costs, what it shows of nobody, and that a card made from it gives the same one.

JPKI_SEEDS: how many hostile cards (80).
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import rig

EXCHANGES, MILLISECONDS = 60, 3000
MARKER = 'Kakuu-Hanako-19900401-Mihon'
# of the persons of the simulated cards
NAMES = ('Kakuu', 'Shiken', 'Mogi', 'Kasou', '架空', '花子', '模擬', '太郎', '19900401', '19601103')
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix='report-'))
KEYS = os.environ['JPKI_SIM_KEYS']
REPORTS = pathlib.Path(__file__).resolve().parents[1] / 'cards/reports'
check = rig.Checks()


def report(*words, card='', pins=None, lang='en', **more):
    """A run on such a card, and what the card met."""
    stats = FOLDER / 'stats.json'
    env = {'JPKI_CARD': card, 'JPKI_STATS': str(stats), **more}
    done = rig.run('report', *words, lang=lang, pins=pins, env=env)
    return done, json.loads(stats.read_text(encoding='ascii'))


def fact(text, name):
    return next(row for row in json.loads(text)['facts'] if row['name'] == name)


def windows(data, size):
    """All pieces of so many bytes that say something; letters alone may be words of the report itself."""
    pieces = {data[i:i + size] for i in range(len(data) - size + 1)}
    return {piece for piece in pieces if len(set(piece)) > 2 and not re.fullmatch(rb'[A-Za-z ]*', piece)}


def secrets_of(card):
    """What must not be seen: pieces of every certificate of this card, raw and as hex."""
    folder = FOLDER / 'export'
    folder.mkdir(exist_ok=True)
    subprocess.run([os.environ['JPKI_SIMCARD'], *[w for word in card.split() for w in ('--set', word)], '--keys', KEYS,
                    '--export', str(folder)], check=True, capture_output=True)
    raw, hexed = set(), set()
    for path in sorted(folder.glob('*.pem')):
        der = subprocess.run(['openssl', 'x509', '-outform', 'DER', '-in', str(path)], check=False,
                             capture_output=True).stdout
        raw |= windows(der, 6)
        hexed |= {piece.hex().upper() for piece in windows(der, 4)}
    assert len(raw) > 1500, 'no certificates were exported'
    return raw, hexed


def shows(text, raw, hexed):
    """What of the secrets stands in a text."""
    data, flat = text.encode(), re.sub(r'[\s:,"]', '', text).upper()
    seen = [data[i:i + 6] for i in range(len(data) - 5) if data[i:i + 6] in raw]
    return seen + [flat[i:i + 8] for i in range(len(flat) - 7) if flat[i:i + 8] in hexed]


def switches():
    """Every switch of the simulated card with each of its values, as its help lists them."""
    text = subprocess.run([os.environ['JPKI_SIMCARD'], '--help'], check=True, text=True, capture_output=True).stdout
    text = text.partition('Keys:')[2].partition('Profiles:')[0]
    for key, values in re.findall(r'^  ([a-z0-9-]+) {2,}(yes\|no|a status word.*|[a-z0-9 -]+)$', text, re.MULTILINE):
        if values == 'yes|no':
            values = 'yes no'
        elif values.startswith('a status word'):
            values = '6983 6984 6A80 6700 63C0'
        elif values in ('a number', 'text', 'hex digits') or values.startswith('stands for'):
            continue
        yield from (f'{key}={value}' for value in values.split())


def costs_nothing(name, card, done, stats, before):
    check.that(f'{name}: no try, no PIN, nothing left open',
               stats['tries'] == before['tries'] and not stats['unlocked']
               and sum(stats['verifies_with_data'].values()) + sum(stats['changes'].values()) == 0, stats)
    check.that(f'{name}: at most {EXCHANGES} exchanges, less than {MILLISECONDS} ms on a contactless card',
               stats['exchanges'] <= EXCHANGES and stats['card_ms'] < MILLISECONDS, stats)
    check.that(f'{name}: a report or a reason', done.returncode in (0, 3) or 'jpki-token: ' in done.stderr, done)


def untouched(card):
    """The counters of such a card that nobody has asked."""
    return report('--help', card=card)[1]


def same_facts(name, first, path):
    second, _ = report('--json', JPKI_LIKE=str(path))
    was, now = json.loads(first)['facts'], json.loads(second.stdout)['facts']
    differ = [f'{a} is now {b}' for a, b in zip(was, now) if a != b and not a['name'].startswith(('sign-p', 'pin-'))]
    check.that(f'{name}: a card like this report gives the same facts', not differ and len(was) == len(now),
               '\n'.join(differ))


def kinds():
    profiles = re.findall(r'^  ([a-z]+) ', subprocess.run(
        [os.environ['JPKI_SIMCARD'], '--help'], check=True, text=True, capture_output=True).stdout.partition('Profiles:')[2],
        re.MULTILINE)
    check.that('there are profiles', len(profiles) >= 18, profiles)
    for profile in profiles:
        card = 'profile=' + profile
        raw, hexed = secrets_of(card)
        as_text, _ = report(card=card)
        done, stats = report('--json', card=card)
        costs_nothing(profile, card, done, stats, untouched(card))
        seen = shows(as_text.stdout + as_text.stderr + done.stdout + done.stderr, raw, hexed)
        seen += [word for word in (*NAMES,'2112SECRET', '0000000090000001', 'ABC123', '1571', '1742', '1316', '1304')
                 if word in as_text.stdout + done.stdout]
        check.that(f'{profile}: nothing of the person', not seen, seen[:5])
        if done.returncode == 0:
            path = FOLDER / f'{profile}.json'
            path.write_text(done.stdout, encoding='utf-8')
            same_facts(profile, done.stdout, path)
            if profile == 'juki':
                check.that('juki: nothing but SELECT and what the module reads', stats['ins'].get('20') is None
                           and stats['ins'].get('2A') is None and stats['reads'] <= 3, stats)
    for word in switches():
        done, stats = report('--json', card=word)
        costs_nothing(word, word, done, stats, {'tries': {'auth': 3, 'sign': 5}})
        # how long a holder's certificate says it is: that is no fact about cards
        if done.returncode == 0 and 'cert-form' not in word:
            path = FOLDER / 'switch.json'
            path.write_text(done.stdout, encoding='utf-8')
            same_facts(word, done.stdout, path)


def hostile():
    marker = MARKER.encode()
    raw, hexed = windows(marker * 2, 4), {piece.hex().upper() for piece in windows(marker * 2, 3)}
    for seed in range(int(os.environ.get('JPKI_SEEDS', '80'))):
        words = ((), ('--json',), ('--with-pin', 'auth'), ('--json', '--with-pin', 'sign'))[seed % 4]
        pins = [('1234', 'ABC123')[seed % 4 == 3]] if seed % 4 > 1 else None
        done, stats = report(*words, pins=pins, JPKI_HOSTILE=str(seed + 1), JPKI_MARKER=MARKER)
        text = done.stdout + done.stderr
        data, flat = text.encode(), re.sub(r'[\s:,"]', '', text).upper()
        seen = [piece for piece in raw if piece in data] + [piece for piece in hexed if piece in flat]
        good = not seen and stats['tries'] == {'auth': 3, 'sign': 5} and not stats['unlocked'] and done.returncode >= 0
        good = good and stats['exchanges'] <= EXCHANGES or (pins and good)
        good = good and sum(stats['verifies_with_data'].values()) <= (1 if pins else 0)
        if not good:
            check.that(f'a hostile card, {seed + 1}', False, f'{seen[:3]} {stats}\n{text[-1500:]}')
    check.that('hostile cards learn nobody anything', True)


def with_pin():
    raw, hexed = secrets_of('profile=normal')
    for role, pin, sure in (('auth', '1234', 'pin-after-unpower'), ('sign', 'abc123', 'pin-after-drop')):
        done, stats = report('--json', '--with-pin', role, pins=[pin])
        check.result(f'with-pin {role}', done, 0)
        text = done.stdout + report('--with-pin', role, pins=[pin])[0].stdout
        seen = shows(text, raw, hexed) + [word for word in (*NAMES, pin, '1571', '1742', '06 CE', ' CE"') if word in text]
        check.that(f'with-pin {role}: nothing of the person', not seen, seen[:5])
        check.that(f'with-pin {role}: one VERIFY, locked again, all tries', stats['verifies_with_data'][role] == 1
                   and sum(stats['verifies_with_data'].values()) == 1 and not stats['unlocked']
                   and stats['tries'] == {'auth': 3, 'sign': 5}, stats)
        check.that(f'with-pin {role}: both signatures are checked',
                   [fact(done.stdout, name)['value'] for name in ('sign-pkcs1', 'sign-pss')] == ['good', 'good'],
                   done.stdout)
        check.that(f'with-pin {role}: what is sure to make it forget',
                   fact(done.stdout, sure)['value'] == fact(done.stdout, 'locked-at-end')['value'] == 'forgotten',
                   done.stdout)
        check.that(f'with-pin {role}: the PIN survives a SELECT', fact(done.stdout, 'pin-after-select')['value'] == 'kept')
        path = FOLDER / 'pin.json'
        path.write_text(done.stdout, encoding='utf-8')
        again, _ = report('--json', '--with-pin', role, pins=[pin], JPKI_LIKE=str(path))
        check.that(f'with-pin {role}: a card like it gives the same', json.loads(again.stdout)['facts']
                   == json.loads(done.stdout)['facts'], again.stdout)
        for tries in (1, 2):
            done, stats = report('--with-pin', role, card=f'tries-{role}={tries}', pins=[pin])
            check.result(f'with-pin {role}, {tries} left: not asked for', done, 6, 'not all of them')
            check.that(f'with-pin {role}, {tries} left: nothing was sent',
                       sum(stats['verifies_with_data'].values()) == 0, stats)
    done, stats = report('--json', '--with-pin', 'auth', pins=['1234'], card='profile=contact')
    check.that('over contacts a reset makes it forget', fact(done.stdout, 'pin-after-reset')['value'] == 'forgotten',
               done.stdout)
    done, stats = report('--json', '--with-pin', 'auth', pins=['1234'], card='power-cut=no')
    check.that('a reader that leaves the power', fact(done.stdout, 'pin-after-unpower')['value'] == 'kept'
               and fact(done.stdout, 'pin-after-drop')['value'] == 'forgotten' and not stats['unlocked'], done.stdout)
    done, stats = report('--with-pin', 'auth', pins=['9999'])
    check.result('a wrong PIN', done, 4, '2 tries are left')
    done, stats = report('--with-pin', 'sign', pins=['ABC123'], card='profile=juki')
    check.that('a Juki card gets no PIN', done.returncode != 0 and sum(stats['verifies_with_data'].values()) == 0, done)


def newer():
    """Where a report is wanted most: SELECT and READ alone, and no PIN, whatever is asked for."""
    for card in ('profile=newer', 'profile=newkey', 'profile=nextgen', 'profile=newkey le-6c=yes',
                 'profile=newer read-short-ids=no ef0008=no auth-cert=no'):
        done, stats = report('--json', card=card)
        kind = '"newer key"' if 'newkey' in card else '"newer"'
        check.result(f'{card}: a report', done, 0, f'"kind": {kind},')
        check.that(f'{card}: nothing but SELECT and READ', set(stats['ins']) <= {'A4', 'B0'}, stats)
        check.that(f'{card}: its files were asked for', fact(done.stdout, 'ef0008')['sw'] and
                   fact(done.stdout, 'sign-cert-locked')['sw'] and fact(done.stdout, 'key-unreadable')['sw'], done.stdout)
        for role, pin in (('auth', '1234'), ('sign', 'ABC123')):
            done, stats = report('--with-pin', role, card=card, pins=[pin], JPKI_PKCS11_OPTIONS='juki=try')
            check.result(f'{card}: --with-pin {role} is refused', done, 3, 'newer than this version',
                         'The PIN was not asked for, and none was sent', 'The report is whole without it')
            check.that(f'{card}: it is not said that nothing was sent', 'Nothing more' not in done.stderr, done)
            check.that(f'{card}: no PIN for {role}', set(stats['ins']) <= {'A4', 'B0'}, stats)
    done, _ = report('--with-pin', 'auth', card='profile=newer', pins=['1234'], lang='ja')
    check.result('and the same in Japanese', done, 3, '暗証番号は尋ねず、送ってもいません', '報告は暗証番号がなくても完全')
    path = FOLDER / 'unlabelled.json'
    path.write_text(report('--json', card='label=')[0].stdout, encoding='utf-8')
    check.that('a card that says nothing of its kind is not newer', '"kind": "other"' in path.read_text(encoding='utf-8'))
    same_facts('no label', path.read_text(encoding='utf-8'), path)


def moved():
    """The counter is another one when it is asked for again: nothing more is asked, and the report says so."""
    for words in ((), ('--json',), ('--json', '--with-pin', 'auth')):
        done, stats = report(*words, pins=['1234'] if 'auth' in words else None, JPKI_FAULT='3 query sw=63C2')
        check.result(f'a counter that moved {words}', done, 8, 'was not the same')
        check.that(f'a counter that moved {words}: nothing more was asked', stats['queries'] == {'auth': 1, 'sign': 1}
                   and sum(stats['verifies_with_data'].values()) == 0, stats)
    check.that('the JSON says so too', '"tries_moved": true' in report('--json', JPKI_FAULT='4 query sw=63C4')[0].stdout)


READERS = {
    'SCM Microsystems Inc. SCR 3310 v2.0 [CCID Interface] (21120823203467) 00 00':
        'SCM Microsystems Inc. SCR 3310 v2.0 [...] (...) 00 00',
    'Sony FeliCa RC-S300/P (0912345) 00 00': 'Sony FeliCa RC-S300/P (...) 00 00',
    'ACS ACR1251CL-NTTCom [ICC Reader] 00 01': 'ACS ACR1251CL-NTTCom [...] 00 01',
    'Reader 7A3F00B2C1 0912345678 00': 'Reader ... ... 00', 'Gemalto (never closed': 'Gemalto (...)',
    'X [a(b)c] 00': 'X [...] 00', 'Twin Reader AB12-34-567 x': 'Twin Reader ... x',
    '\u5bcc\u58eb Reader\x01 00': '?????? Reader? 00', 'Virtual PCD 00 00': 'Virtual PCD 00 00',
}
ATRS = {
    '3B888001000041E0B381A1003B': '3B 88 80 01 00 00 41 E0 B3 81 A1 00 3B',
    '3B888001DEADBEEFB381A10022': '3B 88 80 01 xx xx xx xx B3 81 A1 xx xx',
    '3BDA13FF8131FB468012392F31C173C601C099': '3B DA' + ' xx' * 17, '3B00': '3B 00',
}


def masks():
    for name, public in READERS.items():
        done, _ = report('--json', JPKI_READER=name)
        check.that(f'reader {public}', json.loads(done.stdout)['reader'] == public, done.stdout[:300])
    for atr, public in ATRS.items():
        done, _ = report('--json', card='atr=' + atr)
        check.that(f'ATR {public}', json.loads(done.stdout)['atr'] == public, done.stdout[:500])


def main():
    masks()
    moved()
    newer()
    kinds()
    with_pin()
    hostile()
    for path in sorted(REPORTS.glob('*.json')):
        done, stats = report('--json', JPKI_LIKE=str(path))
        check.result(f'{path.name}: a card like it', done, 0)
        was = {row['name']: row for row in json.loads(path.read_text(encoding='utf-8'))['facts'] if row['sw'] is not None}
        now = {row['name']: row for row in json.loads(done.stdout)['facts']}
        wrong = [f'{name}: {row} is now {now[name]}' for name, row in was.items() if now[name]['sw'] is not None and
                 (row['sw'], row['value']) != (now[name]['sw'], row['value'] and now[name]['value'])]
        check.that(f'{path.name}: and it answers so', not wrong, '\n'.join(wrong))
    subprocess.run(['rm', '-rf', str(FOLDER)], check=True)
    check.end()


if __name__ == '__main__':
    sys.exit(main())
