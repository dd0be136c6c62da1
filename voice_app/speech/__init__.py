"""The ear and the voice, behind `ports.Recognizer`, `ports.Endpointer` and `ports.Synthesizer`: engines, and the
processes that hold them."""
