/* SPDX-License-Identifier: GPL-3.0-or-later */
// What stands on the map: terminals, the track of a chosen one, places of tasks.

import * as L from '/leaflet/leaflet.esm.js';

import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { notify } from './notices.js';
import { isOpen, standing, store } from './store.js';

// Names stand where they hide no other; with more terminals in view than this, only those of the
// selected and the live ones.
const MOST_NAMES = 300;
const NAME_SIZE_PX = { left: -12, top: -14, height: 28, dot: 24 };
const ACCURACY_SHOWN_M = 8;
const MOVING_MPS = 0.8;
// A track is drawn dashed where nothing was heard for this long.
const GAP_MS = 180000;

export const usable = (fix) => Boolean(fix) && Number.isFinite(fix.lat) && Number.isFinite(fix.lon);
export const pointOf = (fix) => [fix.lat, fix.lon];

// The [lon, lat] of a task's place, or null.
export function placeOf(task) {
  const geometry = task.place?.geometry;
  const [lon, lat] = geometry?.type === 'Point' && Array.isArray(geometry.coordinates) ? geometry.coordinates : [];
  return usable({ lon, lat }) ? { lon, lat } : null;
}

function marker(element, point, options) {
  return L.marker(point, { icon: L.divIcon({ html: element, className: 'gc-marker', iconSize: [0, 0] }), riseOnHover: true, ...options });
}

function nameMarker(item, name) {
  const node = item.getElement();
  if (node && node.getAttribute('aria-label') !== name) node.setAttribute('aria-label', name);
}

// One marker per key, made, moved and removed as `items` say.
class Markers {
  #made = new Map();

  constructor(map) {
    this.layer = L.layerGroup().addTo(map);
  }

  all() {
    return this.#made.values();
  }

  // `items` maps a key to what `create(item)` and `update(made, item)` need; created markers are
  // { marker, … , others: [layers] }.
  show(items, create, update) {
    for (const [key, made] of this.#made) {
      if (items.has(key)) continue;
      for (const layer of [made.marker, ...(made.others ?? [])]) this.layer.removeLayer(layer);
      this.#made.delete(key);
    }
    for (const [key, item] of items) {
      let made = this.#made.get(key);
      if (!made) {
        made = create(item, this.layer);
        this.#made.set(key, made);
      }
      update(made, item);
    }
  }
}

export class Units {
  #markers;

  constructor(map, panel) {
    this.map = map;
    this.panel = panel;
    this.#markers = new Markers(map);
    map.on('zoomend moveend', () => this.show());
  }

  show() {
    const placed = new Map([...store.terminals].filter(([, terminal]) => usable(terminal.position)));
    this.#markers.show(placed, (terminal, layer) => this.#create(terminal, layer), (made, terminal) => this.#update(made, terminal));
    this.#placeNames();
  }

  // The more important terminal is named first; a name that would cover a dot or another name waits
  // for more room (or for the pointer).
  #placeNames() {
    const bounds = this.map.getBounds().pad(0.1);
    const rank = ({ element, terminal }) => (terminal.id === store.selected ? 0 : element.hasAttribute('data-live') ? 1 : terminal.duty ? 2 : 3);
    const seen = [...this.#markers.all()].filter(({ terminal }) => bounds.contains(pointOf(terminal.position))).sort((a, b) => rank(a) - rank(b));
    const { left, top, height, dot } = NAME_SIZE_PX;
    const taken = [];
    const free = (box) => taken.every((other) => box.owner === other.owner || box.right < other.left || box.left > other.right
      || box.bottom < other.top || box.top > other.bottom);
    const few = seen.length <= MOST_NAMES;
    const boxes = seen.map((made) => {
      const { x, y } = this.map.latLngToContainerPoint(pointOf(made.terminal.position));
      if (few) taken.push({ owner: made, left: x + left, right: x + left + dot, top: y + top, bottom: y + top + height });
      return { owner: made, left: x + dot / 2, right: x + dot / 2 + made.width, top: y - 11, bottom: y + 11 };
    });
    for (const [n, made] of seen.entries()) {
      const shown = rank(made) === 0 || (few ? free(boxes[n]) : rank(made) < 2);
      if (shown) taken.push(boxes[n]);
      made.element.toggleAttribute('data-unnamed', !shown);
    }
  }

  bounds() {
    const points = [...store.terminals.values()].filter(({ position }) => usable(position)).map(({ position }) => pointOf(position));
    return points.length > 0 ? L.latLngBounds(points) : null;
  }

