#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""status as it looks in a terminal (xterm), in both languages: the pictures of README and docs/.

They go into the folder JPKI_SHOTS, or nowhere.  What is looked at: each language has a picture, another one than the other,
and the one that the pages show has the size of the one that is made now, give or take a line.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import rig

NEEDED = ('Xvfb', 'xterm', 'import', 'identify', 'compare', 'fc-list')
IMAGES = pathlib.Path(__file__).resolve().parents[2] / 'docs/images'
NARROW, WIDE = 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP'
AS_CALLER = pathlib.Path(__file__).resolve().parents[2] / 'scripts/as-caller'
COLUMNS, LINES = 98, 19

check = rig.Checks()


def picture_make(display, lang, path):
    """A terminal that shows the command as typed and what came of it."""
    env = {**rig.environment(lang), 'DISPLAY': display, 'LC_ALL': rig.environment(lang)['LANG']}
    done = path.with_suffix('.done')
    shown = (f'printf "\\033[?25l$ jpki-token status\\n"; "{rig.TOKEN}" status --reader "{rig.READER}"; touch "{done}"; '
             'sleep 60')
    words = [AS_CALLER, 'xterm', '-u8', '-fa', NARROW, '-fd', WIDE, '-fs', '10', '-geometry', f'{COLUMNS}x{LINES}+0+0',
             '-bg', '#fdfdfb', '-fg', '#202020', '-b', '8', '+sb', '-title', 'status', '-e', 'sh', '-c', shown]
    terminal = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + rig.PATIENCE
    while not done.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    subprocess.run(['import', '-window', 'root', '-trim', '+repage', '-colors', '32', str(path)], env=env, check=True)
    terminal.terminate()
    said = terminal.communicate()[1]
    check.that(f'xterm showed it in {lang}', done.exists(), said)


def font_there(name):
    return bool(subprocess.run(['fc-list', name], text=True, capture_output=True, check=False).stdout)


def size_of(path):
    done = subprocess.run(['identify', '-format', '%w %h', str(path)], check=True, text=True, capture_output=True)
    return tuple(map(int, done.stdout.split()))


def differing(one, other):
    """How many points differ; more than none if the sizes do."""
    words = ['compare', '-metric', 'AE', str(one), str(other), 'null:']
    done = subprocess.run(words, text=True, capture_output=True, check=False)
    return float(done.stderr.split()[0]) if done.returncode < 2 else float('inf')


def main():
    missing = [name for name in NEEDED if shutil.which(name) is None]
    missing += [font for font in (NARROW, WIDE) if not missing and not font_there(font)]
    if missing:
        print('SKIPPED: needs', ', '.join(missing))
        sys.exit(77)
    server, display = rig.display_start(
        lambda words, fds: subprocess.Popen(words, stderr=subprocess.DEVNULL, pass_fds=fds), '1000x500x24')
    with tempfile.TemporaryDirectory() as folder:
        made = {lang: pathlib.Path(folder) / f'status-{lang}.png' for lang in ('en', 'ja')}
        for lang, path in made.items():
            picture_make(display, lang, path)
            kept = IMAGES / path.name
            if os.environ.get('JPKI_SHOTS'):
                shutil.copy(path, os.environ['JPKI_SHOTS'])
            check.that(f'status is pictured in {lang}', size_of(path)[0] > 500 and size_of(path)[1] > 150, size_of(path))
            now, then = size_of(path), size_of(kept) if kept.is_file() else (0, 0)
            check.that(f'docs/images/{path.name} is like it', abs(now[1] - then[1]) <= 25 and abs(now[0] - then[0]) <= 100,
                       (now, then))
        check.that('one is in another language', differing(*made.values()) > 1000, differing(*made.values()))
    server.terminate()
    check.end()


main()
