"""The kiosk's page in a real Chromium: accessible at every size, usable by ear, key, finger and screen reader.

It is never lost when microphone, sound or line are. Longer than 400 lines because all of it shares one running browser.
"""

import time

import pytest
from playwright.sync_api import expect, sync_playwright

from engine.model import InputMode
from tests.journeys.browser import CHROMIUM, FALSE_MICROPHONE, NO_MICROPHONE, open_browser, open_page
from tests.journeys.kiosk_rig import ENGLISH, FRENCH, kiosk
from tests.journeys.page_checks import (
    AXE,
    SMALLEST_RING_PX,
    axe_violations,
    focus,
    geometry_faults,
    numeral_contrasts,
)
from voice_app.ports import KeyPressed, PromptEnded, TalkPressed, WordWritten

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
]
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: scripts/fetch_web_assets --test")

SIZES = ((1280, 800), (640, 400), (320, 256))
SCENES = (*FRENCH, *((f"en-{name}", shown) for name, shown in ENGLISH))
PLACE = {name: place for place, (name, _) in enumerate(SCENES)}
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""


@pytest.fixture(scope="module")
def playwright():
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright):
    with open_browser(playwright) as opened:
        yield opened


@pytest.fixture(scope="module")
def still():
    """A kiosk whose prompts are over at once, for looking at views."""
    with kiosk(SCENES, prompt_ms=1) as served:
        yield served


@pytest.fixture
def page(browser):
    opened = open_page(browser)
    yield opened
    opened.context.close()


def enter(page, served, scene="question4", *, mode="speaks"):
    """Start on a scene and wait until it is there."""
    served.play.first = PLACE[scene]
    page.goto(served.url)
    if mode == "reader":
        page.check("input[value=reader]")
    page.click(".begin")
    expect(page.locator("#view h1")).to_have_text(SCENES[PLACE[scene]][1].heading.replace(" ?", "\u00a0?"))


def walk(page, served):
    """Go through every view of the play, and give its name while it is shown."""
    for locale, scenes in (("fr", FRENCH), ("en", ENGLISH)):
        for number, (name, shown) in enumerate(scenes):
            scene = name if locale == "fr" else f"en-{name}"
            if number == 0:
                enter(page, served, scene)
            else:
                page.keyboard.press("1")
                expect(page.locator("#view h1")).to_have_text(shown.heading.replace(" ?", "\u00a0?"))
            yield scene


