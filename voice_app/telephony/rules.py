"""What can be tuned on the telephone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhoneRules:
    """Addresses and limits of the telephone line."""

    advertised_host: str = ""
    """Our address as callers must reach it (behind a NAT); empty: the one that we talk to them from."""
    allowed_networks: str = ""
    """Networks that may call us, by spaces (`192.0.2.0/24`): the trunk's; empty: everybody."""
    media_networks: str = ""
    """Networks that sound may come from and go to besides the signalling peer itself: the trunk's media servers."""
    first_rtp_port: int = 20_000
    """Ports for sound, from here..."""
    last_rtp_port: int = 29_998
    """...to here; open them in the firewall. Two a call are counted, the even one is used."""
    realtime_media: bool = True
    """Ask the kernel to run the media process first; ignored where we may not."""
    capacity: int = 40
    """Conversations at once, spoken and keyed; tried on two cores with half of them speaking."""
    speaking_capacity: int = 20
    """Of these, so many are listened to; further ones are told to use the keys until one of them has gone. Tried on two
    cores: twenty who speak take one core in all, and wait half a second longer than six do."""
    polite_capacity: int = 60
    """Further callers at once who are answered and told that all lines are taken; beyond, the network tells them."""
    most_pending: int = 400
    """Calls answered but not acknowledged at once; they live 32 s at most."""
    most_pending_per_host: int = 300
    """Of these from one address, so that one flood leaves room for others."""
    idle_minutes: int = 15
    """A caller who says and presses nothing for so long while nothing is said has put the receiver down."""
    certificate: str = ""
    """Path of a TLS certificate (PEM): with `key` and `--tls`, SIP over TLS."""
    key: str = ""
    """Path of the certificate's private key (PEM)."""
    person: str = ""
    """Who takes over when a caller asks for a person (`sip:0102030405@trunk.example`); empty: nobody."""
    person_hours: str = "1-5 09:00-17:00"
    """When they answer: days (1 Monday) and times, `1-5 09:00-12:00 14:00-17:00; 6 09:00-12:00`."""
    transfer_ring_s: int = 60
    """For how long their telephone may ring when the network connects the caller with them."""
    register_as: str = ""
    """Our address at a telephone system that wants us registered (`sip:assess@pbx.example`); empty: no registration."""
    registrar: str = ""
    """Where to register (`sip:pbx.example:5060;transport=tcp`); empty: the host of `register_as`."""
    trunk_user: str = ""
    """User name for digest, for registration and for calls we place."""
    trunk_password: str = ""
    """Password for digest."""
    trunk: str = ""
    """Where calls we place go (`sip:trunk.example:5060`); empty: the registrar."""
    caller_id: str = ""
    """Who we say we are when we call (`sip:0102030405@trunk.example`); empty: `register_as`."""
    public_url: str = ""
    """Where a media stream's provider reaches our HTTP side (`https://phone.example`): part of its signatures."""
    stream_token: str = ""
    """The provider's account token that signs media streams; empty: no media streams."""
    audiosocket_token: str = ""
    """The bearer token with which a telephone system asks for AudioSocket tokens; empty: none are given."""
    callbacks: bool = False
    """Offer to call back who asks for a person when nobody answers; needs a way out (`trunk` or `registrar`)."""
    country_prefix: str = "33"
    """Digits that stand for the 0 of national numbers, so that one person has one mark: `0612...` is `+33612...`."""
