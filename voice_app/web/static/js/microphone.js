// The microphone: opened once, kept open, its frames handed on with a number and the page's clock (docs/protocol.md).

const WANTED_RATE = 16000;
const HEADER_BYTES = 12;
// Our own voice comes out of the loudspeaker and must not be heard as an answer; the person's must stay as it is.
const CONSTRAINTS = { echoCancellation: true, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

export class Microphone {
  constructor({ onFrame, onChange }) {
    this.onFrame = onFrame; // (message: ArrayBuffer, level: 0 to 1)
    this.onChange = onChange; // (available)
    this.available = false;
    this.sampleRate = WANTED_RATE;
    this.sequence = 0;
    this.opening = null;
    this.lost = false;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.lost && this.open());
  }

  // Gives whether there is a microphone. Never throws: refused, missing and insecure all mean "no".
  open() {
    this.opening ??= this.#open()
      .catch((fault) => {
        console.info("no microphone:", fault.name);
        return false;
      })
      .then((available) => {
        this.opening = null;
        this.#set(available);
        return available;
      });
    return this.opening;
  }

  async #open() {
    if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return false;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
    this.#watch(stream.getAudioTracks()[0]);
    await this.context?.close();
    const { context, source } = await connect(stream);
    this.context = context;
    this.sampleRate = context.sampleRate;
    await context.audioWorklet.addModule("/static/js/capture-worklet.js");
    const node = new AudioWorkletNode(context, "capture", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
    });
    node.port.onmessage = ({ data }) => this.#frame(data);
    source.connect(node);
    this.source = source; // kept: a source without a reference may be collected, and falls silent
    this.node = node;
    context.resume().catch(() => {}); // may wait for ever where sound is refused
    return true;
  }

  #watch(track) {
    track.addEventListener("ended", () => {
      this.lost = true;
      this.#set(false);
    });
    track.addEventListener("mute", () => this.#set(false));
    track.addEventListener("unmute", () => this.#set(true));
  }

  #set(available) {
    if (available) this.lost = false;
    if (available === this.available) return;
    this.available = available;
    this.onChange(available);
  }

  #frame(samples) {
    const message = new ArrayBuffer(HEADER_BYTES + samples.byteLength);
    const header = new DataView(message);
    header.setUint32(0, this.sequence, true);
    header.setFloat64(4, performance.now(), true);
    new Int16Array(message, HEADER_BYTES).set(samples);
    this.sequence = (this.sequence + 1) >>> 0;
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    this.onFrame(message, peak / 32768);
  }
}

// At 16 kHz where the browser resamples by itself; at the device's own rate where it refuses to.
async function connect(stream) {
  let context;
  try {
    context = new AudioContext({ sampleRate: WANTED_RATE });
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    await context?.close();
    context = new AudioContext();
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
