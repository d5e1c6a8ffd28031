/* SPDX-License-Identifier: GPL-3.0-or-later */
// The sound of an alarm. A browser lets a page sound only after somebody has used it: until then it
// is silent, and says so.

const EVERY_MS = 1200;
const TONES_HZ = [880, 660];
const TONE_S = 0.22;

export class Alarm {
  #context = null;
  #timer = 0;
  #told;

  // `told` is called with whether the browser keeps it silent; listens until `signal`.
  constructor(told, signal) {
    this.#told = told;
    for (const name of ['pointerdown', 'keydown']) window.addEventListener(name, () => this.#timer && this.allow(), { signal });
  }

  ring(on) {
    if (on === Boolean(this.#timer)) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    if (on) {
      this.#timer = setInterval(() => this.#sound(), EVERY_MS);
      this.#sound();
    } else {
      this.#told(false);
    }
  }

  // Somebody uses the page: now it may sound.
  allow() {
    this.#open()?.resume().then(() => this.#tell(), () => {});
  }

  #open() {
    if (!this.#context && window.AudioContext) this.#context = new AudioContext();
    return this.#context;
  }

  #tell() {
    this.#told(Boolean(this.#timer) && this.#context?.state !== 'running');
  }

  #sound() {
    const context = this.#open();
    this.#tell();
    if (context?.state !== 'running') return;
    for (const [n, frequency] of TONES_HZ.entries()) {
      const from = context.currentTime + n * TONE_S;
      const tone = new OscillatorNode(context, { type: 'square', frequency });
      const volume = new GainNode(context, { gain: 0.25 });
      tone.connect(volume).connect(context.destination);
      tone.start(from);
      tone.stop(from + TONE_S);
    }
  }
}
