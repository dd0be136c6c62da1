#!/bin/sh
# Unpacks the recogniser's model into the data folder once, then does what it is told: serve, phone, worker, ...
set -eu
voice-app models install embedded >/dev/null
exec voice-app "$@"
