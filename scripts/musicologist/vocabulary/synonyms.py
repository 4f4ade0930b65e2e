"""What stands in a small vocabulary for words and phrases that it lacks, so that a prompt asks for what its labels count."""

from collections.abc import Collection, Iterator

from musicologist.vocabulary import plain_words, style_words
from musicologist.vocabulary.lexicon import LEXICON
from musicologist.vocabulary.sound_words import AMPLIFIED, INSTRUMENTS, SOUNDS, phrases
from musicologist.vocabulary.style_words import FORMS, GENRES, MOODS, PACES

PREPOSITION = "with"
NAMED = {(aspect,): ", ".join(words) for aspect, words in LEXICON.items()}
TABLES = (INSTRUMENTS, AMPLIFIED, SOUNDS, MOODS, PACES, GENRES, FORMS, NAMED)
PLAIN = (
    plain_words.FUNCTION_WORDS,
    plain_words.PEOPLE,
    plain_words.SIZES,
    plain_words.PRAISE,
    plain_words.THEORY,
    plain_words.PARTS,
    plain_words.PLACES,
    plain_words.NATIONS,
    plain_words.MATERIALS,
    plain_words.FEELINGS,
    plain_words.DECADES,
    style_words.PLAIN,
    style_words.SOMBRE,
    style_words.SOUND_DESIGN,
)


def synonyms(known: Collection[str]) -> dict[str, str]:
    """Words and phrases that hold a word which a vocabulary lacks, each with what it reads in their place.

    That is the last of a phrase's own words that names the same family or quality, else the word for the first of the aspects
    that it means; empty where it says nothing (``plain_words``). Names of pieces and their parts are recordings. Forms of verbs
    and adverbs go with their word. What means something of which no word is known stays unknown.
    """
    names = {
        aspect: next((one for words in spellings for one in words.split() if one in known), None)
        for aspect, spellings in ((aspect, (aspect.replace("_", " "), *words)) for aspect, words in LEXICON.items())
    }
    meant = {word: aspects for table in TABLES for aspects, text in table.items() for word in phrases(text)}
    found: dict[str, str] = {}
    for table in TABLES:
        for aspects, text in table.items():
            named = [name for aspect in aspects if (name := names[aspect])]
            for phrase in phrases(text):
                own = [one for one in phrase.split() if one in known and meant.get(one, ())[:1] == aspects[:1] != ()]
                if named:
                    found.setdefault(phrase, [*named[:1], *own][-1])
                elif table is FORMS and "recording" in known:
                    found.setdefault(phrase, "recording")
                elif not aspects:
                    found.setdefault(phrase, "")
    for word, spelling in list(found.items()):
        found |= dict.fromkeys((form for form in _forms(word) if form not in found), spelling)
    if PREPOSITION in known:
        found |= dict.fromkeys(phrases(plain_words.PREPOSITIONS), PREPOSITION)
    plain, verbs = [word for text in PLAIN for word in phrases(text)], phrases(plain_words.VERBS)
    adjectives = [word.removesuffix("e") + "y" for word in (*plain, *verbs)]
    for word in (*plain, *map(_adverb, plain), *(form for verb in verbs for form in _verb(verb)), *adjectives):
        found.setdefault(word, "")
    return {phrase: spelling for phrase, spelling in found.items() if not set(phrase.split()) <= set(known)}


def _forms(word: str) -> Iterator[str]:
    """Of a single word the adverb, adjective, noun in -ness, and forms as a verb, or of that whose -ing or -ed it is."""
    if not word.isalpha():
        return
    yield from (_adverb(word), f"{word}y", f"{word[:-1]}iness" if word.endswith("y") else f"{word}ness", *_verb(word))
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            short = stem[:-1] if stem[-1] == stem[-2] else stem
            for verb in (stem, short, f"{stem}e"):
                yield from _verb(verb)


def _adverb(word: str) -> str:
    if word.endswith("le"):
        return f"{word[:-1]}y"
    return f"{word[:-1]}ily" if word.endswith("y") else f"{word}ly"


def _verb(verb: str) -> tuple[str, ...]:
    """The regular forms of a verb."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    if verb.endswith("e"):
        return verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    doubled = len(verb) < 5 and verb[-1] not in "aeiouwxy" and verb[-2] in "aeiou" and verb[-3:-2] not in set("aeiou")
    stem = verb + verb[-1] if doubled else verb
    return verb, verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh")) else "s"), f"{stem}ed", f"{stem}ing"
