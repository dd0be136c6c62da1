from __future__ import annotations

from audio_content.check import Severity, check
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