def wait_for(condition, what, limit_s=5.0):
    """Wait for something that happens on the service's side."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {limit_s} s"
        time.sleep(0.02)


def keys_since(play, count):
    return play.keys[count:]


# --- seen ---------------------------------------------------------------------------------------------------------


@needs_axe
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_view_is_accessible_at_every_size(browser, still, width, height):
    page = open_page(browser, width, height)

    found = {}
    for scene in walk(page, still):
        found[scene] = axe_violations(page) + geometry_faults(page)
    page.context.close()

    assert found == {scene: [] for scene in PLACE}


@needs_axe
@pytest.mark.parametrize("address", ["", "?lang=en", "mentions", "mentions?lang=en", "nowhere"])
def test_every_other_page_is_accessible_at_every_size(page, still, address):
    page.goto(still.url + address)
    page.wait_for_function("!document.querySelector('.begin')?.disabled")

    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found[width] = axe_violations(page) + geometry_faults(page)

    assert found == {width: [] for width, _ in SIZES}


@needs_axe
@pytest.mark.parametrize(
    "theme", [{"color_scheme": "dark"}, {"contrast": "more"}, {"color_scheme": "dark", "contrast": "more"}]
)
def test_every_theme_keeps_its_contrast(browser, still, theme):
    page = open_page(browser, **theme)

    page.goto(still.url)
    first = axe_violations(page)
    enter(page, still, "question4")
    second = axe_violations(page)
    numerals = numeral_contrasts(page)
    enter(page, still, "result", mode="reader")
    third = axe_violations(page)
    page.context.close()

    assert first + second + third == []
    assert len(numerals) == 4
    assert min(numerals) >= 7


def test_the_numbers_in_their_shapes_keep_their_contrast(page, still):
    enter(page, still, "question4")

    assert min(numeral_contrasts(page)) >= 7


@pytest.mark.parametrize("width", [1280, 320])
def test_spaced_text_is_not_cut_off(page, still, width):
    enter(page, still, "long")
    page.set_viewport_size({"width": width, "height": 600})

    page.evaluate(
        """css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
                    document.adoptedStyleSheets = [sheet]; }""",
        SPACED,
    )

    assert page.evaluate("getComputedStyle(document.querySelector('.label')).letterSpacing") != "normal"
    assert geometry_faults(page) == []


def test_forced_colours_are_the_systems_own(browser, still):
    page = open_page(browser, forced_colors="active")
    enter(page, still, "question4")

    backgrounds = page.evaluate(
        """() => { const probe = document.createElement("button"); document.body.append(probe);
        const system = getComputedStyle(probe).backgroundColor; probe.remove();
        return [...document.querySelectorAll("#view button")]
          .map((each) => getComputedStyle(each).backgroundColor === system); }"""
    )
    borders = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.choice')).borderTopWidth)")
    page.context.close()

    assert backgrounds
    assert all(backgrounds)
    assert borders >= 3


def test_motion_stops_when_asked(page, still):
    enter(page, still, "question4")

    assert page.evaluate("document.getAnimations().length") == 0


def test_on_paper_there_are_words_and_code_and_nothing_to_press(page, still):
    enter(page, still, "result")

    page.emulate_media(media="print")

    assert page.locator("button:visible").count() == 0
    expect(page.locator(".code-digits")).to_be_visible()
    expect(page.locator("#view h1")).to_be_visible()
    assert page.locator(".view .text:visible").count() == 4


def test_the_language_of_the_page_follows_the_view(page, still):
    enter(page, still, "en-question4")

    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.locator("#mode")).to_have_text("Switch to my screen reader")


def test_each_label_of_another_language_says_so(page, still):
    enter(page, still, "language")

    expect(page.locator('.choice [lang="en"]')).to_have_text("English")


# --- the checks themselves -------------------------------------------------------------------------------------


@needs_axe
@pytest.mark.parametrize(
    ("fault", "script"),
    [
        ("color-contrast-enhanced", "document.querySelector('#view h1').style.color = '#757575'"),
        ("color-contrast-enhanced", "document.querySelector('.choice').style.background = '#2f74c0'"),
        ("html-has-lang", "document.documentElement.removeAttribute('lang')"),
        ("button-name", "document.querySelector('.command .label').remove()"),
    ],
)
def test_axe_catches_a_fault_put_in_on_purpose(page, still, fault, script):
    enter(page, still, "question4")

    page.evaluate(script)

    assert any(found.startswith(fault) for found in axe_violations(page))


@pytest.mark.parametrize(
    "script",
    [
        "document.querySelector('.command').style.cssText = 'min-height: 60px; height: 60px; align-self: start'",
        "document.querySelector('.commands').style.gap = '12px'",
        "document.querySelector('.text').style.minWidth = '2000px'",
        "document.querySelector('.choice .label').style.cssText = 'min-width: 900px'",
    ],
)
def test_the_geometry_check_catches_a_fault_put_in_on_purpose(page, still, script):
    enter(page, still, "question4")
    assert geometry_faults(page) == []

    page.evaluate(script)

    assert geometry_faults(page)


# --- keyboard and hands ------------------------------------------------------------------------------------------


def test_tab_goes_through_heading_answers_commands_in_order_with_a_thick_ring(page, still):
    enter(page, still, "question4")
    assert focus(page)["key"] == "heading"

    stops = []
    for _ in range(11):
        page.keyboard.press("Tab")
        stops.append(focus(page))

    shown = SCENES[PLACE["question4"]][1]
    expected = [button.key for button in (*shown.choices, *shown.commands)] + ["mode"]
    assert [stop["key"] for stop in stops] == expected
    assert min(stop["ring"] for stop in stops) >= SMALLEST_RING_PX
    assert all(stop["seen"] for stop in stops)


def test_the_first_page_goes_from_languages_to_mode_to_start(page, still):
    page.goto(still.url)

    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.value"))

    assert stops == ["Français", "English", "speaks", "Commencer"]


def test_enter_alone_starts(page, still):
    still.play.first = PLACE["menu"]
    page.goto(still.url)
    page.wait_for_selector(".begin:enabled")

    page.keyboard.press("Enter")

    expect(page.locator("#view h1")).to_have_text("Bienvenue")


def test_the_focus_is_never_lost_from_view_to_view(page, still):
    enter(page, still, FRENCH[0][0])

    lost = []
    for _, shown in FRENCH[1:]:
        page.keyboard.press("1")
        expect(page.locator("#view h1")).to_have_text(shown.heading.replace(" ?", "\u00a0?"))
        lost.append(focus(page)["tag"] == "BODY")

    assert not any(lost)


def test_switches_tab_and_space_are_enough(page, still):
    enter(page, still, "question2")
    before = len(still.play.keys)

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.locator("#view h1")).to_have_text("Question 4")
    assert keys_since(still.play, before) == [("2", "button")]


def test_digits_signs_and_escape_are_keys(page, still):
    enter(page, still, "long")
    before = len(still.play.keys)

    for key in ("7", "*", "#", "+", "-", "Escape", "NumpadSubtract", "a", "Control+5"):
        page.keyboard.press(key)

    wait_for(lambda: len(still.play.keys) >= before + 7, "seven keys")
    pressed = [key for key, _ in keys_since(still.play, before)]
    assert pressed == ["7", "*", "#", "+", "-", "6", "-"]


@pytest.mark.parametrize(("sign", "code", "digit"), [("&", "Digit1", "1"), ("é", "Digit2", "2"), ("-", "Digit6", "6")])
def test_on_a_french_keyboard_the_digit_row_means_digits(page, still, sign, code, digit):
    enter(page, still, "code_entry")
    before = len(still.play.keys)

    page.evaluate(
        "([key, code]) => document.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true }))",
        [sign, code],
    )

    wait_for(lambda: len(still.play.keys) > before, "a key")
    assert keys_since(still.play, before) == [(digit, "key")]


def test_a_number_is_ended_by_enter_and_erased_by_backspace(page, still):
    enter(page, still, "number_entry")
    before = len(still.play.keys)

    for key in ("Backspace", "Enter", "3"):
        page.keyboard.press(key)

    wait_for(lambda: len(still.play.keys) >= before + 3, "three keys")
    assert [key for key, _ in keys_since(still.play, before)] == ["*", "#", "3"]


@pytest.mark.parametrize("mode", ["speaks", "reader"])
def test_a_word_is_written_in_its_field_and_its_digits_are_no_keys(page, still, mode):
    enter(page, still, "word", mode=mode)
    before = len(still.play.events)

    page.get_by_label("Vous pouvez aussi écrire votre réponse").type("Navigateur 2")
    page.keyboard.press("Enter")

    wait_for(lambda: any(isinstance(event, WordWritten) for event in still.play.events[before:]), "a word")
    sent = [event for event in still.play.events[before:] if isinstance(event, KeyPressed | WordWritten)]
    assert [getattr(event, "text", None) for event in sent] == ["Navigateur 2"]


def test_what_is_being_written_stays_when_the_question_comes_again(page, still):
    enter(page, still, "word")
    page.get_by_label("Vous pouvez aussi écrire votre réponse").type("Navig")

    page.evaluate(
        """async () => {
          const { View } = await import("/static/js/view.js");
          const view = new View(JSON.parse(document.getElementById("words").textContent), "fr");
          const shown = { screen: "question", heading: document.querySelector("#view h1").textContent, locale: "fr" };
          const html = document.getElementById("view").innerHTML;
          view.shown = shown;
          view.show({ html, view: shown });
        }"""
    )
    page.keyboard.type("ateur")

    expect(page.get_by_label("Vous pouvez aussi écrire votre réponse")).to_have_value("Navigateur")


def test_a_second_click_does_not_answer_the_next_question(page, still):
    enter(page, still, "question2")
    before = len(still.play.keys)
    box = page.locator(".choice[data-key='1']").bounding_box()
    place = (box["x"] + 60, box["y"] + 60)

    page.mouse.click(*place)
    expect(page.locator("#view h1")).to_have_text("Question 4")
    page.mouse.move(*place)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.wait_for_timeout(200)

    expect(page.locator("#view h1")).to_have_text("Question 4")
    assert keys_since(still.play, before) == [("1", "button")]


def test_touch_is_enough(browser, still):
    page = open_page(browser, 390, 844, has_touch=True, is_mobile=True)
    still.play.first = PLACE["question2"]
    page.goto(still.url)

    page.tap(".begin:enabled")
    expect(page.locator("#view h1")).to_have_text("Question 1")
    page.wait_for_timeout(600)  # two taps closer together are one double tap, which the page ignores
    page.tap(".choice[data-key='2']")

    expect(page.locator("#view h1")).to_have_text("Question 4")
    page.context.close()


# --- sound ---------------------------------------------------------------------------------------------------------


def test_a_prompt_is_played_to_its_end_and_told(page):
    sent: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    with kiosk(SCENES, prompt_ms=150) as served:
        begun = time.monotonic()
        enter(page, served, "question2")

        wait_for(lambda: PromptEnded(1) in served.play.events, "the end of the prompt")

        # Three tones of 150 ms and a silence of 20 ms, told by the page: not the service's own watchdog 2 s later.
        assert time.monotonic() - begun > 0.3
        page.evaluate("0")  # lets the browser's driver deliver what it has seen
        assert any(isinstance(frame, str) and '"prompt_ended"' in frame for frame in sent)


def test_the_answer_that_is_spoken_is_lit(page):
    page.add_init_script(
        """window.lit = [];
           new MutationObserver((changes) => {
             for (const { target } of changes) {
               if (target.classList.contains("spoken-now")) lit.push(target.dataset.place);
             }
           }).observe(document, { subtree: true, attributeFilter: ["class"] });"""
    )
    with kiosk(SCENES, prompt_ms=150) as served:
        enter(page, served, "question2")
        wait_for(lambda: PromptEnded(1) in served.play.events, "the end of the prompt")

        assert page.evaluate("lit") == ["1", "2"]
        assert page.locator(".spoken-now").count() == 0


def test_a_key_silences_the_prompt_before_the_service_answers(page):
    with kiosk(SCENES, prompt_ms=8000) as served:
        enter(page, served, "question2")
        expect(page.locator("#state")).to_have_attribute("data-state", "speaking")

        # "0" means nothing to the play: it does not answer.
        page.evaluate(
            """() => { document.dispatchEvent(new KeyboardEvent("keydown", { key: "0", bubbles: true }));
                       window.stateAfter = document.getElementById("state").dataset.state; }"""
        )

        assert page.evaluate("window.stateAfter") == "wait"
        wait_for(lambda: len(served.play.events) >= 2, "key and end")
        assert served.play.events[:2] == [KeyPressed(1, "0", InputMode.KEY), PromptEnded(1)]


def test_the_page_greets_by_itself_only_where_the_browser_lets_sound_out(playwright, still):
    heard = {}
    for policy in ("document-user-activation-required", "no-user-gesture-required"):
        with open_browser(playwright, *FALSE_MICROPHONE, f"--autoplay-policy={policy}") as browser:
            page = open_page(browser)
            asked = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(still.url)
            page.wait_for_timeout(700)
            heard[policy] = any(url.endswith("/spoken/fr/start.wav") for url in asked)

    assert heard == {"document-user-activation-required": False, "no-user-gesture-required": True}


def test_without_sound_words_and_buttons_are_enough(browser):
    page = open_page(browser)
    page.add_init_script(
        """Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
           AudioContext.prototype.resume = () => new Promise(() => {});"""
    )
    with kiosk(SCENES, prompt_ms=3000) as served:
        enter(page, served, "question2")

        wait_for(lambda: PromptEnded(1) in served.play.events, "the end of a prompt that cannot be heard", 2.5)
        expect(page.locator("#sound-on")).to_be_visible()
        page.click(".choice[data-key='1']")
        expect(page.locator("#view h1")).to_have_text("Question 4")
    page.context.close()


# --- microphone ----------------------------------------------------------------------------------------------------


def test_the_microphone_is_open_all_the_time_and_its_frames_are_complete(page):
    with kiosk(SCENES, prompt_ms=1) as served:
        enter(page, served, "question2")
        wait_for(lambda: served.play.heard_ms > 200, "sound")
        before_ms, begun = served.play.heard_ms, time.monotonic()
        page.wait_for_timeout(1500)

        heard_ms, passed_ms = served.play.heard_ms - before_ms, (time.monotonic() - begun) * 1000

        assert heard_ms == pytest.approx(passed_ms, rel=0.1)


@pytest.mark.parametrize("reason", ["refused", "insecure"])
def test_without_microphone_buttons_and_keys_are_enough(playwright, reason):
    flags = (
        NO_MICROPHONE if reason == "refused" else (*FALSE_MICROPHONE, "--host-resolver-rules=MAP kiosk.test 127.0.0.1")
    )
    with kiosk(SCENES, prompt_ms=1) as served, open_browser(playwright, *flags) as browser:
        page = open_page(browser)
        served.play.first = PLACE["question2"]
        page.goto(served.url if reason == "refused" else f"http://kiosk.test:{served.port}/")
        page.click(".begin")

        expect(page.locator("#note")).to_contain_text("Je n’ai pas le micro")
        expect(page.locator("#state")).to_have_attribute("data-state", "your_turn")
        page.click(".choice[data-key='1']")
        expect(page.locator("#view h1")).to_have_text("Question 4")
        page.keyboard.press("1")
        expect(page.locator("#view h1")).to_have_text("Question 7")
        assert served.play.heard_ms == 0


def test_a_microphone_that_is_pulled_out_is_told(page):
    page.add_init_script(
        """const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
           navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await open(wish));"""
    )
    with kiosk(SCENES, prompt_ms=1) as served:
        enter(page, served, "question2")
        wait_for(lambda: served.play.heard_ms > 0, "sound")

        page.evaluate("window.stream.getAudioTracks()[0].dispatchEvent(new Event('ended'))")

        expect(page.locator("#note")).to_contain_text("Je n’ai pas le micro")
        wait_for(lambda: any(not getattr(e, "available", True) for e in served.play.events), "the loss")


def test_echo_is_cancelled_and_nothing_else_is_done_to_the_voice(page, still):
    page.add_init_script(
        """const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
           navigator.mediaDevices.getUserMedia = (wish) => {
             (window.wishes ??= []).push(wish.audio);
             return open(wish);
           };"""
    )
    enter(page, still, "question2")
    page.keyboard.press("1")
    expect(page.locator("#view h1")).to_have_text("Question 4")

    assert page.evaluate("window.wishes") == [
        {"echoCancellation": True, "noiseSuppression": False, "autoGainControl": False, "channelCount": 1}
    ]


# --- the person's own screen reader --------------------------------------------------------------------------------


def test_in_speaks_mode_nothing_is_announced_twice(page, still):
    enter(page, still, "question4")

    assert page.locator("[aria-live], [role=status], [role=alert], [role=log]").count() == 0


def test_in_reader_mode_the_focus_goes_to_the_heading_and_digits_are_left_to_the_reader(page):
    with kiosk(SCENES, prompt_ms=200) as served:
        enter(page, served, "question2", mode="reader")
        assert focus(page)["key"] == "heading"

        page.keyboard.press("1")
        page.keyboard.press("Escape")
        page.wait_for_timeout(200)

        assert served.play.keys == []
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#view h1")).to_have_text("Question 4")
        assert focus(page)["key"] == "heading"


def test_in_reader_mode_the_page_plays_only_when_asked(page):
    with kiosk(SCENES, prompt_ms=500) as served:
        enter(page, served, "question2", mode="reader")
        page.wait_for_timeout(300)
        expect(page.locator("#state")).to_have_attribute("data-state", "your_turn")

        page.click("#listen")

        expect(page.locator("#state")).to_have_attribute("data-state", "speaking")
        expect(page.locator("#listen")).to_have_text("Arrêter le son")
        page.click("#listen")
        expect(page.locator("#listen")).to_have_text("Écouter la page")


def test_in_reader_mode_the_ear_is_open_only_while_talking(page):
    with kiosk(SCENES, prompt_ms=1) as served:
        enter(page, served, "question2", mode="reader")
        page.wait_for_timeout(300)
        assert served.play.heard_ms == 0

        page.click("#talk")
        expect(page.locator("#talk")).to_have_text("J’ai fini de parler")
        wait_for(lambda: served.play.heard_ms > 200, "sound")
        page.click("#talk")
        expect(page.locator("#talk")).to_have_text("Parler")
        heard_ms = served.play.heard_ms
        page.wait_for_timeout(300)

        assert served.play.heard_ms - heard_ms < 100
        assert [event.held for event in served.play.events if isinstance(event, TalkPressed)] == [True, False]


def test_the_mode_can_be_changed_at_any_time(page, still):
    enter(page, still, "question2")

    page.click("#mode")
    expect(page.locator("#talk")).to_be_visible()
    before = len(still.play.keys)
    page.click("#mode")

    expect(page.locator("#talk")).to_be_hidden()
    wait_for(lambda: keys_since(still.play, before) == [("*", "button")], "the prompt asked for again")


@needs_axe
def test_reader_mode_is_accessible_at_every_size(page, still):
    enter(page, still, "question4", mode="reader")

    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found[width] = axe_violations(page) + geometry_faults(page)

    assert found == {width: [] for width, _ in SIZES}


# --- the line ------------------------------------------------------------------------------------------------------


def test_a_cut_line_is_told_with_the_code_and_comes_back_by_itself(page):
    with kiosk(SCENES, prompt_ms=1) as served:
        enter(page, served, "question2")
        page.keyboard.press("1")
        expect(page.locator("#view h1")).to_have_text("Question 4")

        served.stop()
        expect(page.locator("#view h1")).to_have_text("La ligne est coupée")
        expect(page.locator("#view")).to_contain_text("12 34 56 78")
        expect(page.locator("#state")).to_have_attribute("data-state", "lost")
        faults = axe_violations(page) if AXE.is_file() else []
        assert focus(page)["key"] == "heading"
        served.start()

        expect(page.locator("#view h1")).to_have_text("Question 4")
        assert faults == []
        assert [asked.resume for asked in served.play.requests] == [None, "12345678"]


def test_a_short_cut_is_mended_without_alarm(page):
    with kiosk(SCENES, prompt_ms=1) as served:
        served.play.breaks_at_key = "0"
        enter(page, served, "question2")
        page.evaluate(
            """() => new MutationObserver(() => (window.alarm ||= Boolean(document.querySelector(".view-fault"))))
                 .observe(document.getElementById("view"), { childList: true })"""
        )

        page.keyboard.press("0")
        wait_for(lambda: len(served.play.requests) == 2, "a second conversation")

        expect(page.locator("#view h1")).to_have_text("Question 1")
        assert served.play.requests[1].resume == "12345678"
        assert not page.evaluate("window.alarm")


def test_a_service_that_breaks_again_and_again_calls_a_person(page):
    with kiosk(SCENES, prompt_ms=8_000) as served:  # long: a prompt heard to its end would say that all is well
        served.play.breaks_at_key = "0"
        enter(page, served, "question2")

        for attempt in range(3):
            wait_for(lambda attempt=attempt: len(served.play.requests) == attempt + 1, "a conversation")
            expect(page.locator("#state")).to_have_attribute("data-state", "speaking")
            page.keyboard.press("0")

        expect(page.locator("#view h1")).to_have_text("Je n’y arrive pas")
        page.click("[data-action=again]")
        expect(page.locator("#view h1")).to_have_text("Question 1")
        assert served.play.requests[-1].resume == "12345678"


def test_after_the_end_the_page_leads_back_to_the_start(page):
    with kiosk(SCENES, prompt_ms=1) as served:
        enter(page, served, "goodbye")
        expect(page.locator("#state")).to_have_attribute("data-state", "ended")

        page.click("[data-action=restart]")

        expect(page.locator(".begin")).to_be_visible()
        assert page.url.startswith(served.url)


# --- privacy and plain browsers ------------------------------------------------------------------------------------


def test_nothing_is_asked_of_anybody_else_and_nothing_breaks(page):
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda line: asked.append(line.url.replace("ws:", "http:")))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    with kiosk(SCENES, prompt_ms=1) as served:
        enter(page, served, FRENCH[0][0])
        for _, shown in FRENCH[1:]:
            page.keyboard.press("1")
            expect(page.locator("#view h1")).to_have_text(shown.heading.replace(" ?", "\u00a0?"))
        expect(page.locator("#state")).to_have_attribute("data-state", "ended")

        assert [url for url in asked if not url.startswith(served.url)] == []
        assert len(asked) > 15
        assert page.context.cookies() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert faults == []


def test_without_scripts_the_page_says_what_to_do(browser, still):
    page = open_page(browser, java_script_enabled=False)
    page.goto(still.url)

    text = page.locator(".alarm").inner_text()
    enabled = page.locator(".begin").is_enabled()
    page.context.close()

    assert "JavaScript" in text
    assert not enabled
