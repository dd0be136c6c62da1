// The loudspeaker: one prompt at a time, piece after piece, silent at once when asked.
//
// A piece that cannot be fetched is passed over; a piece whose end is never told is ended by a watchdog. So every prompt
// comes to its end, even when the sound is refused (then at once).

const FETCH_LIMIT_MS = 8000;
const WATCHDOG_MS = 1500;
const KEPT_PIECES = 80;

export class Player {
  constructor({ onEnded, onPlace, onSilenced }) {
    this.onEnded = onEnded; // (turn) the prompt was played to its end, or stopped here
    this.onPlace = onPlace; // (place or null) the answer that is being spoken
    this.onSilenced = onSilenced; // (silenced) the browser lets no sound out
    this.pieces = new Map(); // address -> promise of decoded sound, newest last
    this.prompt = null;
    this.onDemand = false; // reader mode: keep the prompt, play it when asked
  }

  // Call it inside a click or key press: browsers let sound out only after one.
  unlock() {
    if (!this.context) {
      this.context = new AudioContext();
      this.context.addEventListener("statechange", () => this.onSilenced(!this.audible));
    }
    return this.context.resume();
  }

  get audible() {
    return this.context?.state === "running";
  }

  get playing() {
    return Boolean(this.prompt?.running);
  }

  begin(turn, gainDb) {
    this.stop();
    this.prompt = { turn, gainDb, clips: [], complete: false, running: false, halted: false };
  }

  add(turn, clip) {
    const prompt = this.prompt;
    if (prompt?.turn !== turn || prompt.halted) return;
    if (clip.url) this.load(clip.url);
    prompt.clips.push(clip);
    prompt.wake?.();
    if (!this.onDemand && !prompt.running) this.#run(prompt);
  }

  complete(turn) {
    const prompt = this.prompt;
    if (prompt?.turn !== turn || prompt.halted) return;
    prompt.complete = true;
    prompt.wake?.();
    if (!this.onDemand && !prompt.running) this.#run(prompt);
  }

  // Plays the kept prompt from its beginning (reader mode).
  replay() {
    const kept = this.prompt;
    if (!kept) return;
    this.halt();
    this.prompt = { ...kept, halted: false, running: false };
    this.#run(this.prompt);
  }

  // Silences the prompt; gives its turn when it was playing, else null.
  halt() {
    const prompt = this.prompt;
    if (!prompt || prompt.halted) return null;
    const wasRunning = prompt.running;
    prompt.halted = true;
    prompt.running = false;
    prompt.stopSource?.();
    prompt.wake?.();
    this.onPlace(null);
    return wasRunning ? prompt.turn : null;
  }

  stop() {
    this.halt();
    this.prompt = null;
  }

  // Plays addresses one after the other, outside any turn: what the page says by itself.
  announce(urls) {
    this.begin(-1, 0);
    const prompt = this.prompt;
    prompt.clips = urls.map((url) => ({ url, ms: 5000 }));
    prompt.complete = true;
    return this.#run(prompt);
  }

  // A short signal of our own, without a file: [frequency, seconds] one after the other.
  signal(notes) {
    if (!this.audible) return;
    let at = this.context.currentTime + 0.01;
    for (const [frequency, length] of notes) {
      const tone = new OscillatorNode(this.context, { frequency });
      const loudness = new GainNode(this.context, { gain: 0 });
      loudness.gain.setTargetAtTime(0.25, at, 0.01);
      loudness.gain.setTargetAtTime(0, at + length * 0.6, length * 0.15);
      tone.connect(loudness).connect(this.context.destination);
      tone.start(at);
      tone.stop(at + length);
      at += length;
    }
  }

  // Fetches and decodes an address ahead; gives null when that fails.
  load(url) {
    if (!this.pieces.has(url)) {
      const loading = this.#fetch(url);
      this.pieces.set(url, loading);
      loading.then((piece) => piece ?? this.pieces.delete(url));
      while (this.pieces.size > KEPT_PIECES) this.pieces.delete(this.pieces.keys().next().value);
    }
    return this.pieces.get(url);
  }

  async #fetch(url) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
      if (!answer.ok) return null;
      return await this.context.decodeAudioData(await answer.arrayBuffer());
    } catch {
      return null;
    }
  }

  async #run(prompt) {
    prompt.running = true;
    if (!this.audible) await Promise.race([this.context.resume(), pause(300)]);
    this.onSilenced(!this.audible);
    const out = this.#output(prompt.gainDb);
    for (let number = 0; !prompt.halted; number++) {
      while (number >= prompt.clips.length && !prompt.complete && !prompt.halted) {
        await new Promise((wake) => (prompt.wake = wake));
      }
      if (number >= prompt.clips.length || prompt.halted) break;
      await this.#play(prompt, prompt.clips[number], out);
    }
    if (prompt.halted) return;
    prompt.running = false;
    this.onPlace(null);
    this.onEnded(prompt.turn);
  }

  async #play(prompt, clip, out) {
    if (!this.audible) return;
    if (!clip.url) {
      await Promise.race([pause(clip.ms), new Promise((stop) => (prompt.stopSource = stop))]);
      return;
    }
    const buffer = await this.load(clip.url);
    if (!buffer || prompt.halted) return;
    this.onPlace(clip.place ?? null);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(out);
    const ended = new Promise((end) => {
      source.onended = end;
      prompt.stopSource = () => {
        source.disconnect();
        source.stop();
        end();
      };
    });
    source.start();
    await Promise.race([ended, pause(buffer.duration * 1000 + WATCHDOG_MS)]);
    source.disconnect();
  }

  // Louder than recorded goes through a limiter, so that it is never a distorted voice.
  #output(gainDb) {
    const gain = new GainNode(this.context, { gain: 10 ** (gainDb / 20) });
    if (gainDb > 0) {
      const limiter = new DynamicsCompressorNode(this.context, { threshold: -6, knee: 0, ratio: 20, attack: 0.003 });
      gain.connect(limiter).connect(this.context.destination);
    } else {
      gain.connect(this.context.destination);
    }
    return gain;
  }
}

function pause(ms) {
  return new Promise((end) => setTimeout(end, ms));
}
