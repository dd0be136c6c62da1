// Puts the page together: the first button, then line, loudspeaker, microphone, keys and view.
//
// Modes: "speaks" (the page talks, digits are shortcuts) and "reader" (the person's screen reader talks: no sound without
// being asked, no shortcuts, the talk button opens the microphone). In a loud room the service offers the talk button in
// "speaks" mode too; whoever uses it is heard only while it is held.

import { Connection } from "./connection.js";
import { keyOf } from "./keys.js";
import { Microphone } from "./microphone.js";
import { Player } from "./player.js";
import { isKeypad, View } from "./view.js";

const PROTOCOL = 1;
const PERMISSION_PATIENCE_MS = 12_000;
const PERMISSION_SILENCE_MS = 1500;
const WAIT_SHOWN_MS = 2000;
const TALK_BEGINS = [[660, 0.09], [880, 0.12]];
const TALK_ENDS = [[880, 0.09], [660, 0.12]];
const LINE_CUT = [[392, 0.2], [330, 0.3]];

const $ = (id) => document.getElementById(id);
const view = new View(JSON.parse($("words").textContent), document.documentElement.lang);
const player = new Player({ onEnded: promptEnded, onPlace: (place) => view.place(place), onSilenced: silenced });
const microphone = new Microphone({ onFrame: frameReady, onChange: microphoneChanged });
const connection = new Connection({ hello, onMessage: heard, onLost: lost });

