// A page that follows what happens elsewhere. The server sends the same fragment again; what differs is put in its
// place by id: text of `data-live` elements, values of hidden fields, members of `data-list` lists. Nothing that has the
// focus is replaced; where it goes away (the options of a question that is over), the focus goes to their legend.
// What changed in an element with `data-say` is told by the one status line; so is what was not sent, and a page that
// follows no more: what stands there would be taken for true.

const REST_MS = 250;
const PATIENCE_MS = 5000; // a stream ends and begins again by itself; this long is no such moment
const live = document.getElementById("live");
const said = document.getElementById("said");
let toSay = [];
let speaking = 0;

function told(element) {
  const prefix = element.dataset.say;
  const text = element.textContent.replace(/\s+/g, " ").trim();
  return text && prefix ? `${prefix} : ${text}` : text;
}

function tell(text) {
  if (!text) return;
  toSay.push(text);
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    said.textContent = toSay.join(". ").replace(/([.!?…])\. /g, "$1 ");
    toSay = [];
  }, REST_MS);
}

function put(here, there) {
  if (here instanceof HTMLInputElement) {
    here.value = there.value;
    return;
  }
  if (here.className !== there.className) here.className = there.className;
  if (here.innerHTML === there.innerHTML) return;
  here.innerHTML = there.innerHTML;
  if ("say" in here.dataset) tell(told(here));
}

function putList(here, there) {
  const focused = here.contains(document.activeElement);
  const wanted = new Set([...there.children].map((child) => child.id));
  for (const child of [...here.children]) if (!wanted.has(child.id)) child.remove();
  [...there.children].forEach((child, place) => {
    if (!document.getElementById(child.id)) {
      const added = document.importNode(child, true);
      here.insertBefore(added, here.children[place] ?? null);
      for (const each of [added, ...added.querySelectorAll("[data-say]")]) {
        if ("say" in each.dataset) tell(told(each));
      }
    }
  });
  if (focused && !here.contains(document.activeElement)) here.closest("fieldset")?.querySelector("legend")?.focus();
}

function follow(html) {
  const there = new DOMParser().parseFromString(html, "text/html");
  for (const list of document.querySelectorAll("[data-list]")) {
    const other = there.getElementById(list.id);
    if (other) putList(list, other);
  }
  for (const element of document.querySelectorAll("[data-live]")) {
    const other = there.getElementById(element.id);
    if (other) put(element, other);
  }
}

async function send(event) {
  const form = event.target;
  if (!("quiet" in form.dataset)) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body });
  } catch {
    tell(live.dataset.notSent);
    return;
  }
  if (!answer.ok || new URL(answer.url).pathname !== location.pathname) {
    form.removeAttribute("data-quiet"); // the page that comes instead says what is the matter
    form.requestSubmit(event.submitter);
    return;
  }
  for (const field of form.querySelectorAll("input:not([type]), textarea")) field.value = "";
  for (const field of form.querySelectorAll("[type=radio], [type=checkbox]")) field.checked = false;
}

let losing = 0;
let isLost = false;
let isOver = false;

function lose() {
  isLost = true;
  tell(live.dataset.lost);
}

function find() {
  clearTimeout(losing);
  losing = 0;
  if (isLost) tell(live.dataset.back);
  isLost = false;
}

function listen() {
  const stream = new EventSource(live.dataset.liveFrom);
  stream.onopen = find;
  stream.onmessage = (event) => follow(JSON.parse(event.data));
  stream.addEventListener("over", () => {
    isOver = true; // the next look comes late, and nobody misses it
  });
  stream.onerror = () => {
    if (!losing && !isOver) losing = setTimeout(lose, PATIENCE_MS);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, PATIENCE_MS); // a proxy whose service restarts
  };
}

listen();
document.addEventListener("submit", send);
