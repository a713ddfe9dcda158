#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sign: what a person sees before the password, what becomes of the files whatever happens, CMS and PDF."""
import hashlib
import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile

import rig

PASSWORD, PROMPT = 'ABC123', 'Password for digital signatures'
# Recognition 4; a look at the counter 2; then SELECT, counter, VERIFY, 13 READs of two certificates, COMPUTE, the drop.
EXCHANGES = 24
HUGE = 600 << 20        # bytes of a file with holes
MEMORY = 200 << 20      # bytes of address space that are enough for it

check = rig.Checks()
card = rig.Card()
place = pathlib.Path(tempfile.mkdtemp())
os.chdir(place)


def sign(*words, pins=(PASSWORD,), **more):
    return rig.run('sign', *words, '--reader', rig.READER, pins=list(pins), **more)


def files():
    """All names in the folder, hidden ones too, with what is in them."""
    return {path.name: (path.stat().st_mode, path.read_bytes()) for path in place.iterdir() if path.is_file()}


def untouched(name, before, verifies, tries=5):
    stats = card.stats()
    check.that(f'{name}: no file but what was there', files() == before, set(files()) ^ set(before))
    check.that(f'{name}: {verifies} VERIFY, {tries} tries, locked again',
               stats['verifies_with_data']['sign'] == verifies and stats['tries']['sign'] == tries and not stats['unlocked'],
               stats)


def cms_verify(name, *words):
    done = subprocess.run(['openssl', 'cms', '-verify', '-binary', '-inform', 'DER', '-in', name, '-purpose', 'any',
                           '-CAfile', str(card.export / 'sign-ca.pem'), '-cades', *words], capture_output=True, check=False)
    return done.returncode == 0, done.stderr.decode()


def look(lang):
    """What stands on the terminal when the password is asked for."""
    terminal = rig.Terminal('sign', 'letter.txt', '--reader', rig.READER, lang=lang)
    terminal.expect(PROMPT if lang == 'en' else '暗証番号（')
    seen = re.sub(r'[ \r\n]+', ' ', terminal.text)
    os.write(terminal.fd, b'\x03')
    terminal.end()
    return terminal.status, seen


letter = b'I agree.\n'
pathlib.Path('letter.txt').write_bytes(letter)
digest = hashlib.sha256(letter).hexdigest().upper()
card.become('profile=normal')

# before the password
before = files()
for lang, texts in (('en', ('letter.txt', '9 bytes', digest, 'counts as yours', 'name, address, date of birth and sex',
                            'letter.txt.p7s', '5 of 5 tries left')),
                    ('ja', ('letter.txt', '9 バイト', digest, '氏名', '住所', '生年月日', '性別', 'letter.txt.p7s'))):
    status, seen = look(lang)
    missing = [text for text in texts if text not in seen]
    check.that(f'before the password, in {lang}: what is signed, what it discloses, the tries, the result', not missing,
               f'missing: {missing}\n{seen}')
    check.that(f'Ctrl-C ends it, in {lang}', status == 128 + signal.SIGINT, status)
untouched('Ctrl-C', before, 0)

# beside and around
card.become('profile=normal')
check.result('a file', sign('letter.txt'), 0, 'letter.txt.p7s')
stats = card.stats()
check.that('by one VERIFY, in three visits and a drop', stats['verifies_with_data']['sign'] == 1
           and stats['ins']['A4'] == 4 and stats['exchanges'] <= EXCHANGES, stats)
check.that('openssl verifies it', *cms_verify('letter.txt.p7s', '-content', 'letter.txt', '-out', '/dev/null'))
check.that('it is for its owner alone', stat.S_IMODE(os.stat('letter.txt.p7s').st_mode) == 0o600)
check.result('once more, and it says that it replaces', sign('letter.txt'), 0, 'in place of the file that is there')
check.result('the file inside', sign('letter.txt', '--attached', '-o', 'around.p7m'), 0, 'around.p7m')
check.that('openssl verifies that too', *cms_verify('around.p7m', '-out', 'inside.txt'))
check.that('and what comes out is what went in', pathlib.Path('inside.txt').read_bytes() == letter)
check.result('as PEM', sign('letter.txt', '--attached', '--pem', '-o', 'around.pem'), 0)
done = subprocess.run(['openssl', 'cms', '-verify', '-binary', '-inform', 'PEM', '-in', 'around.pem', '-purpose', 'any',
                       '-CAfile', str(card.export / 'sign-ca.pem')], capture_output=True, check=False)
check.that('openssl verifies the PEM', done.returncode == 0 and done.stdout == letter, done.stderr)
stats = card.stats()
check.that('no try was lost', stats['tries'] == {'auth': 3, 'sign': 5} and not stats['unlocked'], stats)

# streams: a file of any length in little memory
with open('huge.bin', 'wb') as huge:
    huge.truncate(HUGE)