const now = {
  mode: "speaks",
  started: false,
  turn: 0, // the newest turn that was shown, said or listened to
  listening: false,
  waiting: true, // for the service, after a press
  lost: false,
  ended: false,
  held: false,
  kept: null, // the code, its words and sounds, for a cut line
  pressedIn: null,
  codeInAddress: inAddress(/^#code=([0-9]{4,20})$/),
  pathInAddress: inAddress(/^#path=([a-z]{1,40})$/), // a path that anybody may take, instead of the quick diagnostic
};

// A printed sheet or a campaign leads here with its code after the sign #, which no server sees. It is used for the first line only.
function inAddress(form) {
  const found = form.exec(location.hash)?.[1];
  if (found) history.replaceState(null, "", location.pathname + location.search);
  return found;
}

// --- the first page ---------------------------------------------------------------------------------------------

$("start").addEventListener("submit", (event) => {
  event.preventDefault();
  start(new FormData($("start")).get("mode"));
});
document.querySelector(".begin").disabled = false;
greet();

// Where the browser lets sound out without a gesture (a kiosk set up so), the page greets by itself.
async function greet() {
  const context = new AudioContext();
  const allowed = context.state === "running";
  await context.close();
  if (!allowed || now.started) return;
  await player.unlock();
  if (!now.started) player.announce([spoken("start")]);
}

async function start(mode) {
  if (now.started) return;
  now.started = true;
  player.stop();
  player.unlock();
  $("welcome").hidden = true;
  $("session").hidden = false;
  setMode(mode);
  showState();
  navigator.wakeLock?.request("screen").catch(() => {});
  for (const name of ["lost", "stopped", "busy"]) player.load(spoken(name));
  await askForMicrophone();
  connection.connect();
}

// The browser's own question may stay open for long: the page says so, and goes on without the microphone after a while.
async function askForMicrophone() {
  const opening = microphone.open();
  const asking = setTimeout(() => now.mode === "speaks" && player.announce([spoken("microphone")]), PERMISSION_SILENCE_MS);
  await Promise.race([opening, new Promise((end) => setTimeout(end, PERMISSION_PATIENCE_MS))]);
  clearTimeout(asking);
}

function spoken(name) {
  return `/spoken/${view.locale}/${name}.wav`;
}

// --- from the service -------------------------------------------------------------------------------------------

function hello() {
  now.turn = 0; // turns are counted from the beginning in each conversation
  return {
    type: "hello",
    version: PROTOCOL,
    mode: now.mode,
    locale: view.locale,
    microphone: microphone.available,
    sample_rate: microphone.sampleRate,
    resume: now.kept?.code ?? now.codeInAddress,
    path: now.pathInAddress,
  };
}

function heard(message) {
  if (Number.isInteger(message.turn)) now.turn = Math.max(now.turn, message.turn);
  switch (message.type) {
    case "show":
      now.lost = now.waiting = false;
      view.show(message);
      showNote();
      showTools();
      break;
    case "prompt_begin":
      now.waiting = false;
      player.begin(message.turn, message.gain_db);
      break;
    case "clip":
      player.add(message.turn, message);
      break;
    case "prompt_complete":
      player.complete(message.turn);
      break;
    case "prompt_stop":
      if (player.prompt?.turn === message.turn) player.halt();
      break;
    case "listening":
      now.listening = message.open;
      break;
    case "remember":
      now.kept = message;
      for (const clip of message.clips) player.load(clip.url);
      break;
    case "report":
      fetchReport(message.address);
      break;
    case "problem":
      if (message.code === "kiosk.sound_late") view.note(view.text.fault.sound_late);
      if (message.code === "kiosk.no_report") tellReport("report_not_made");
      break;
    case "bye":
      ended();
      break;
  }
  showState();
}

// The address works once, so the page stays where it is and the file goes to the downloads.
async function fetchReport(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return tellReport("report_not_made");
  const file = document.createElement("a");
  file.href = URL.createObjectURL(await answer.blob());
  file.download = `${view.text.page.report_file}.pdf`;
  file.click();
  setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
  tellReport("report_ready");
}

function tellReport(name) {
  view.note(view.text.page[name]);
  if (now.mode !== "speaks") return;
  const stopped = player.halt();
  if (stopped !== null && stopped >= 0) connection.send({ type: "prompt_ended", turn: stopped });
  player.announce([spoken(name)]);
}

function ended() {
  now.ended = true;
  now.listening = false;
  now.kept = null;
  view.end();
  showTools();
}

function lost(reason) {
  const again = now.lost === reason;
  now.lost = reason;
  now.listening = false;
  now.turn = 0;
  stopTalking();
  showState();
  if (again) return;
  player.stop();
  view.showFault(reason, reason === "lost" ? now.kept?.text : null);
  showTools();
  if (now.mode === "reader") return;
  player.signal(LINE_CUT);
  const clips = reason === "lost" && now.kept?.clips.length ? now.kept.clips.map((clip) => clip.url) : [spoken(reason)];
  setTimeout(() => now.lost === reason && player.announce(clips), 600);
}

// --- to the service ---------------------------------------------------------------------------------------------

function press(key, inputMode) {
  answer({ type: "key", turn: now.turn, key, input_mode: inputMode });
  view.press(key);
}

function answer(message) {
  if (!now.started || now.lost || now.ended || !connection.open) return;
  const stopped = player.halt();
  connection.send(message);
  if (stopped !== null && stopped >= 0) connection.send({ type: "prompt_ended", turn: stopped });
  now.waiting = true;
  now.listening = false;
  showState();
  setTimeout(notWaiting, WAIT_SHOWN_MS);
}

// A key that means nothing in this turn gets no answer.
function notWaiting() {
  now.waiting = false;
  showState();
}

function promptEnded(turn) {
  if (turn >= 0 && now.mode === "speaks") connection.send({ type: "prompt_ended", turn });
  showState();
  showTools();
}

function frameReady(frame, level) {
  if (now.mode === "reader" ? now.held : !now.ended) connection.sendFrame(frame);
  if (now.listening || now.held) view.level(level);
}

function microphoneChanged(available) {
  if (!available) stopTalking();
  connection.send({ type: "microphone", available, sample_rate: microphone.sampleRate });
  showNote();
  showTools();
}

function stopTalking() {
  if (now.held) talk(false);
}

function talk(held) {
  now.held = held;
  if (held) player.halt();
  player.signal(held ? TALK_BEGINS : TALK_ENDS);
  connection.send({ type: "talk", held });
  showTools();
  showState();
}

// --- hands ------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.key !== undefined) {
    if (!isSecondClick(event)) press(button.dataset.key, "button");
  } else if (button.dataset.action === "print") {
    print();
  } else if (button.dataset.action === "report") {
    connection.send({ type: "report" });
  } else if (button.dataset.action === "restart") {
    location.assign(`/?lang=${view.locale}`);
  } else if (button.dataset.action === "again") {
    connection.again();
  }
});

