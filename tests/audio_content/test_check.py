from __future__ import annotations

from audio_content.check import Severity, check, stats
from audio_content.rules.item_rules import ITEM_RULES
from audio_content.rules.variant_rules import VARIANT_RULES


def test_every_rule_is_documented() -> None:
    import audio_content.check as module

    named = {name for name, _, _ in (*ITEM_RULES, *VARIANT_RULES)}

    assert module.__doc__ is not None
    assert [name for name in sorted(named) if name not in module.__doc__] == []


def test_findings_name_item_language_and_rule(folder) -> None:
    folder.change("items/a.yaml", "Le parapluie protège de la pluie.", "C'est faux, voyez le cadenas.")

    found = {(finding.where, finding.rule) for finding in check(folder.load())}

    assert ("it.web.search.0.a fr", "feedback-kind") in found
    assert ("it.web.search.0.a fr", "sight") in found
    assert ("it.web.search.0.a en", "feedback-kind") not in found


def test_errors_come_first_and_the_list_repeats(folder) -> None:
    folder.change("items/a.yaml", "Que prenez-vous avec vous ?", "Qui vient ? Que prenez-vous ?")
    content = folder.load()

    findings = check(content)
    severities = [finding.severity for finding in findings]

    assert findings == check(content)
    assert Severity.WARNING in severities
    assert severities == sorted(severities, key=list(Severity).index)


def test_content_of_a_writer_at_work_is_checked_too(folder) -> None:
    for name in ("fr", "en", "vocabulary.fr", "vocabulary.en"):
        (folder.root / f"prompts/{name}.yaml").unlink()

    rules = {finding.rule for finding in check(folder.load(partial=True))}

    assert "prompt-locale" in rules


def test_stats_count_the_path(folder) -> None:
    figures = stats(folder.load())

    assert (figures["items"], figures["skills"], figures["skills_covered"], figures["yes_no"]) == (2, 2, 2, 1)
    assert figures["key_places"] == {"2 of 2": 1}
    assert figures["by_level"] == {"0": 1, "1": 1}
    assert figures["languages"]["fr"] == {
        "prompts": 2,
        "vocabulary_wordings": 15,
        "wordings_per_option": 2.0,
        "stem_words": 4.0,
        "option_words": 2.0,
        "feedback_words": 5.0,
        "key_longest_share": 1.0,
    }


def test_stats_of_an_empty_bank_are_zero(folder) -> None:
    (folder.root / "items/a.yaml").unlink()

    figures = stats(folder.load())

    assert figures["items"] == 0
    assert figures["languages"]["en"]["stem_words"] == 0.0
