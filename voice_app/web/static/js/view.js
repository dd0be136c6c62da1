// What is seen: the service's fragments, the state of the conversation, and faults of the line.

const $ = (id) => document.getElementById(id);

// Where digits are typed one after the other, on one page.
export function isKeypad(screen) {
  return screen === "code_entry" || screen === "number_entry";
}

export class View {
  constructor(words, locale) {
    this.words = words;
    this.shown = null; // the view on the page, null for one of our own
    this.setLocale(locale);
  }

  get text() {
    return this.words[this.locale];
  }

  setLocale(locale) {
    this.locale = locale;
    document.documentElement.lang = locale;
  }

  // Puts a fragment of the service on the page. The focus goes to the heading, except when the same question
  // comes again: then it stays on the button it was on, or in the field with what is being written there.
  show({ html, view }) {
    const key = document.activeElement?.dataset?.key;
    const same = this.#like(view);
    const field = same ? $("written") : null;
    const typed = field && { text: field.value, at: field.selectionStart, inside: document.activeElement === field };
    this.shown = view;
    this.setLocale(view.locale);
    $("view").innerHTML = html;
    document.title = `${view.heading} – ${this.text.page.service}`;
    const again = typed?.text || typed?.inside ? $("written") : null;
    if (again) {
      again.value = typed.text;
      again.setSelectionRange(typed.at, typed.at);
    }
    const kept = same && key !== undefined && $("view").querySelector(`[data-key="${CSS.escape(key)}"]`);
    ((typed?.inside && again) || kept || $("heading")).focus({ preventScroll: same });
    if (!same) scrollTo(0, 0);
  }

  #like(view) {
    const before = this.shown;
    return before?.screen === view.screen && (isKeypad(view.screen) || before.heading === view.heading);
  }

  // The line is cut (`kept`: the words with the code), all places are taken, or nothing works any more (then with
  // buttons, because trying by itself was in vain).
  showFault(name, kept) {
    const fault = this.text.fault;
    this.shown = null;
    const fragment = $("fault-view").content.cloneNode(true);
    const [calm, code] = fragment.querySelectorAll(".text");
    fragment.querySelector("h1").textContent = fault[name];
    calm.textContent = fault[`${name}_calm`];
    code.textContent = kept ?? fault.kept;
    code.hidden = name !== "lost";
    const buttons = fragment.querySelector(".commands");
    buttons.hidden = name !== "stopped";
    buttons.querySelector("[data-action=again] .label").textContent = fault.again;
    buttons.querySelector("[data-action=restart] .label").textContent = this.text.page.restart;
    $("view").replaceChildren(fragment);
    $("view").firstElementChild.lang = this.locale;
    document.title = `${fault[name]} – ${this.text.page.service}`;
    $("heading").focus();
  }

  // The conversation is over: only what still works stays.
  end() {
    const had = $("view").contains(document.activeElement);
    for (const part of $("view").querySelectorAll("[data-key], .writing")) part.remove();
    if (!$("view").querySelector("[data-action=restart]")) {
      const restart = $("fault-view").content.querySelector("[data-action=restart]").cloneNode(true);
      restart.querySelector(".label").textContent = this.text.page.restart;
      let commands = $("view").querySelector(".commands");
      if (!commands) {
        commands = document.createElement("div");
        commands.className = "commands";
        ($("view").querySelector(".view") ?? $("view")).append(commands);
      }
      commands.append(restart);
    }
    for (const empty of $("view").querySelectorAll(".choices:empty, .choices:not(:has(button))")) empty.remove();
    if (had && document.activeElement === document.body) $("heading")?.focus();
  }

  state(name) {
    $("state").dataset.state = name;
    $("state-words").textContent = this.text.state[name];
  }

  level(level) {
    $("state").style.setProperty("--level", Math.min(1, Math.sqrt(level) * 1.6).toFixed(2));
  }

  note(words) {
    $("note").textContent = words ?? "";
    $("note").hidden = !words;
  }

  // Lights the answer whose words are being spoken.
  place(place) {
    for (const lit of document.querySelectorAll(".spoken-now")) lit.classList.remove("spoken-now");
    if (place) document.querySelector(`.choice[data-place="${Number(place)}"]`)?.classList.add("spoken-now");
  }

  press(key) {
    for (const button of document.querySelectorAll(".pressed")) button.classList.remove("pressed");
    $("view").querySelector(`[data-key="${CSS.escape(key)}"]`)?.classList.add("pressed");
  }
}
