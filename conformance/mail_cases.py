# SPDX-License-Identifier: BSD-3-Clause
"""What is done with Thunderbird beside what is done with any browser: see browser_cases.py."""
import email
import subprocess
import time

from browser_cases import PATIENCE
from browser_room import AUTH_PIN, await_true, expect
from mail_thunderbird import TEXT

SIGN_PIN, WRONG = 'ABC123', 'WRONG123'
CHOOSER, WRITER = 'Select Certificate', '^Write: '


def certificate_choose(visit, token, pins):
    """In the window where the settings let a person choose: the first that is offered."""
    room, browser = visit.room, visit.browser
    browser.certificate_choose()
    await_true(lambda: visit.prompt_answer(pins) or room.windows(CHOOSER), PATIENCE, 'a prompt or the choice')
    await_true(lambda: room.windows(CHOOSER) or visit.prompt_answer(pins) and False, PATIENCE, 'the choice')
    time.sleep(0.5)
    room.shot('choice')
    room.keys('key', 'Return')
    chosen = await_true(browser.certificate_chosen, PATIENCE, 'what was chosen')
    expect(chosen == token, f'chosen was {chosen}')


def mail_send(visit, pins):
    """Write and send: the mail as the server got it."""
    room, browser = visit.room, visit.browser
    browser.compose()
    await_true(lambda: room.windows(WRITER), PATIENCE, 'a window to write in')
    time.sleep(2)
    room.shot('written')
    room.keys('key', 'ctrl+Return')
    await_true(lambda: browser.sink.mails or visit.prompt_answer(pins) and False, PATIENCE, 'a mail')
    expect(not pins, f'{len(pins)} more prompts were expected')
    return browser.sink.mails[0]


def mail_judge(visit, mail, role):
    """OpenSSL's judgement: signed by the card's key of this role, and what was written is what was signed."""
    export, place = visit.card.export, visit.room.place
    words = ['openssl', 'cms', '-verify', '-CAfile', str(export / f'{role}-ca.pem'), '-purpose', 'any']

    def verified(text, *more):
        (place / 'mail').write_bytes(text)
        return subprocess.run([*words, '-in', place / 'mail', *more], capture_output=True, check=False)
    done = verified(mail, '-signer', place / 'signer.pem')
    expect(done.returncode == 0, f'OpenSSL: {done.stderr.decode()}')
    text = email.message_from_bytes(done.stdout).get_payload(decode=True).decode().strip()
    expect(text == TEXT, f'another text was signed: {text}')
    signer, own = ((path / name).read_text(encoding='ascii').split('-----')[2] for path, name in
                   ((place, 'signer.pem'), (export, f'{role}.pem')))
    expect(signer.split() == own.split(), 'signed by another certificate')
    expect(verified(mail.replace(b'format=flowed', b'format=fl0wed')).returncode != 0, 'a changed mail was taken too')


def mail_case(visit, role, token, pins, most, sent=1):
    """Choose, write, send, judge.  PINS: those typed for the choice, and for the mail.  SENT: PINs that the card got."""
    visit.card.tell('reset-stats')
    visit.browser.start()
    certificate_choose(visit, token, pins[0])
    mail_judge(visit, mail_send(visit, pins[1]), role)
    stats = visit.card.stats()
    other = 'auth' if role == 'sign' else 'sign'
    expect(stats['tries'] == {'auth': 3, 'sign': 5}, f'tries are {stats["tries"]}')
    expect(stats['verifies_with_data'][other] == 0, 'a PIN went to the other token')
    expect(stats['verifies_with_data'][role] == sent, f'{stats["verifies_with_data"][role]} PINs were sent')
    expect(stats['signatures'][role] == 1, f'{stats["signatures"]} signatures for one mail')
    expect(not stats['unlocked'], f'the card was left unlocked: {stats["unlocked"]}')
    expect(stats['exchanges'] <= most, f'{stats["exchanges"]} exchanges, more than the {most} it takes')
    return f'exchanges {stats["exchanges"]}, tries 3/5'


def case_mail(visit):
    """by the signature key"""
    return mail_case(visit, 'sign', 'JPKI Digital Signature', ([SIGN_PIN], []), 50, sent=2)


def case_mail_wrong(visit):
    """a wrong password typed twice costs one try, then the right one"""
    return mail_case(visit, 'sign', 'JPKI Digital Signature', ([WRONG, WRONG, SIGN_PIN], []), 60, sent=3)


def case_mail_registered(visit):
    """after register, by the authentication key"""
    return mail_case(visit, 'auth', 'JPKI User Authentication', ([], [AUTH_PIN]), 30, sent=2)


def case_unregister(visit):
    """nothing of the module is left in the profile"""
    said = visit.browser.token('unregister', 'thunderbird')
    expect(f'unregistered: {visit.browser.profile}' in said, f'unregister said: {said}')
    text = (visit.browser.profile / 'pkcs11.txt').read_text(encoding='utf-8')
    expect('jpki' not in text, f'left behind: {text}')
    visit.browser.start()
    visit.refused(visit.go('tls12'))
    visit.card_is(verifies=0)
    return ''


CASES = {
    'mail': (case_mail, [], {'only': 'thunderbird', 'full': True, 'quick': True}),
    'mail-wrong': (case_mail_wrong, [], {'only': 'thunderbird', 'full': True, 'quick': True}),
    'mail-registered': (case_mail_registered, [], {'only': 'thunderbird', 'quick': True}),
    'unregister': (case_unregister, [], {'only': 'thunderbird', 'quick': True}),
}
