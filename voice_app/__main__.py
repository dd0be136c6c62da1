"""`python -m voice_app` and the console script `voice-app`."""

from voice_app.cli import main

if __name__ == "__main__":
    main()
