"""Addresses of reports: one fetch, a short life, never the same."""

from voice_app.web.report_desk import MOST_TICKETS, ReportDesk, ReportWanted

VALID_S = 600.0


class Clock:
    now_s = 1000.0

    def __call__(self):
        return self.now_s


def ticket(address):
    return address.removeprefix("/report/").removesuffix(".pdf")


def test_an_address_is_good_once():
    desk = ReportDesk(VALID_S, Clock())
    address = desk.address("12345678", "fr")

    assert desk.redeem(ticket(address)) == ReportWanted("12345678", "fr")
    assert desk.redeem(ticket(address)) is None


def test_an_old_address_leads_nowhere():
    clock = Clock()
    desk = ReportDesk(VALID_S, clock)
    address = desk.address("12345678", "fr")
    clock.now_s += VALID_S

    assert desk.redeem(ticket(address)) is None


def test_addresses_are_unlike_and_say_nothing_of_the_code():
    desk = ReportDesk(VALID_S, Clock())
    addresses = {desk.address("12345678", "fr") for _ in range(100)}

    assert len(addresses) == 100
    assert min(len(ticket(address)) for address in addresses) >= 32
    assert not any("12345678" in address for address in addresses)


def test_the_oldest_go_when_there_are_too_many():
    desk = ReportDesk(VALID_S, Clock())
    first, second = desk.address("1", "fr"), desk.address("2", "fr")
    for _ in range(MOST_TICKETS - 1):
        desk.address("3", "fr")

    assert desk.redeem(ticket(first)) is None
    assert desk.redeem(ticket(second)) == ReportWanted("2", "fr")
