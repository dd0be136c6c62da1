"""The writing rules, one module a subject; `audio_content.check` applies them and documents them."""
