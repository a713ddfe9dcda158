# SPDX-License-Identifier: BSD-3-Clause
"""What is done with a browser in a sandbox beside what is done with any: see browser_cases.py."""
import os
import pathlib
import signal
import time

import browser_cases
from browser_room import AUTH_PIN, Failed, await_true, expect
from sandbox_flatpak import FlatpakChromium
from sandbox_room import unit_states


def case_ten_wrong(visit):
    """ten wrong PINs leave one try"""
    pins = [f'{number:04}' for number in range(9000, 9010)]
    visit.browser.start()
    for server in ('both', 'tls12', 'tls13') * 3:   # a browser gives up sooner, and may then be sent to another server
        if visit.prompts == len(pins):
            break
        try:
            visit.refused(visit.go(server, pins[visit.prompts:]))
        except Failed as failed:
            expect('more prompts were expected' in str(failed), str(failed))
    expect(visit.prompts >= 3, f'{visit.prompts} prompts')
    visit.card_is(tries=(1, 5), verifies=2)
    return f'{visit.prompts} typed, 2 sent'


def case_pcscd_anew(visit):
    """pcscd ends and comes back with another socket file: the next log-in works"""
    visit.browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    visit.room.pcscd_stop()
    if visit.browser.forgets_refusals:
        visit.refused(visit.go('both'))
    visit.room.pcscd_start()
    time.sleep(3)
    server = 'both' if visit.browser.forgets_refusals else 'tls13'
    # who looked at no slot meanwhile does not ask again: the login waited for the reader, and the card is the same
    visit.logged_in(visit.go(server, [AUTH_PIN], may_not_ask=True), server)
    visit.card_is()
    return ''


KILLS = 5   # rounds until one is seen to fall where it should
SLOW_MS = 400


def lines_of(trace):
    return trace.read_text(encoding='ascii').splitlines() if trace.exists() else []


def typed_until(visit, there):
    """The PIN is typed; in the exchange that there knows by its lines, every process of the browser is killed.  Whether the
    card had no other one yet when all were dead: it writes an exchange down when that begins to take its time."""
    trace = visit.room.place / 'trace'
    trace.unlink(missing_ok=True)
    visit.browser.start()
    visit.browser.navigate(browser_cases.url_of('tls13'))
    await_true(lambda: visit.room.windows(visit.browser.pin_title), 40, 'a prompt')
    time.sleep(0.5)
    visit.room.keys('type', '--delay', '20', AUTH_PIN)
    processes = visit.room.processes_named(visit.browser.process)
    expect(processes, 'no process of the browser')
    visit.card.tell('set', f'slow-ms={SLOW_MS}')
    visit.card.tell('trace', 'on', str(trace))
    visit.room.keys('key', 'Return')
    end = time.monotonic() + 20
    lines = lines_of(trace)
    while not (len(lines) >= 2 and there(*lines[-2:])):
        expect(time.monotonic() < end, f'the card never came so far: {lines[-4:]}')
        lines = lines_of(trace)
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
    inside = lines_of(trace) == lines
    visit.card.tell('trace', 'off')
    visit.card.tell('set', 'slow-ms=0')
    return inside


def killed(visit, there):
    """Each kill leaves a locked card and nobody outside; one at least fell inside the exchange it was meant for."""
    for count in range(1, KILLS + 1):
        inside = typed_until(visit, there)
        await_true(lambda: not visit.card.stats()['unlocked'], 10, 'a locked card')
        await_true(lambda: '@' not in unit_states(visit.room), 10, 'the end of the process outside')
        if inside:
            return f'{count} kills, the last while the card was at it; locked each time, nobody left outside'
        visit.browser.stop()
    raise Failed(f'none of {KILLS} kills fell inside')


def case_killed_verify(visit):
    """the browser is killed in VERIFY"""
    return killed(visit, lambda asked, said: asked.startswith('> 0020') and said == '< 9000')


def case_killed_compute(visit):
    """the browser is killed in COMPUTE"""
    return killed(visit, lambda asked, said: asked.startswith('> 802A') and len(said) > 256)


