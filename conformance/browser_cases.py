# SPDX-License-Identifier: BSD-3-Clause
"""What is done with each browser and the card, and what must come of it: one function a case.

A case gets a Visit: a browser in its room.  It raises Failed, with what went wrong, or returns words for the report.
"""
import os
import pathlib
import subprocess
import time

from browser_room import AUTH_PIN, Failed, await_true, expect, url_of

START_TO_PAGE = 26      # exchanges with the card from the browser's start to the page
FURTHER = 5             # ... for each further connection
CHOOSER_AFTER = 4       # seconds without a page or a prompt: a chooser is there
PATIENCE = 40           # seconds for a page
PROTOCOLS = {'tls12': 'TLSv1.2', 'tls13': 'TLSv1.3', 'both': 'TLSv1.3'}
FULL = (3, 5)           # tries of the two PINs


class Visit:
    """One browser, its dialogs answered one after the other."""

    def __init__(self, room, browser):
        self.room, self.browser = room, browser
        self.card = room.cards[0]
        self.prompts = 0
        self.choosers = 0
        self.gone = 0.0     # when the browser was sent to the page

    def go(self, server, pins=(), chooser_keys=None, may_not_ask=False):
        """Open the server's page, answer what is asked, and return the page as text.  None as a PIN cancels the dialog."""
        pins = list(pins)
        name = f'{server}-{self.prompts}'
        self.browser.navigate('about:blank')
        await_true(lambda: self.browser.page() == '', PATIENCE, 'an empty page')
        self.browser.navigate(url_of(server))
        self.gone, asked = time.monotonic(), self.choosers
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.prompt_answer(pins) or self.chooser_answer(chooser_keys, asked):
                continue
            page = self.browser.page()
            if page and not self.room.windows(self.browser.pin_title):
                self.room.shot(f'page-{name}')
                expect(not pins or may_not_ask, f'{len(pins)} more prompts were expected; the page is: {page[:200]}')
                return page
        self.room.shot(f'no-page-{name}')
        raise Failed(f'no page within {PATIENCE} s')

    def prompt_answer(self, pins):
        found = self.room.windows(self.browser.pin_title)
        if not found:
            return False
        window = found[-1]
        time.sleep(0.4)     # until it has the focus
        self.prompts += 1
        self.room.shot(f'prompt-{self.prompts}')
        expect(pins, f'prompt {self.prompts} was not expected')
        pin = pins.pop(0)
        if pin is None:
            self.room.keys('key', 'Escape')
        else:
            self.room.keys('type', '--delay', '20', pin)
            self.room.shot(f'typed-{self.prompts}')
            self.room.keys('key', 'Return')
        end = time.monotonic() + 3
        while time.monotonic() < end and window in self.room.windows(self.browser.pin_title):
            time.sleep(0.05)
        return True

    def chooser_answer(self, keys, asked):
        """Both browsers draw their chooser into the page's window, so it is known by its silence: no page, no prompt."""
        if keys is None or self.choosers > asked or time.monotonic() - self.gone < CHOOSER_AFTER:
            return False
        self.choosers += 1
        self.room.shot(f'chooser-{self.choosers}')
        for key in keys:
            self.room.keys('key', key)
            time.sleep(0.3)
        self.room.shot(f'chosen-{self.choosers}')
        self.room.keys('key', 'Return')
        time.sleep(0.5)
        return True

    def logged_in(self, page, server, card=None):
        expect('verify=SUCCESS' in page, f'not logged in: {page[:300]}')
        expect(f'protocol={PROTOCOLS[server]}' in page, f'another protocol: {page[:300]}')
        expect(f'serial={(card or self.card).serial()}' in page, f'another card: {page[:300]}')

    def refused(self, page):
        expect('verify=SUCCESS' not in page, 'logged in, against expectation')

    def card_is(self, tries=FULL, verifies=None):
        stats = self.card.stats()
        left = stats['tries']['auth'], stats['tries']['sign']
        expect(left == tries, f'tries are {left}, expected {tries}')
        expect(not stats['unlocked'], f'the card was left unlocked: {stats["unlocked"]}')
        expect(stats['verifies_with_data']['sign'] == 0, 'a PIN went to the signature password')
        sent = stats['verifies_with_data']['auth']
        expect(verifies is None or sent == verifies, f'{sent} PINs were sent, expected {verifies}')
        return stats


