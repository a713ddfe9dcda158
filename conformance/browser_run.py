# SPDX-License-Identifier: BSD-3-Clause
"""Runs the cases of one browser, each in a rig of its own.

    conformance/firefox|chromium [--all] [--jobs N] [--shots DIR] [CASE...]

    --all       every case; without it, and without names, the quick ones
    --jobs N    so many cases at one time (default 1)
    --shots DIR where the pictures of each step are kept (default: browser-shots in the build folder)
    CASE        --list names them

Answers in lines: "ok - BROWSER CASE: figures", "not ok - BROWSER CASE: why", "skip - BROWSER: why".
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import traceback

import browser_cases
import mail_cases
import sandbox_cases
from browser_cases import Visit
from browser_room import Failed, Room, Skip, needed_check

CASES = {**browser_cases.CASES, **sandbox_cases.CASES, **mail_cases.CASES}
HERE = pathlib.Path(__file__).resolve().parent
CASE_TIMEOUT = 240
RIG_MISSING = 77


def inside(make, name, shots):
    """In the rig: one case.  Its last line is the answer."""
    function, _, keys = CASES[name]
    try:
        room = getattr(make, 'room_kind', Room)(shots)
        module = pathlib.Path(os.environ['JPKI_MODULE'])
        if not keys.get('full'):
            module = module.with_name('libjpki-pkcs11-auth.so')
        browser = make(room, module, ask=keys.get('ask', False))
    except Skip as skip:
        print(f'skip {skip}')
        return RIG_MISSING
    visit = Visit(room, browser)
    status = 1
    try:
        print('ok ' + (function(visit) or ''))
        status = 0
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        room.shot('failed')
        if not isinstance(error, Failed):
            traceback.print_exc()
        print(f'not ok {str(error) or type(error).__name__}'.replace('\n', ' '))
    for log in (room.log, *room.place.glob('*.log')):
        if log.exists():
            (shots / log.name).write_bytes(log.read_bytes())
    browser.stop()
    room.stop()
    return status


def case_run(program, name, shots):
    """Outside: the rig with one case in it; the line that says how it went."""
    folder = shots / program.name / name
    subprocess.run(['rm', '-rf', str(folder)], check=True)
    folder.mkdir(parents=True)
    words = [str(HERE.parent / 'scripts/with-card'), *CASES[name][1], '--', str(program), '--inside', name, str(folder)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace',
                              check=False, timeout=CASE_TIMEOUT)
    except subprocess.TimeoutExpired:
        return f'not ok - {program.name} {name}: took longer than {CASE_TIMEOUT} s'
    (folder / 'run.log').write_text(done.stdout + done.stderr, encoding='utf-8')
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
    last = lines[-1] if lines else f'ended with {done.returncode}'
    title = f'{program.name} {name}'
    if done.returncode == RIG_MISSING:
        return f'skip - {title}: {last.removeprefix("skip ")}'
    about = CASES[name][0].__doc__
    if done.returncode == 0 and last.startswith('ok'):
        return f'ok - {title}: {about}' + (f' ({last[3:]})' if last[3:] else '')
    return f'not ok - {title}: {about}: {last.removeprefix("not ok ")}'


def options_read(words):
    options = {'--jobs': '1', '--shots': ''}
    chosen, everything = [], False
    words = list(words)
    while words:
        word = words.pop(0)
        if word in options and words:
            options[word] = words.pop(0)
        elif word == '--all':
            everything = True
        elif word in CASES:
            chosen.append(word)
        else:
            print(__doc__ + ''.join(f'{name:18} {case[0].__doc__}\n' for name, case in CASES.items()))
            sys.exit(0 if word in ('--list', '--help') else 2)
    return options, chosen, everything


def main(program, make, programs):
    """PROGRAM: the calling script; MAKE(room, module, ask): its browser; PROGRAMS: what it needs of the machine."""
    program = pathlib.Path(program).resolve()
    if sys.argv[1:2] == ['--inside']:
        return inside(make, sys.argv[2], pathlib.Path(sys.argv[3]))
    options, chosen, everything = options_read(sys.argv[1:])
    try:
        needed_check(programs)
    except Skip as skip:
        print(f'skip - {program.name}: {skip}')
        return RIG_MISSING
    names = chosen or [name for name, (_, _, keys) in CASES.items()
                       if (everything or keys.get('quick')) and keys.get('only', program.name) == program.name
                       and keys.get('sandbox', False) == hasattr(make, 'room_kind') and keys.get('of', '') in program.name]
    build = pathlib.Path(os.environ.get('JPKI_BUILD') or HERE.parent / 'build').resolve()
    shots = pathlib.Path(options['--shots'] or build / 'browser-shots').resolve()
    print(f'# pictures of each step: {shots}', flush=True)
    failed = False
    with concurrent.futures.ThreadPoolExecutor(int(options['--jobs'])) as pool:
        for line in pool.map(lambda name: case_run(program, name, shots), names):
            print(line, flush=True)
            failed = failed or line.startswith('not ok')
    return 1 if failed else 0