  #create(terminal, layer) {
    const heading = h('span', { class: 'unit-heading' });
    const name = h('span', { class: 'unit-name' });
    const element = h('div', { class: 'unit', data: { terminal: terminal.id } }, heading, h('span', { class: 'unit-dot' }), name);
    const made = {
      marker: marker(element, pointOf(terminal.position)), element, heading, name,
      circle: L.circle(pointOf(terminal.position), { radius: 1, weight: 1, interactive: false, fillOpacity: 0.12 }),
    };
    made.others = [made.circle];
    made.marker.on('click', () => store.select(terminal.id)).addTo(layer);
    return made;
  }

  #update(made, terminal) {
    const fix = terminal.position;
    const point = pointOf(fix);
    const stands = standing(terminal);
    const selected = store.selected === terminal.id;
    if (made.lat !== fix.lat || made.lon !== fix.lon) {
      made.marker.setLatLng(point);
      made.circle.setLatLng(point);
      Object.assign(made, { lat: fix.lat, lon: fix.lon });
      Object.assign(made.element.dataset, { lat: fix.lat, lon: fix.lon });
    }
    made.element.dataset.standing = stands;
    made.element.toggleAttribute('data-live', terminal.live?.state === 'live');
    made.element.toggleAttribute('data-selected', selected);
    made.terminal = terminal;
    if (made.name.textContent !== terminal.worker) {
      made.name.textContent = terminal.worker;
      made.width = made.name.offsetWidth;
    }
    const rank = selected ? 3 : terminal.live?.state === 'live' ? 2 : terminal.duty ? 1 : 0;
    made.marker.setZIndexOffset(rank * 1000);
    nameMarker(made.marker, t('map.unit', { worker: terminal.worker, state: t(`standing.${stands}`) }));
    // The arrow means movement: a bearing of somebody who stands still is noise.
    const moving = Number.isFinite(fix.bearing_deg) && !(fix.speed_mps < MOVING_MPS);
    made.heading.hidden = !moving;
    if (moving) made.heading.style.rotate = `${fix.bearing_deg}deg`;
    this.#circle(made, fix, stands === 'duty' || selected);
  }

  #circle(made, fix, wanted) {
    const visible = wanted && fix.accuracy_m > ACCURACY_SHOWN_M;
    if (visible) made.circle.setRadius(fix.accuracy_m);
    const { layer } = this.#markers;
    if (visible && !layer.hasLayer(made.circle)) layer.addLayer(made.circle);
    if (!visible && layer.hasLayer(made.circle)) layer.removeLayer(made.circle);
    const color = getComputedStyle(this.panel).getPropertyValue('--accent').trim();
    if (made.color !== color) made.circle.setStyle({ color });
    made.color = color;
  }
}

export class Places {
  #markers;

  constructor(map) {
    this.#markers = new Markers(map);
  }

  show() {
    const placed = new Map([...store.tasks].filter(([, task]) => isOpen(task) && placeOf(task)));
    this.#markers.show(placed, (task, layer) => {
      const element = h('div', { class: 'place', data: { task: task.id } });
      const made = { element, marker: marker(element, pointOf(placeOf(task))) };
      made.marker.on('click', () => store.dispatchEvent(new CustomEvent('open-task', { detail: task.id }))).addTo(layer);
      return made;
    }, (made, task) => {
      made.marker.setLatLng(pointOf(placeOf(task)));
      made.element.dataset.urgency = task.urgency;
      made.element.title = task.title;
      nameMarker(made.marker, t('map.task', { title: task.title, worker: task.worker ?? '' }));
    });
  }
}

// The way one terminal took; goes on with the positions that arrive.
export class Track {
  #request = null;
  #points = [];

  constructor(map, panel) {
    this.map = map;
    this.panel = panel;
    this.layer = L.layerGroup().addTo(map);
    this.terminal = null;
  }

  // Resolves to the number of points.
  async show(terminal, hours) {
    this.hide();
    this.terminal = terminal;
    this.#request = new AbortController();
    try {
      const feature = await api.track(terminal, hours, this.#request.signal);
      const coordinates = feature?.geometry?.coordinates ?? [];
      const times = feature?.properties?.times ?? [];
      this.#points = coordinates.map(([lon, lat], n) => ({ lon, lat, ms: Date.parse(times[n] ?? '') })).filter(usable);
    } catch (problem) {
      if (problem.name === 'AbortError') return;
      store.showTrack(null);
      notify('bad', 'notice.failed', { text: problem.text });
      return;
    }
    if (this.#points.length === 0) notify('plain', 'track.none');
    this.#draw();
    if (this.#points.length > 1) this.map.fitBounds(L.latLngBounds(this.#points.map(pointOf)), { padding: [50, 50], maxZoom: 17 });
  }

  hide() {
    this.#request?.abort();
    this.#points = [];
    this.terminal = null;
    this.layer.clearLayers();
    delete this.panel.dataset.trackPoints;
  }

  extend(terminal, points) {
    if (terminal !== this.terminal) return;
    this.#points.push(...points.filter(usable).map(({ lon, lat, at }) => ({ lon, lat, ms: Date.parse(at) })));
    // Late points belong between the others.
    this.#points.sort((a, b) => a.ms - b.ms);
    this.#draw();
  }

  #draw() {
    this.layer.clearLayers();
    this.panel.dataset.trackPoints = this.#points.length;
    if (this.#points.length === 0) return;
    const color = getComputedStyle(this.panel).getPropertyValue('--accent').trim();
    const line = (points, more) => L.polyline(points.map(pointOf), { color, weight: 3, opacity: 0.9, interactive: false, ...more }).addTo(this.layer);
    let piece = [this.#points[0]];
    for (const point of this.#points.slice(1)) {
      const last = piece[piece.length - 1];
      if (point.ms - last.ms > GAP_MS) {
        line(piece);
        line([last, point], { weight: 2, dashArray: '4 7', opacity: 0.6 });
        piece = [];
      }
      piece.push(point);
    }
    line(piece);
    L.circleMarker(pointOf(this.#points[0]), { radius: 5, color, weight: 2, fillColor: '#fff', fillOpacity: 1, interactive: false }).addTo(this.layer);
  }
}