check.result('600 MB in 200 MB of memory', sign('huge.bin', prefix=['prlimit', f'--as={MEMORY}']), 0, 'huge.bin.p7s')
check.that('openssl verifies that', *cms_verify('huge.bin.p7s', '-content', 'huge.bin', '-out', '/dev/null'))
os.truncate('huge.bin', 70 << 20)
check.result('70 MB inside, in 40 MB', sign('huge.bin', '--attached', prefix=['prlimit', f'--as={40 << 20}']), 0,
             'huge.bin.p7m')
check.that('openssl verifies that', *cms_verify('huge.bin.p7m', '-out', '/dev/null'))
for name in ('huge.bin', 'huge.bin.p7m', 'huge.bin.p7s', 'letter.txt.p7s', 'around.p7m', 'around.pem', 'inside.txt'):
    os.unlink(name)

# the input is never the output
os.link('letter.txt', 'hard')
os.symlink('letter.txt', 'soft')
before = files()
card.ask('reset-stats')
for name in ('letter.txt', './letter.txt', 'hard', 'soft'):
    check.result(f'its own input as --out {name}', sign('letter.txt', '--out', name), 1, 'another name')
    check.result(f'the same for --attached: {name}', sign('letter.txt', '--attached', '--out', name), 1, 'another name')
untouched('its own input', before, 0)
for name in ('hard', 'soft'):
    os.unlink(name)

# what is no file stays what it is; a link is followed
check.result('/dev/null', sign('letter.txt', '--out', '/dev/null'), 0)
check.that('/dev/null is still there', stat.S_ISCHR(os.stat('/dev/null').st_mode))
pathlib.Path('old.p7s').write_bytes(b'old')
os.symlink('old.p7s', 'link.p7s')
check.result('a link as --out', sign('letter.txt', '--out', 'link.p7s'), 0)
check.that('the link is still one, and its file is new', os.path.islink('link.p7s')
           and cms_verify('old.p7s', '-content', 'letter.txt', '-out', '/dev/null')[0])
os.unlink('link.p7s')
os.unlink('old.p7s')

# whatever happens: no file, and one that was there stays as it was
pathlib.Path('letter.pdf').write_bytes(rig.document())
pathlib.Path('kept.out').write_bytes(b'kept')
before = files()
KINDS = {'beside': ['letter.txt'], 'around': ['letter.txt', '--attached'], 'pdf': ['letter.pdf', '--pdf']}
with_pdf = 'libqpdf' not in sign('letter.pdf', '--pdf', '-o', '/dev/null', pins=[]).stderr
if not with_pdf:
    del KINDS['pdf']
for kind, words in KINDS.items():
    for target in ('fresh.out', 'kept.out'):
        name = f'{kind}, {target}'
        card.become('profile=normal')
        check.result(f'{name}: a wrong password', sign(*words, '-o', target, pins=['WRONG1']), 4, 'was wrong')
        untouched(f'{name}: a wrong password', before, 1, 4)
        card.become('profile=normal')
        check.result(f'{name}: no password', sign(*words, '-o', target, pins=[]), 6)
        untouched(f'{name}: no password', before, 0)
        terminal = rig.Terminal('sign', *words, '-o', target, '--reader', rig.READER)
        terminal.expect(PROMPT)
        card.ask('eject')
        rig.await_reader(present=False)
        terminal.answer(PROMPT, PASSWORD)
        terminal.end()
        check.result(f'{name}: the card is pulled', terminal, 3, 'pulled out')
        untouched(f'{name}: the card is pulled', before, 0)
        card.ask('insert')
        rig.await_reader(present=True)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            terminal = rig.Terminal('sign', *words, '-o', target, '--reader', rig.READER)
            terminal.expect(PROMPT)
            os.kill(terminal.pid, number)
            check.that(f'{name}: signal {number} ends it', terminal.end() == 128 + number, terminal.text)
        untouched(f'{name}: signals', before, 0)
    # what was shown is what is signed, or nothing
    terminal = rig.Terminal('sign', *words, '-o', 'fresh.out', '--reader', rig.READER)
    terminal.expect(PROMPT)
    meddled = next(place.glob('.jpki-*')) if kind == 'pdf' else pathlib.Path(words[0])
    whole = meddled.read_bytes()
    meddled.write_bytes(whole[:-3] + b'X' + whole[-2:])
    terminal.answer(PROMPT, PASSWORD)
    terminal.end()
    if kind != 'around':  # what is inside was read once
        check.result(f'{kind}: what was to be signed is changed meanwhile', terminal, 8, 'thrown away')
    else:
        os.unlink('fresh.out')
    if kind != 'pdf':
        meddled.write_bytes(whole)
    check.that(f'{kind}: which leaves no file', files() == before, set(files()) ^ set(before))
    card.become('profile=expired')
    check.result(f'{kind}: a certificate that is out of date', sign(*words, '-o', 'fresh.out'), 8, 'expired')
    check.that(f'{kind}: which leaves no file', files() == before, set(files()) ^ set(before))
    card.become('profile=normal')

# a full disk
subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt'], check=True)
pathlib.Path('big.txt').write_bytes(b'x' * 80000)
pathlib.Path('big.pdf').write_bytes(rig.document((*rig.OBJECTS, f'({"x" * 80000})')))
for name, words in (('around', ['big.txt', '--attached']), ('pdf', ['big.pdf', '--pdf'])):
    if name in KINDS:
        check.result(f'{name}: a full disk', sign(*words, '-o', '/mnt/full.out'), 1, 'cannot be written')
        check.that(f'{name}: which leaves nothing', not os.listdir('/mnt'), os.listdir('/mnt'))
