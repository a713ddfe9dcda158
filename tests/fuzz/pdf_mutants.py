#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""pdf_mutants.py SECONDS SIGN-SOFT SEED FILE...: documents with faults through the whole of sign --pdf, judged by others.

Each FILE, and small documents made here with right numbers and wrong objects, is changed at random and given to SIGN-SOFT
(tests/tools/sign_soft.c).  It may be refused in words.  If it is signed, pdfsig must call the signature valid and the
document signed as a whole, the input must be the beginning of the result, and qpdf must find nothing new.
Ends after so many seconds of CPU time, its own and its children's; what failed stays in findings/ of the current folder.
"""
import collections
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys

ROUND = 100
FAILURES_MAX = 20
TOKENS = (b'/AcroForm', b'/Fields', b'/Annots', b'/Kids', b'/Pages', b'/Page', b'/Sig', b'/ByteRange', b'/Contents', b'/V',
          b'/Parent', b'/Root', b'/Size', b'/Prev', b'/Type', b'/XFA', b'/Perms', b'/DocMDP', b'/SigFlags', b'null', b'true',
          b'<<', b'>>', b'[', b']', b'(', b')', b'<', b'>', b'obj', b'endobj', b'stream', b'endstream', b'xref', b'trailer',
          b'startxref', b'%%EOF', b'0', b'1', b'-1', b'2147483648', b'99999999999', b'0 R', b'1 0 R', b'2 0 R', b'3 0 R',
          b'4 0 R', b'77 0 R', b'/T(Signature1)', b'<</Fields[]>>', b'<</Fields[4 0 R]>>', b'[4 0 R]', b'\xff', b'\0', b'\r')
BODIES = (b'<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R/Perms 9 0 R>>', b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
          b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots 6 0 R>>', b'<</Fields 5 0 R/DA(/Helv 0 Tf)/SigFlags 1>>',
          b'[7 0 R 8 0 R]', b'[7 0 R 8 0 R]',
          b'<</Type/Annot/Subtype/Widget/FT/Tx/T(Signature1)/Rect[0 0 9 9]/V(x)/P 3 0 R/Kids[8 0 R]>>',
          b'<</Type/Annot/Subtype/Widget/FT/Sig/T(Tenant)/Rect[10 10 99 50]/F 4/P 3 0 R>>',
          b'<</DocMDP<</Type/Sig/Reference[<</TransformParams<</P 2>>>>]>>>>')


def compose(bodies, rng):
    """A document whose numbers are right, with its table as lines or as a stream."""
    text, places = b'%PDF-1.5\n', []
    for number, body in enumerate(bodies, 1):
        places.append(len(text))
        text += b'%d 0 obj\n%s\nendobj\n' % (number, body)
    count, at = len(bodies) + 1, len(text)
    if rng.random() < 0.5:
        rows = b''.join(b'%010d 00000 n \n' % place for place in places)
        return text + (b'xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n'
                       % (count, rows, count, at))
    rows = b''.join(b'\1' + place.to_bytes(4, 'big') + b'\0' for place in places + [at])
    return text + (b'%d 0 obj\n<</Type/XRef/Root 1 0 R/Size %d/W[1 4 1]/Index[1 %d]/Length %d>>\nstream\n%s\nendstream\n'
                   b'endobj\nstartxref\n%d\n%%%%EOF\n' % (count, count + 1, count, len(rows), rows, at))


def token_change(data, rng):
    """One word of the file, in its printed parts, for another; half of the time of the same length."""
    words = [match for match in re.finditer(rb'/?[A-Za-z0-9]+|<<|>>|[\[\]()]', data[-20000:])]
    if not words:
        return data
    word = rng.choice(words)
    start = max(0, len(data) - 20000) + word.start()
    new = rng.choice(TOKENS)
    if rng.random() < 0.5:
        new = new[:len(word[0])].ljust(len(word[0]))
    return data[:start] + new + data[start + len(word[0]):]


def bytes_change(data, rng):
    at, length = rng.randrange(len(data)), rng.choice((1, 1, 2, 8, 100))
    kind = rng.randrange(5)
    if kind == 0:
        return data[:at] + bytes(rng.randrange(256) for _ in range(length)) + data[at + length:]
    if kind == 1:
        return data[:at] + data[at + length:]
    if kind == 2:
        return data[:at] + data[max(0, at - length):at] + data[at:]
    if kind == 3:
        return data[:at] if rng.random() < 0.3 else data + data[at:at + length]
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def mutant(seeds, rng):
    if rng.random() < 0.5:
        bodies = list(BODIES)
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            which = rng.randrange(len(bodies))
            bodies[which] = rng.choice((token_change, token_change, bytes_change))(bodies[which] or b' ', rng)
        return compose(bodies, rng)
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice((token_change, bytes_change))(data or b' ', rng)
    return data


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, errors='replace', timeout=120,
                          check=False)


def judge(path):
    """What is wrong with the signed file beside path; None for nothing."""
    signed = pathlib.Path(f'{path.with_suffix("")}.signed.pdf')
    if not signed.read_bytes().startswith(path.read_bytes()):
        return 'the document was changed'
    shown = run('pdfsig', '-nssdir', 'sql:db', '-nocert', signed)
    last = shown.stdout.rpartition('Signature #')[2]
    if 'Signature is Valid' not in shown.stdout or 'Total document signed' not in shown.stdout:
        return f'pdfsig ({shown.returncode}): {last or shown.stderr[-300:]}'
    rank = {0: 0, 3: 1, 2: 2}
    before, after = run('qpdf', '--check', path), run('qpdf', '--check', signed)
    if rank.get(after.returncode, 3) > rank.get(before.returncode, 3):
        return f'qpdf: {after.stderr[-300:]}'
    return None


def cpu():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main():
    seconds, soft, seed = float(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    rng = random.Random(seed)
    seeds = [pathlib.Path(name).read_bytes() for name in sys.argv[4:]] + [compose(BODIES, rng) for _ in range(4)]
    counts, failures = collections.Counter(), 0
    work, findings = pathlib.Path('mutants'), pathlib.Path('findings')
    findings.mkdir(exist_ok=True)
    while cpu() < seconds and failures < FAILURES_MAX:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        paths = [work / f'{number}.pdf' for number in range(ROUND)]
        for path in paths:
            path.write_bytes(mutant(seeds, rng))
        done = run('prlimit', '--core=0', soft, 'key.pem', 'cert.pem', *paths)
        fates = dict(line.split(' ', 1)[::-1] for line in done.stdout.splitlines()
                     if line.startswith(('signed ', 'refused ', 'broken ')))
        for path in paths:
            fate = fates.get(str(path), 'crashed')
            counts[fate] += 1
            why = judge(path) if fate == 'signed' else fate if fate in ('crashed', 'broken') else None
            if why is None:
                continue
            failures += 1
            kept = findings / f'{seed}-{failures}.pdf'
            shutil.copy(path, kept)
            print(f'{kept}: {why}\n{done.stderr[-3000:] if fate == "crashed" else ""}', flush=True)
            if fate == 'crashed':
                break
        if os.listdir(work) and any(name.startswith('.') for name in os.listdir(work)):
            failures += 1
            print('a temporary file was left behind', flush=True)
    print(f'{sum(counts.values())} mutants: {dict(counts)}, {failures} findings, {cpu():.0f} s of CPU time')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