def case_registration(visit):
    """register twice changes nothing, in use is refused, doctor is content, unregister leaves nothing"""
    room, word = visit.room, visit.browser.word
    files = room.files()
    said = room.token_run('register', word)
    expect('already registered' in said, said)
    expect(room.files() == files, f'register made {room.files() ^ files}')
    visit.browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    said = room.token_run('unregister', word, status=1)
    expect('in use' in said, said)
    visit.browser.stop()
    time.sleep(1)
    doctor = room.token_run('doctor')
    expect('BAD' not in doctor and str(visit.browser.database_place()) in ''.join(doctor.split()), doctor)
    room.run(['systemctl', '--user', 'stop', 'jpki-*.socket'], check=False)
    expect('behind' in room.token_run('doctor', status=8), 'doctor does not see that nobody answers')
    room.token_run('register', word)
    room.token_run('doctor')
    room.token_run('unregister', word)
    left = [path for path in room.files() if 'jpki' in path]
    expect(not left, f'unregister left {left}')
    expect('jpki' not in unit_states(room), 'unregister left units')
    expect(not any(room.runtime.rglob('*jpki*')) and not any(room.runtime.rglob('p11-kit/pkcs11')), 'a socket was left')
    entries = (visit.browser.database_place() / 'pkcs11.txt').read_text(encoding='utf-8')
    expect('libjpki' not in entries, 'the entry was left')
    visit.browser.start()
    visit.refused(visit.go('tls12'))
    return ''


def case_copy(visit):
    """no systemd of the person: copies inside, the one command is said, and the browser logs in once it was typed"""
    room, browser = visit.room, visit.browser
    room.token_run('unregister', browser.word)
    before = dict(room.env)
    room.env['XDG_RUNTIME_DIR'] = str(room.home)     # as where there is no systemd for the login
    del room.env['DBUS_SESSION_BUS_ADDRESS']
    said = room.token_run('register', browser.word, status=1)
    command = browser.pcscd_command
    if 'too old' in said or 'no OpenSSL 3' in said:
        expect(not any('/jpki/' in path for path in room.files()), f'copied all the same: {room.files()}')
        return 'refused: what it has inside is too old'
    expect(command in said, said)
    expect(command in ' '.join(room.token_run('doctor', status=8).split()), 'doctor does not say the command')
    room.env.update(before)
    room.run(command.split())
    expect('jpki' not in unit_states(room), 'units were left')
    browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    visit.card_is(verifies=2)
    browser.stop()
    said = room.token_run('register', browser.word)     # there is a systemd again: back to the socket
    files = {path.rsplit('/', 1)[-1] for path in room.files() if '/jpki/' in path}
    expect(files == browser.files_for_socket, f'copies were left: {files}')
    return 'logged in with the copies'


def case_shared(visit):
    """a ~/.pki/nssdb that the machine's Chromium uses too: one entry, both log in"""
    room, browser = visit.room, visit.browser
    room.token_run('unregister', 'chromium')
    browser.shared = True
    database = browser.database_place()
    room.nss_make(database, None)
    room.token_run('register', 'chromium')
    entries = (database / 'pkcs11.txt').read_text(encoding='utf-8')
    expect(entries.count('libjpki-pkcs11-forward.so') == 1, entries)
    browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    browser.stop()
    outside = browser_cases.Visit(room, browser.outside())
    outside.browser.start()
    outside.logged_in(outside.go('both', [AUTH_PIN]), 'both')
    visit.card_is(verifies=4)
    outside.browser.stop()
    expect('BAD' not in room.token_run('doctor'), 'doctor finds something')
    room.token_run('unregister', 'chromium')
    left = [path for path in room.files() if 'jpki' in path]
    expect(not left, f'unregister left {left}')
    return f'{visit.prompts} and {outside.prompts} prompts'


def system_registered(visit):
    """The machine has a policy and sockets for everybody; no profile was touched."""
    room, entries = visit.room, visit.browser.database_place() / 'pkcs11.txt'
    room.token_run('unregister', 'firefox')
    expect('libjpki' not in entries.read_text(encoding='utf-8'), 'the entry was left')
    room.token_run('register', 'firefox', '--system')
    files = visit.browser.system_files()
    room.token_run('register', 'firefox', '--system')
    expect(visit.browser.system_files() == files, 'registered twice it is something else')
    expect('libjpki' not in entries.read_text(encoding='utf-8'), 'a profile was touched')
    doctor = room.token_run('doctor', status=8)
    expect('log in again' in ' '.join(doctor.split()), doctor)
    room.run(['systemctl', '--user', 'daemon-reload'])      # the next login
    room.run(['systemctl', '--user', 'start', 'sockets.target', f'{visit.browser.unit}.socket'])
    return entries


