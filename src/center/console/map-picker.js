/* SPDX-License-Identifier: GPL-3.0-or-later */
// Choosing on the map: a place, or the corners of an area one after the other.

import { button, h } from './dom.js';
import { say } from './i18n.js';

const CORNERS_MIN = 3;
const CORNERS_MAX = 100;
// A click so near to the first corner closes the area; so near to the last, it is a double click.
const NEAR_PX = 12;
const DECIMALS = 6;

export class Picker {
  #resolve = null;
  #corners = null; // null while a place is chosen
  #changed = null;

  // `panel` shows that something is chosen, `view` has the map and the keyboard.
  constructor(panel, view) {
    this.panel = panel;
    this.view = view;
    this.text = h('span');
    this.undo = button('map.area.undo', { id: 'map-area-undo', onclick: () => this.#takeBack() });
    this.done = button('map.area.done', { id: 'map-area-done', onclick: () => this.#close() });
    this.note = h('div', { class: 'map-note', id: 'map-note', role: 'status', hidden: true },
      this.text, this.undo, this.done, button('dialog.cancel', { onclick: () => this.#finish(null) }));
  }

  attach(map) {
    this.map = map;
    map.on('click', ({ latlng }) => this.#choose(latlng));
    this.view.addEventListener('keydown', (event) => {
      if (this.#resolve && event.target === this.view && this.#press(event.key)) event.preventDefault();
    });
  }

  // Resolves to { lon, lat }, or null when given up.
  place() {
    return this.#begin(null, null);
  }

  // Resolves to at least three of { lon, lat }, or null when given up; `changed(corners)` is called
  // with what there is so far.
  area(changed) {
    return this.#begin([], changed);
  }

  // Gives up, if anything is being chosen.
  cancel() {
    this.#finish(null);
  }

  #begin(corners, changed) {
    this.#finish(null);
    this.#corners = corners;
    this.#changed = changed;
    this.panel.toggleAttribute('data-picking', true);
    this.map.doubleClickZoom.disable();
    this.#show();
    this.view.focus({ preventScroll: true });
    return new Promise((resolve) => { this.#resolve = resolve; });
  }

  #finish(result) {
    const resolve = this.#resolve;
    this.#resolve = null;
    this.panel.removeAttribute('data-picking');
    this.map.doubleClickZoom.enable();
    this.note.hidden = true;
    resolve?.(result);
  }

  #show() {
    const n = this.#corners?.length ?? 0;
    this.note.hidden = false;
    say(this.text, 'text', this.#corners ? 'map.area' : 'map.pick', { n });
    for (const node of [this.undo, this.done]) node.hidden = !this.#corners;
    this.undo.disabled = n === 0;
    this.done.disabled = n < CORNERS_MIN;
    this.#changed?.(this.#corners);
  }

  #isNear({ lon, lat } = {}, latlng) {
    if (lon === undefined) return false;
    return this.map.latLngToContainerPoint([lat, lon]).distanceTo(this.map.latLngToContainerPoint(latlng)) < NEAR_PX;
  }

  #choose(latlng) {
    if (!this.#resolve) return;
    const { lat, lng } = latlng.wrap();
    const place = { lon: Number(lng.toFixed(DECIMALS)), lat: Number(lat.toFixed(DECIMALS)) };
    if (!this.#corners) this.#finish(place);
    else if (this.#isNear(this.#corners.at(-1), latlng) || this.#corners.length >= CORNERS_MAX) return;
    else if (this.#isNear(this.#corners[0], latlng)) this.#close();
    else {
      this.#corners.push(place);
      this.#show();
    }
  }

  #close() {
    if (this.#corners.length >= CORNERS_MIN) this.#finish(this.#corners);
  }

  #takeBack() {
    this.#corners.pop();
    this.#show();
    this.view.focus({ preventScroll: true });
  }

  #press(key) {
    if (key === 'Enter') this.#choose(this.map.getCenter());
    else if (key === 'Escape') this.#finish(null);
    else if (key === 'Backspace' && this.#corners) this.#takeBack();
    else return false;
    return true;
  }
}