# ---- logging in

def case_login(visit, server):
    """One prompt, the page, few exchanges; then two further connections."""
    visit.card.tell('reset-stats')
    visit.browser.start()
    visit.logged_in(visit.go(server, [AUTH_PIN]), server)
    stats = visit.card_is(verifies=2)
    first = stats['exchanges']
    expect(visit.prompts == 1, f'{visit.prompts} prompts')
    expect(first <= START_TO_PAGE, f'{first} exchanges from start to page')
    expect(stats['signatures']['auth'] == 1, f'{stats["signatures"]} signatures for one page')
    p1 = visit.room.signatures()
    expect(p1[-1:] == ['00' if server == 'tls12' and not visit.browser.pss_in_tls12 else '04'], f'signed with P1 {p1}')
    further = []
    for _ in range(2):
        visit.card.tell('reset-stats')
        visit.logged_in(visit.go(server), server)
        stats = visit.card_is(verifies=1)
        expect(stats['signatures']['auth'] == 1, f'{stats["signatures"]} signatures for one further page')
        further.append(stats['exchanges'])
    expect(max(further) <= FURTHER, f'{further} exchanges for further connections')
    return f'{first} exchanges to the page, then {further}, 1 prompt, P1 {p1[-1]}'


def case_login_tls12(visit):
    """log in over TLS 1.2 only"""
    return case_login(visit, 'tls12')


def case_login_tls13(visit):
    """log in over TLS 1.3 only"""
    return case_login(visit, 'tls13')


def case_login_both(visit):
    """log in where the server offers TLS 1.2 and 1.3"""
    return case_login(visit, 'both')


def case_no_pss(visit):
    """a card without PSS logs in over TLS 1.2"""
    visit.browser.start()
    visit.logged_in(visit.go('tls12', [AUTH_PIN]), 'tls12')
    visit.card_is(verifies=2)
    expect(set(visit.room.signatures()) == {'00'}, 'signed by another scheme')
    return ''


# ---- PINs

def case_wrong_then_right(visit):
    """a wrong PIN, then the right one"""
    visit.browser.start()
    visit.logged_in(visit.go('both', ['9999', AUTH_PIN]), 'both')
    visit.card_is(verifies=3)
    return ''


def case_same_wrong_twice(visit):
    """the same wrong PIN typed twice costs one try"""
    visit.browser.start()
    page = visit.go('both', ['9999', '9999', AUTH_PIN])
    visit.logged_in(page, 'both')
    visit.card_is(verifies=3)
    return '1 wrong PIN sent of 2 typed'


def pin_verify():
    """Send the right PIN where the last try may be spent: by the command, or the full module if that is not built."""
    build = os.path.dirname(os.path.dirname(os.environ['JPKI_MODULE']))
    command = os.path.join(build, 'tools', 'jpki-token')
    if os.access(command, os.X_OK):
        words = [command, 'pin', 'verify', 'auth', '--use-last-try', '--pin-fd', '0']
        done = subprocess.run(words, input=AUTH_PIN + '\n', capture_output=True, text=True, check=False, timeout=60)
    else:
        module = os.path.join(build, 'module', 'libjpki-pkcs11.so')
        words = ['pkcs11-tool', '--module', module, '--slot-index', '0', '--login', '--pin', AUTH_PIN, '-O']
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    expect(done.returncode == 0, f'{words[0]} ended with {done.returncode}: {done.stdout}{done.stderr}')
    return os.path.basename(words[0])