// Many people click twice on everything: the second click must not answer the next question.
function isSecondClick(event) {
  const place = `${view.shown?.screen} ${view.shown?.heading}`;
  const second = event.detail > 1 && now.pressedIn !== place && !isKeypad(view.shown?.screen);
  if (!second) now.pressedIn = place;
  return second;
}

document.addEventListener("keydown", (event) => {
  if (!now.started) {
    if (event.key === "Enter" && event.target === document.body) $("start").requestSubmit();
    return;
  }
  if (now.mode === "reader" || (event.target.id === "written" && event.key !== "Escape")) return;
  const key = event.key === "Escape" ? pauseKey() : numberKey(event) ?? keyOf(event);
  if (key === null) return;
  event.preventDefault();
  press(key, "key");
});

// A written word is the answer to the question that asks for one.
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".writing")) return;
  event.preventDefault();
  const text = event.target.elements.text.value.trim();
  if (text) answer({ type: "write", turn: now.turn, text });
});

// While a number is typed on a keyboard, Enter ends it and the backspace key erases it.
function numberKey(event) {
  if (view.shown?.screen !== "number_entry" || event.repeat) return null;
  if (event.key === "Enter" && !event.target.closest("button")) return "#";
  return event.key === "Backspace" ? "*" : null;
}

function pauseKey() {
  return document.querySelector('#view [data-pictogram="pause"]')?.dataset.key ?? null;
}

$("sound-on").addEventListener("click", () => player.unlock());
$("talk").addEventListener("click", () => talk(!now.held));
$("listen").addEventListener("click", async () => {
  if (player.playing) player.halt();
  else {
    await player.unlock();
    player.replay();
  }
  showTools();
  showState();
});
$("mode").addEventListener("click", () => {
  stopTalking();
  player.halt();
  setMode(now.mode === "speaks" ? "reader" : "speaks");
  connection.send({ type: "mode", mode: now.mode });
  const repeat = document.querySelector('#view [data-pictogram="repeat"]');
  if (now.mode === "speaks" && repeat) press(repeat.dataset.key, "button");
});

// --- what is shown besides the view -----------------------------------------------------------------------------

function setMode(mode) {
  now.mode = mode;
  player.onDemand = mode === "reader";
  // In speaks mode every note is also said aloud: a second voice would only disturb.
  if (mode === "reader") $("note").setAttribute("role", "status");
  else $("note").removeAttribute("role");
  showNote();
  showTools();
  showState();
}

function silenced(isSilenced) {
  const hadFocus = document.activeElement === $("sound-on");
  $("sound-on").hidden = !isSilenced || now.mode === "reader";
  if (hadFocus && $("sound-on").hidden) $("heading")?.focus();
}

function showNote() {
  const words = view.text;
  if (!now.started || now.ended) view.note(null);
  else if (now.mode === "reader") view.note(microphone.available ? words.reader.advice : null);
  else view.note(microphone.available ? null : words.fault.microphone_off);
}

function showTools() {
  const { reader, fault } = view.text;
  const isReader = now.mode === "reader";
  const away = now.ended || Boolean(now.lost);
  const talks = isReader || view.shown?.talk;
  show("talk", talks && microphone.available && !away, now.held ? reader.talk_end : reader.talk);
  $("talk").toggleAttribute("data-held", now.held);
  show("listen", isReader && !away, player.playing ? reader.stop : reader.listen);
  show("mode", !away, isReader ? reader.to_speaks : reader.to_reader);
  $("sound-on").querySelector("span").textContent = fault.sound_off;
}

function show(id, shown, words) {
  const button = $(id);
  if (!shown && document.activeElement === button) $("heading")?.focus();
  button.hidden = !shown;
  button.querySelector("span").textContent = words;
}

function showState() {
  if (now.ended) view.state("ended");
  else if (now.lost) view.state("lost");
  else if (now.held || (now.listening && now.mode === "speaks")) view.state("listening");
  else if (player.playing) view.state("speaking");
  else if (now.waiting) view.state("wait");
  else view.state("your_turn");
}
