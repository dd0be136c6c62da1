"""`python -m voice_app.telephony.media DESCRIPTOR realtime|normal`: the media process, started by the service."""

from voice_app.telephony.media.loop import main

main()
