"""Concepts that one word of a sentence makes: an instrument family, or qualities any of which is the concept."""

from collections.abc import Mapping

from musicologist.concepts.definitions import Concept


def families(concepts: Mapping[str, Concept]) -> dict[str, str]:
    """By concept its family, of those that are one family and nothing else."""
    return {
        name: concept.positive.families[0]
        for name, concept in concepts.items()
        if len(concept.positive.families) == 1 and not (concept.positive.qualities or concept.positive.sources)
    }


def qualities(concepts: Mapping[str, Concept]) -> dict[str, tuple[str, ...]]:
    """By concept its qualities, of those that are qualities and nothing else."""
    return {
        name: concept.positive.qualities
        for name, concept in concepts.items()
        if concept.positive.qualities and not (concept.positive.families or concept.positive.sources)
    }


def near(concepts: Mapping[str, Concept]) -> dict[str, tuple[str, ...]]:
    """By family those that its concept counts as near, either way: no contrast to speak of."""
    given = {family: concepts[name].near.families for name, family in families(concepts).items()}
    pairs = {(one, other) for one, others in given.items() for other in others}
    pairs |= {(other, one) for one, other in pairs}
    return {one: tuple(sorted(other for first, other in pairs if first == one)) for one, _ in sorted(pairs)}