def case_system(visit):
    """for all users: a policy of the machine's, no profile touched; taken back, the entry goes with one start"""
    room, browser = visit.room, visit.browser
    entries = system_registered(visit)
    visit.card.tell('reset-stats')
    browser.start()
    visit.logged_in(visit.go('both', [AUTH_PIN]), 'both')
    exchanges = visit.card_is(verifies=2)['exchanges']
    expect(exchanges <= browser_cases.START_TO_PAGE, f'{exchanges} exchanges from start to page')
    expect(visit.prompts == 1, f'{visit.prompts} prompts')
    browser.stop()
    time.sleep(1)
    entered = entries.read_text(encoding='utf-8')
    expect(entered.count(f'library={browser.system_library}') == 1, f'the policy entered {entered}')
    doctor = room.token_run('doctor')
    expect('BAD' not in doctor, doctor)
    for forwarder in pathlib.Path('/var/lib/flatpak/extension').rglob('*.so'):
        forwarder.write_bytes(b'of an older version')
        expect('outdated' in room.token_run('doctor', status=8), 'doctor does not see an old forwarder')
        room.token_run('register', 'firefox', '--system')
        room.token_run('doctor')
    said = room.token_run('register', 'firefox')
    expect('already registered' in said and entries.read_text(encoding='utf-8') == entered, f'{said} and it did not stay')
    expect('unregister firefox --system' in room.token_run('unregister', 'firefox'), 'the way back is not said')
    expect('libjpki' not in entries.read_text(encoding='utf-8'), 'the entry was left')
    browser.start()
    browser.stop()
    time.sleep(1)
    entered = entries.read_text(encoding='utf-8')
    expect(entered.count(f'library={browser.system_library}') == 1, f'the policy did not enter it again: {entered}')
    room.token_run('unregister', 'firefox', '--system')
    said = room.token_run('register', 'firefox', status=1)
    expect('at each start' in ' '.join(said.split()), said)
    doctor = room.token_run('doctor')
    expect('BAD' not in doctor and 'takes the module out' in ' '.join(doctor.split()), doctor)
    browser.start()
    visit.refused(visit.go('tls12'))
    browser.stop()
    time.sleep(1)
    expect('libjpki' not in entries.read_text(encoding='utf-8'), 'the entry stayed in the profile')
    room.token_run('unregister', 'firefox', '--system')
    expect(not browser.system_files(), f'left: {browser.system_files()}')
    return f'{exchanges} exchanges to the page, 1 prompt'


def case_two_browsers(visit):
    """Firefox and Chromium at once, each with its own prompt, four rounds"""
    other = browser_cases.Visit(visit.room, FlatpakChromium(visit.room, None, False))
    for one in (visit, other):
        one.browser.start()
        one.logged_in(one.go('both', [AUTH_PIN]), 'both')
    expect(len(visit.room.processes_named('p11-kit-remote')) == 2, 'not one process outside for each')
    for _ in range(4):
        for one in (visit, other):
            one.logged_in(one.go('both'), 'both')
    visit.card_is(verifies=12)
    other.browser.stop()
    return f'{visit.prompts} and {other.prompts} prompts'


# as browser_cases.CASES
CASES = {
    'box-tls12': (browser_cases.case_login_tls12, [], {'sandbox': True}),
    'box-tls13': (browser_cases.case_login_tls13, [], {'sandbox': True}),
    'box-both': (browser_cases.case_login_both, [], {'sandbox': True, 'quick': True}),
    'box-registration': (case_registration, [], {'sandbox': True}),
    'box-copy': (case_copy, [], {'sandbox': True}),
    'box-shared': (case_shared, [], {'sandbox': True, 'only': 'chromium-flatpak'}),
    'box-system': (case_system, [], {'sandbox': True, 'of': 'firefox'}),
    'box-two-browsers': (case_two_browsers, [], {'sandbox': True, 'only': 'firefox-flatpak'}),
    'box-ten-wrong': (case_ten_wrong, [], {'sandbox': True}),
    'box-card-later': (browser_cases.case_card_later, ['--no-card'], {'sandbox': True}),
    'box-out-and-in': (browser_cases.case_out_and_in, [], {'sandbox': True}),
    'box-pcscd-anew': (case_pcscd_anew, [], {'sandbox': True}),
    'box-killed-verify': (case_killed_verify, ['--latency', 'nfc'], {'sandbox': True}),
    'box-killed-compute': (case_killed_compute, ['--latency', 'nfc'], {'sandbox': True}),
}