def case_last_try_kept(visit):
    """the last try is not spent, and can be restored"""
    visit.browser.start()
    visit.refused(visit.go('both', ['9999', '8888', '7777']))
    visit.card_is(tries=(1, 5), verifies=2)
    by = pin_verify()
    visit.card_is()
    return f'2 of 3 wrong PINs sent; restored by {by}'


def case_locked(visit):
    """a locked card: the login fails, without a hang and without a VERIFY"""
    visit.browser.start()
    begin = time.monotonic()
    visit.refused(visit.go('both', [AUTH_PIN]))
    visit.card_is(tries=(0, 5), verifies=0)
    return f'{time.monotonic() - begin:.1f} s'


def case_pin_changed(visit):
    """the PIN is changed by another program while logged in"""
    visit.browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    visit.card.tell('reset-stats')
    visit.card.tell('pin', 'auth', '5678')
    visit.refused(visit.go('both'))
    visit.card_is(tries=(2, 5), verifies=1)
    time.sleep(2)   # NSS believes for a second that it is still logged in
    server = 'both' if visit.browser.forgets_refusals else 'tls13'
    visit.logged_in(visit.go(server, ['5678']), server)
    visit.card_is(verifies=3)
    return 'the stale PIN cost one try'


# ---- cards and readers that come and go

def case_out_and_in(visit):
    """card out and in again"""
    visit.browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    visit.card.tell('eject')
    time.sleep(2)
    if visit.browser.forgets_refusals:
        visit.refused(visit.go('both'))
    visit.card.tell('insert')
    time.sleep(2)
    visit.card.tell('reset-stats')
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    visit.card_is(verifies=2)
    return ''


def later(visit, appear):
    """Nothing there at the start; then something appears."""
    visit.browser.start()
    visit.refused(visit.go('tls12'))
    appear()
    time.sleep(3)
    server = 'tls12' if visit.browser.forgets_refusals else 'both'
    visit.logged_in(visit.go(server, [AUTH_PIN]), server)
    visit.card_is(verifies=2)
    return ''


def case_card_later(visit):
    """no card at the start, inserted later"""
    return later(visit, lambda: visit.card.tell('insert'))


def case_reader_later(visit):
    """no reader at the start, one added later"""
    visit.room.pcscd_stop()
    return later(visit, visit.room.pcscd_start)


def chosen_card(visit, keys):
    """Start anew, choose by these keys, log in: which card that was.  The other one must not be asked for anything."""
    visit.browser.start()
    for card in visit.room.cards:
        card.tell('reset-stats')
    page = visit.go('both', [AUTH_PIN], chooser_keys=keys)
    used = [card for card in visit.room.cards if f'serial={card.serial()}' in page]
    expect(len(used) == 1, f'no card of ours: {page[:300]}')
    for card in visit.room.cards:
        visit.card = card
        visit.card_is(verifies=2 if card is used[0] else 0)
    visit.logged_in(page, 'both', used[0])
    visit.browser.stop()
    return used[0]


def case_two_cards(visit):
    """two cards in two readers: both offered, the chosen one used"""
    first = chosen_card(visit, ())
    expect(chosen_card(visit, ('Down',)) is not first, 'the card was used that had not been chosen')
    expect(visit.prompts == 2 and visit.choosers == 2, f'{visit.choosers} choosers, {visit.prompts} prompts in 2 logins')
    return 'each chosen once, 1 prompt each'


def case_full_module(visit):
    """the full module with both tokens: the signature prompt is cancelled"""
    visit.browser.start()
    visit.logged_in(visit.go('both', visit.browser.full_pins), 'both')
    visit.card_is(verifies=2)
    return f'{visit.prompts} prompts'


