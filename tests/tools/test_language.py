#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_language.py SOURCE: who changes a message in English alone is warned and not stopped; a release is stopped."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import rig

SOURCE = pathlib.Path(sys.argv[1])
check = rig.Checks()


def asked(*words):
    return subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False)


def changed(path, before, after):
    text = path.read_text(encoding='utf-8')
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding='utf-8')


if shutil.which('xgettext') is None or shutil.which('po4a-translate') is None:
    print('SKIPPED: needs gettext and po4a')
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder)
    for name in ('tools', 'po', 'man'):
        shutil.copytree(SOURCE / name, copy / name)
    language = SOURCE / 'tests/tools/check-language'
    page = [copy / 'man/jpki-token.1', copy / 'man/po/ja.po']
    changed(copy / 'tools/main.c', '_("Commands:")', '_("What it can do:")')
    changed(page[0], 'Ctrl-C.', 'The person ended it.')
    check.result('a message in English alone', asked(language, copy), 0,
                 'warning: po/ja.po: not in Japanese: What it can do:')
    check.result('and in a release', asked(language, '--release', copy), 1, 'not in Japanese: What it can do:')
    check.result('a sentence of the page in English alone', asked(SOURCE / 'man/translate', '--check', *page), 0,
                 'warning: ja.po: not translated: The person ended it.')
    check.result('and in a release', asked(SOURCE / 'man/translate', '--check', '--release', *page), 1)
    changed(copy / 'tools/main.c', '_("What it can do:")', '"What it can do:"')
    check.result('one that cannot be translated stops all the same', asked(language, copy), 1, 'not translatable')
check.end()
