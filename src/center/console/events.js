/* SPDX-License-Identifier: GPL-3.0-or-later */
// The center's event socket: one connection that is made again until stop() is called.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;

// Fires 'open', 'lost' (detail: the time in ms until the next attempt) and 'message' (detail: the
// event's { event, data }).
export class EventSocket extends EventTarget {
  #socket = null;
  #timer = 0;
  #wait = FIRST_WAIT_MS;
  #running = false;

  start() {
    this.#running = true;
    this.#connect();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#drop();
  }

  // Tries now instead of when the wait is over; does nothing while connected.
  retry() {
    if (!this.#running || this.#socket) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #connect() {
    this.#drop();
    const url = new URL('/api/events', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wait = FIRST_WAIT_MS;
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#lost();
  }

  #receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message?.event !== 'string' || typeof message.data !== 'object' || message.data === null) return;
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  #lost() {
    this.#socket = null;
    if (!this.#running) return;
    // Half of the wait is random, so that many consoles do not come back in step.
    const wait = this.#wait * (0.5 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#connect(), wait);
    this.dispatchEvent(new CustomEvent('lost', { detail: wait }));
  }
}