check.result('/dev/full', sign('letter.txt', '-o', '/dev/full'), 1, 'cannot be written')
check.result('no such folder', sign('letter.txt', '-o', 'nowhere/x'), 1, 'cannot be written')
check.result('no such file', sign('nothing.txt'), 1, 'cannot be read')
check.result('a folder', sign('/mnt'), 1, 'cannot be read')
check.result('a folder as --out', sign('letter.txt', '-o', '/mnt'), 1, 'cannot be written')
os.unlink('big.txt')
os.unlink('big.pdf')

# PDFs
if with_pdf:
    before = files()
    card.ask('reset-stats')
    for name, data, text in (
            ('nothing', b'', 'is no PDF'), ('text', b'I agree.', 'is no PDF'), ('cut', rig.document()[:-40], 'damaged'),
            ('pageless', rig.document((rig.OBJECTS[0], '<</Type/Pages/Kids[]/Count 0>>')), 'no pages'),
            ('xfa', rig.document(('<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/XFA(x)>>>>', *rig.OBJECTS[1:])), 'XFA'),
            ('certified', rig.document(('<</Type/Catalog/Pages 2 0 R/Perms<</DocMDP<</Reference[<</TransformParams<</P 1>>>>'
                                        ']>>>>>>', *rig.OBJECTS[1:])), 'allows no change'),
            ('encrypted', rig.document(trailer='/Encrypt<</Filter/Standard/V 1/R 2/O(' + 'o' * 32 + ')/U(' + 'u' * 32
                                               + ')/P -4>>/ID[(0123456789abcdef)(0123456789abcdef)]'), 'encrypted')):
        pathlib.Path('odd.pdf').write_bytes(data)
        check.result(f'refused: {name}', sign('--pdf', 'odd.pdf', '-o', 'odd.out'), 1, 'odd.pdf cannot be signed', text)
        os.unlink('odd.pdf')
    with open('odd.pdf', 'wb') as huge:
        huge.write(rig.document())
        huge.truncate((2 << 30) + 1)
    check.result('refused: 2 GB', sign('--pdf', 'odd.pdf', '-o', 'odd.out'), 1, '2 GB')
    os.unlink('odd.pdf')
    untouched('refusals', before, 0)
    check.result('a PDF', sign('--pdf', 'letter.pdf', '--reason', '承諾', '--location', 'Tokyo'), 0, '1 page', '承諾', 'Tokyo',
                 'letter.signed.pdf')
    signed = pathlib.Path('letter.signed.pdf').read_bytes()
    check.that('begins with the document as it was', signed.startswith(rig.document()))
    check.result('once more', sign('--pdf', 'letter.signed.pdf', '-o', 'twice.pdf'), 0, 'signed already, by 1 signature')
    check.that('and the first one stays byte for byte', pathlib.Path('twice.pdf').read_bytes().startswith(signed))
    numbers = [int(number) for number in re.search(rb'/ByteRange \[([\d ]+)\]', signed)[1].split()]
    pathlib.Path('covered').write_bytes(signed[:numbers[1]] + signed[numbers[2]:])
    pathlib.Path('message').write_bytes(bytes.fromhex(signed[numbers[1] + 1:numbers[2] - 1].decode()))
    check.that('the ranges are the whole file', numbers[0] == 0 and numbers[2] + numbers[3] == len(signed), numbers)
    check.that('openssl verifies what is in it', *cms_verify('message', '-content', 'covered', '-out', '/dev/null'))
    shown = subprocess.run(['openssl', 'cms', '-cmsout', '-print', '-inform', 'DER', '-in', 'message'], check=True,
                           capture_output=True, text=True).stdout
    check.that('PAdES B-B: signing certificate, no signing time',
               'signingCertificateV2' in shown and 'signingTime' not in shown, shown)
    check.that('it is for its owner alone', stat.S_IMODE(os.stat('letter.signed.pdf').st_mode) == 0o600)
    with open('letter.pdf', 'rb') as document_file:
        words = [rig.TOKEN, 'sign', '--pdf', '-', '--pin-fd', '3', '--reader', rig.READER]
        done = subprocess.run(['sh', '-c', f'exec 3<<EOF\n{PASSWORD}\nEOF\nexec "$@"', 'sh', *words], stdin=document_file,
                              capture_output=True, check=False, env=rig.environment('en'))
    check.that('as a filter', done.returncode == 0 and done.stdout.startswith(rig.document()), done.stderr)
check.result('--reason without --pdf', sign('letter.txt', '--reason', 'x'), 2, 'are for --pdf')
check.result('--pdf with --pem', sign('letter.pdf', '--pdf', '--pem'), 2, 'not for --pdf')
stats = card.stats()
check.that('no try was lost at the end', stats['tries'] == {'auth': 3, 'sign': 5} and not stats['unlocked'], stats)
check.end()
