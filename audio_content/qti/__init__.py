"""The items as QTI 3 packages (1EdTech Question and Test Interoperability 3.0), out and in again.

One file an item and language (`items/fr/it.web.search.1.a.xml`), a spoken form beside it in SSML 1.1
(`ssml/fr/....ssml`), and a manifest. How an item becomes QTI:

| here | QTI 3 |
|---|---|
| choice, yes/no | `qti-choice-interaction`, one choice; the key as `qti-correct-response` |
| number | `qti-text-entry-interaction`, base type integer |
| word | `qti-text-entry-interaction`, base type string, every accepted wording in a `qti-mapping` |
| stem | `qti-prompt` (a paragraph before a text entry) with a catalog |
| as it is spoken | `qti-card support="spoken"`: SSML by `qti-file-href`, computer-read-aloud |
| simpler wording, glossary | `qti-card support="linguistic-guidance"` |
| feedback | `qti-modal-feedback`, shown after any answer |

What QTI has no place for stands in the manifest's metadata, in our own namespace, and is read back from there: skill,
synonyms, sight and twin, country, difficulty, assistant variant, the range of a number, the other words of a word item.
Another system will not read it; the report of an export says so. Lessons, prompts and vocabulary are not exported.

No package of the registries carries the XSDs of QTI 3, so documents are checked by `structure`: names, order, required
attributes, references.
"""
