// The pilot kit's page: consent first, then one word after the other. A recording is whole samples of this microphone;
// the service keeps it, or says why not. Nothing is sent before somebody presses "record", nothing is kept in the page.

import { Microphone } from "./microphone.js";

const HEADER_BYTES = 12;
const LONGEST_MS = 11_000;

const $ = (id) => document.getElementById(id);
const { texts, said, locale } = JSON.parse($("words").textContent);
const microphone = new Microphone({ onFrame: frame, onChange: () => {} });

const now = { number: null, device: "kiosk", step: null, recording: null, kept: false, timer: null };

document.querySelector(".begin").disabled = false;

$("device").addEventListener("submit", async (event) => {
  event.preventDefault();
  now.device = new FormData($("device")).get("device");
  if (!(await microphone.open())) return tell(texts.no_microphone);
  const answer = await send("POST", "/pilot/people", JSON.stringify({ locale, device: now.device }), "application/json");
  if (!answer) return;
  now.number = answer.number;
  $("device").hidden = true;
  $("steps").hidden = false;
  show("consent");
});

// --- steps: "consent", "training", 0, 1, 2, ... , "done" --------------------------------------------------------------

function show(step) {
  now.step = step;
  now.kept = false;
  $("title").textContent = titleOf(step);
  $("text").textContent = textOf(step);
  $("listen").hidden = step === "done";
  $("record").hidden = step === "done";
  label("record", texts.record);
  showNext(step === "training" || step === "done");
  $("erase").hidden = step === "consent" || now.number === null;
  tell("");
  $("title").focus();
}

function titleOf(step) {
  if (step === "done") return texts.done;
  if (typeof step !== "number") return texts[step];
  return texts.word.replace("{place}", step + 1).replace("{count}", said.length);
}

function textOf(step) {
  if (step === "done") return texts.number.replace("{number}", now.number);
  return typeof step === "number" ? said[step] : texts[`${step}_text`];
}

function after(step) {
  if (step === "consent") return "training";
  if (step === "training") return 0;
  return step + 1 < said.length ? step + 1 : "done";
}

function showNext(shown) {
  $("next").hidden = !shown;
  if (now.step === "done") label("next", texts.another);
  else label("next", now.step === "training" && !now.kept ? texts.skip_training : texts.next);
}

$("next").addEventListener("click", () => {
  if (now.step === "done") location.assign(`/pilot?lang=${locale}`);
  else show(after(now.step));
});

$("erase").addEventListener("click", async () => {
  if (!(await send("DELETE", `/pilot/people/${now.number}`))) return;
  now.number = null;
  show("done");
  $("text").textContent = texts.erased;
  $("title").textContent = texts.erased;
});

$("listen").addEventListener("click", () => {
  const sound = new Audio(`/pilot/said/${locale}/${now.step}.wav`);
  sound.play().catch(() => {});
});

// --- recording --------------------------------------------------------------------------------------------------------

$("record").addEventListener("click", () => (now.recording ? finish() : begin()));

function begin() {
  now.recording = [];
  now.timer = setTimeout(finish, LONGEST_MS);
  label("record", texts.stop);
  $("record").toggleAttribute("data-held", true);
  tell(texts.recording);
}

function frame(message) {
  now.recording?.push(new Int16Array(message, HEADER_BYTES));
}

async function finish() {
  clearTimeout(now.timer);
  const frames = now.recording ?? [];
  now.recording = null;
  $("record").toggleAttribute("data-held", false);
  label("record", texts.again);
  const about = new URLSearchParams({ rate: microphone.sampleRate, locale, device: now.device });
  const answer = await send("PUT", `/pilot/people/${now.number}/${now.step}?${about}`, new Blob(frames), "application/octet-stream");
  if (!answer) return;
  now.kept = true;
  tell(texts.kept);
  showNext(true);
  $("erase").hidden = false;
  $("next").focus();
}

// --- the service ------------------------------------------------------------------------------------------------------

async function send(method, address, body, type) {
  try {
    const answer = await fetch(address, { method, body, headers: type ? { "Content-Type": type } : {} });
    const told = await answer.json();
    if (answer.ok) return told;
    tell(told.code === "pilot.consent_unheard" ? texts.unheard : texts.fault);
  } catch {
    tell(texts.fault);
  }
  return null;
}

function tell(words) {
  $("status").textContent = words;
}

function label(id, words) {
  $(id).querySelector("span").textContent = words;
}