def prompt_picture(visit, title, name):
    """The prompt with this title, for docs/images: one picture."""
    visit.browser.start()
    visit.browser.navigate('about:blank')
    await_true(lambda: visit.browser.page() == '', PATIENCE, 'an empty page')
    visit.browser.navigate(url_of('both'))
    window = await_true(lambda: visit.room.windows(title), PATIENCE, f'a prompt for {name}')[-1]
    time.sleep(1.5)
    path = visit.room.shots / name
    visit.room.run(['import', '-window', window, path])
    visit.room.keys('key', 'Escape')
    visit.card_is(verifies=0)
    return f'{path.stat().st_size} bytes'


def case_picture(visit):
    """the prompt as a Japanese holder sees it, for docs/: one picture, prompt-ja.png"""
    visit.browser.speak_japanese()
    return prompt_picture(visit, visit.browser.pin_title_ja, 'prompt-ja.png')


def case_picture_english(visit):
    """the prompt in English: prompt-en.png"""
    return prompt_picture(visit, visit.browser.pin_title, 'prompt-en.png')


def p11kit_make(visit, limited):
    """Our file of p11-kit's, as installed, and its proxy in the browser's database, as Fedora, RHEL and Arch have it."""
    folder, build = visit.room.place / 'p11-kit', pathlib.Path(os.environ['JPKI_MODULE']).parent
    folder.mkdir()
    lines = (build / 'jpki.module').read_text(encoding='utf-8').splitlines()
    lines = [f'module: {build / "libjpki-pkcs11.so"}' if line.startswith('module:') else line for line in lines
             if limited or not line.startswith('disable-in:')]
    (folder / 'jpki.module').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    visit.room.run(['mount', '--bind', folder, '/usr/share/p11-kit/modules'])
    database = visit.browser.database_place()
    proxy = visit.room.run(['pkg-config', '--variable=proxy_module', 'p11-kit-1']).strip()
    visit.room.run(['modutil', '-force', '-dbdir', f'sql:{database}', '-add', 'p11-kit-proxy', '-libfile', proxy])
    expect(proxy in (database / 'pkcs11.txt').read_text(encoding='utf-8'), 'modutil did not add the proxy')


def case_proxy(visit):
    """p11-kit's proxy beside the browsers' module: one prompt all the same"""
    p11kit_make(visit, limited=True)
    visit.browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    visit.card_is(verifies=2)
    return ''


def case_proxy_open(visit):
    """the control: without disable-in the proxy brings more prompts"""
    p11kit_make(visit, limited=False)
    visit.browser.start()
    try:
        visit.go('both', [None] * 9)
    except Failed:
        pass
    expect(visit.prompts > 1, f'{visit.prompts} prompts')
    visit.card_is(verifies=0)
    return f'{visit.prompts} prompts'


# name: (function, words for scripts/with-card, keys: full = the full module, ask = no automatic choice, quick = always run,
# only = one browser)
CASES = {
    'login-tls12': (case_login_tls12, [], {'quick': True}),
    'login-tls13': (case_login_tls13, [], {'quick': True}),
    'login-both': (case_login_both, [], {'quick': True}),
    'no-pss': (case_no_pss, ['--profile', 'nopss'], {}),
    'wrong-then-right': (case_wrong_then_right, [], {}),
    'same-wrong-twice': (case_same_wrong_twice, [], {'quick': True}),
    'last-try-kept': (case_last_try_kept, [], {'quick': True}),
    'locked': (case_locked, ['--profile', 'authblocked'], {}),
    'pin-changed': (case_pin_changed, [], {}),
    'out-and-in': (case_out_and_in, [], {}),
    'card-later': (case_card_later, ['--no-card'], {}),
    'reader-later': (case_reader_later, [], {}),
    'two-cards': (case_two_cards, ['--cards', '2'], {'ask': True}),
    'picture': (case_picture, [], {}),
    'picture-english': (case_picture_english, [], {}),
    'proxy': (case_proxy, [], {}),
    'proxy-open': (case_proxy_open, [], {}),
    'full-module': (case_full_module, [], {'full': True, 'only': 'firefox'}),
}
