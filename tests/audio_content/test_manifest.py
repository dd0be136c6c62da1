from __future__ import annotations

from audio_content.manifest import utterances


def test_fixed_prompts_items_and_names_are_listed(folder) -> None:
    listed = {utterance.id: utterance.text for utterance in utterances(folder.load(), "fr")}

    assert listed == {
        "prompt.welcome.intro": "Bonjour.",
        "it.web.search.0.a.stem": "Il pleut. Que prenez-vous ?",
        "it.web.search.0.a.simpler": "Il y a de la pluie. Que prenez-vous avec vous ?",
        "it.web.search.0.a.option.a": "Un gâteau",
        "it.web.search.0.a.option.b": "Le parapluie",
        "it.web.search.0.a.feedback": "Le parapluie protège de la pluie.",
        "it.web.search.1.a.stem": "Un moteur coûte-t-il cher ?",
        "it.web.search.1.a.simpler": "Faut-il payer un moteur ?",
        "it.web.search.1.a.option.yes": "oui",
        "it.web.search.1.a.option.no": "non",
        "it.web.search.1.a.feedback": "Un moteur est gratuit.",
        "name.1": "la recherche",
        "name.web.search.0": "demander la météo",
        "name.web.search.1": "chercher une chose",
    }


def test_prompt_with_a_gap_is_no_whole_text(folder) -> None:
    assert not any(utterance.id == "prompt.option.full" for utterance in utterances(folder.load(), "en"))


def test_each_text_is_listed_once(folder) -> None:
    folder.write("prompts/fr.yaml", 'welcome.intro: "Bonjour."\nwelcome.again: "Bonjour."\n')

    texts = [utterance.text for utterance in utterances(folder.load(), "fr")]

    assert len(texts) == len(set(texts))


def test_language_without_prompts_still_lists_items(folder) -> None:
    (folder.root / "prompts/en.yaml").unlink()

    assert any(utterance.text == "A cake" for utterance in utterances(folder.load(partial=True), "en"))
