#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each command of docs/ that is marked "sh run" is run as the page has it, on a terminal, PINs typed when asked for.

The rig's mount namespace is private, so the build lies where an installation would be.  The Japanese pages have the same
commands as the English ones, and are followed in a Japanese locale: what a page says that is seen (docs_seen) must be.

    test_docs.py --installed PAGE...    these alone, of the packages that are installed, with what each page says to install
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import docs_seen
import docs_world
import rig

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
BUILD = pathlib.Path(os.environ['JPKI_BUILD'])
BLOCK = re.compile(r'^```sh run ?(\w*)\n(.*?)^```$', re.DOTALL | re.MULTILINE)
FENCE = re.compile(r'^```sh.*?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
LIMIT = 240  # what hangs, on a machine however busy
INSTALLED = sys.argv[1:2] == ['--installed']

check = rig.Checks()


def mounted(folder):
    """An empty folder over this one, seen in here alone."""
    subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', str(folder)], check=True)
    return pathlib.Path(folder)


def install():
    place = subprocess.run(['pkg-config', '--variable=p11_module_path', 'p11-kit-1'], check=True, text=True,
                           capture_output=True).stdout.strip()
    compiled_in = pathlib.Path(re.search(r'JPKI_MODULE_PATH "(.*)"', (BUILD / 'conf.h').read_text())[1]).parent
    for folder in {pathlib.Path(place), compiled_in}:
        mounted(next(parent for parent in (folder, *folder.parents) if parent.is_dir()))
        folder.mkdir(parents=True, exist_ok=True)
        for name in ('libjpki-pkcs11.so', 'libjpki-pkcs11-auth.so'):
            (folder / name).write_bytes((BUILD / 'module' / name).read_bytes())
    (mounted('/usr/share/p11-kit/modules') / 'jpki.module').write_text('module: libjpki-pkcs11.so\n')
    tool = mounted('/usr/local/bin') / 'jpki-token'
    tool.write_bytes((BUILD / 'tools/jpki-token').read_bytes())
    tool.chmod(0o755)


def environment(home, japanese):
    own = {'LC_ALL': 'C.UTF-8', 'LANGUAGE': 'en'}
    if japanese:
        own = {'LC_ALL': 'ja_JP.UTF-8', 'LANGUAGE': 'ja'} if INSTALLED else rig.environment('ja')
    return {**os.environ, **own, 'HOME': home, 'PATH': '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'}


def page_run(page):
    """A page in English, then its commands once more by the Japanese page, in a Japanese locale."""
    text = page.read_text(encoding='utf-8')
    japanese = DOCS / 'ja' / page.name
    there = japanese.is_file()
    check.that(f'ja/{page.name} is there and has the same commands', there and commands(text) == commands(
        japanese.read_text(encoding='utf-8')), 'the commands differ' if there else 'no such page')
    # who installed packages has no pkg-config
    check.that(f'{page.name} needs nothing of a builder', 'pkg-config' not in str(commands(text)))
    blocks_run(page.name, text, False)
    if there:
        blocks_run(f'ja/{page.name}', japanese.read_text(encoding='utf-8'), True)


def blocks_run(name, text, japanese):
    with tempfile.TemporaryDirectory() as home:
        docs_world.files_make(home)
        for number, match in enumerate(BLOCK.finditer(text), 1):
            part, block = match.groups()
            if '--pdf' in block and not pdf_signs():
                print(f'skip - commands {number} of {name}: jpki-token was built without libqpdf')
                continue
            absent = browsers_absent(block) or (part and docs_world.part_make(part, home))
            if absent:
                print(f'skip - commands {number} of {name}: there is no {absent} here')
                continue
            status, output = rig.block_run(block, home, LIMIT, environment(home, japanese))
            check.that(f'{name}, commands {number}', status == 0, f'status {status}\n{output}')
            kept = docs_world.remembered(home)
            check.that(f'{name}, commands {number}: nobody keeps the PIN', not kept, kept)
            missing = docs_seen.missing_of(docs_seen.quotes_after(text[match.end():], block), output)
            check.that(f'{name}, commands {number}: what the page says is seen', not missing, f'{missing}\n{output}')


def browsers_absent(block):
    """The browser that a block registers with, if it is not installed: register says so and ends badly then."""
    programs = {'firefox': ('firefox', 'firefox-esr'), 'chromium': ('chromium',)}
    wanted = re.findall(r'jpki-token register (\w+)', block)
    return ', '.join(name for name in wanted if name in programs and not any(map(shutil.which, programs[name])))


def pdf_signs():
    return 'libqpdf' not in rig.run('sign', '--pdf', '/dev/null').stderr


def links_check():
    """What a page points to is there, and README points to each page, in both languages."""
    broken, named = [], set()
    for page in [*DOCS.parent.glob('README*.md'), *DOCS.glob('*.md'), *DOCS.glob('ja/*.md')]:
        for target in re.findall(r'\]\((?!https?:)([^)#]+)', page.read_text(encoding='utf-8')):
            place = (page.parent / target).resolve()
            if not place.exists():
                broken.append(f'{page.name}: {target}')
            if page.name.startswith('README'):
                named.add(place)
    pages = [page for folder in (DOCS, DOCS / 'ja') for page in folder.glob('*.md') if page.name != 'clients.md']
    forgotten = [str(page.relative_to(DOCS)) for page in pages if page.resolve() not in named]
    readmes = [commands((DOCS.parent / name).read_text(encoding='utf-8')) for name in ('README.md', 'README.ja.md')]
    check.that('README.ja.md has the same commands', readmes[0] == readmes[1])
    check.that('every link leads somewhere, and README has every page', not broken + forgotten, f'{broken} {forgotten}')


# What each page says, in its own place: what you get, what you then see, what to do if not.
FORM = {'': (r'[Yy]ou get', r'[Yy]ou (?:then )?see|\bshows\b',
             r'(?m)^## .*\b[Ii]f\b|\*\*[^*\n]*\b(?:[Ii]f|fail)\b|\b[Ii]f not\b|\*\*"'),
        'ja': ('できること', 'こう見え|表示|出ます|見えます', r'うまくいかない|とき\*\*|ときは|とき[:：]|なければ')}


def form_check():
    """A page for a task tells a stranger all three; not-for and clients are no tasks."""
    for folder, wanted in FORM.items():
        for page in sorted((DOCS / folder).glob('*.md')):
            text = page.read_text(encoding='utf-8')
            missing = [word for word in wanted if page.stem not in ('not-for', 'clients') and not re.search(word, text)]
            check.that(f'{page.relative_to(DOCS)}: what you get, see, and do if not', not missing, f'{missing}')


def commands(text):
    """The commands of a page without their comments, which are translated."""
    return [[re.sub(r'\s+#.*', '', line).rstrip() for line in block.splitlines() if not line.startswith('#')]
            for block in FENCE.findall(text)]


def main():
    if INSTALLED:
        for name in sys.argv[2:]:
            page_run(DOCS / name)
        check.end()
    wanted = ('ssh-add', 'git', 'p11tool', 'pkcs11-tool', 'pkg-config', 'modutil', 'pdfsig')
    if os.geteuid() != 0 or not all(map(shutil.which, wanted)):
        print('SKIPPED: needs root in the rig,', ', '.join(wanted))
        sys.exit(77)
    install()
    pages = [page for page in sorted(DOCS.glob('*.md')) if page.name != 'clients.md']
    check.that('there are pages', len(pages) >= 8)
    links_check()
    form_check()
    for page in pages:
        page_run(page)
    check.end()


main()
