# SPDX-License-Identifier: BSD-3-Clause
"""What a page says that is seen: the quotes in the sentence that follows a block of commands."""
import re

FIRST = re.compile(r'\s*(.+?)(?:\n\n|\n#|\Z)', re.DOTALL)
QUOTE = re.compile(r'`([^`]+)`|「([^」]+)」|"([^"]+)"')
SEES = re.compile(r'\b[Yy]ou see\b|What you see|says where|こう見えます|見えること|表示されます|出ます|並び|示し|見えています')
END = re.compile(r'\.(?=\s)|。|, and nothing of|、q+ は出てきません|, the second|、2 行目')
ONE_OF = re.compile(r'q or q|のどれか')


def quotes_after(text, commands):
    """
    Of the paragraph that begins here, if its first sentence says what is seen: the quotes in that, each with its variants.
    What is quoted of the commands themselves is not meant.
    """
    paragraph = re.sub(r'\*\*[^*]+:\*\*', lambda head: head[0].replace(':', ''), FIRST.match(text)[1])
    masked = QUOTE.sub(lambda quote: 'q' * len(quote[0]), paragraph)
    end = END.search(masked)
    sentence = paragraph[:end.start()] if end else paragraph
    if paragraph.startswith(('```', '|', '#')) or not SEES.search(masked[:len(sentence)]):
        return []
    quotes = [next(filter(None, groups)) for groups in QUOTE.findall(sentence)]
    quotes = [quote for quote in quotes if quote not in commands and not quote.startswith('jpki-token ')]
    return [tuple(quotes)] if quotes and ONE_OF.search(masked) else [(quote,) for quote in quotes]


def missing_of(quotes, output):
    """Those that were not seen, however a terminal wrapped them; "..." and "~" stand for anything."""
    def pattern(quote):
        return re.escape(re.sub(r'\s+', '', quote)).replace(r'\.\.\.', '.*').replace('~', '.*')
    flat = re.sub(r'\s+', '', output)
    return [variants for variants in quotes if not any(re.search(pattern(quote), flat) for quote in variants)]
