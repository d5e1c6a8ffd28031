/* SPDX-License-Identifier: GPL-3.0-or-later */
// What stands on the map beside the terminals: the track of a chosen one, places of tasks; and how
// marks are made.

import * as L from '/leaflet/leaflet.esm.js';

import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { notify } from './notices.js';
import { isOpen, store } from './store.js';

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

export function marker(element, point, options) {
  return L.marker(point, { icon: L.divIcon({ html: element, className: 'gc-marker', iconSize: [0, 0] }), riseOnHover: true, ...options });
}

export function nameMarker(item, name) {
  const node = item.getElement();
  if (node && node.getAttribute('aria-label') !== name) node.setAttribute('aria-label', name);
}

// One marker per key, made, moved and removed as `items` say.
export class Markers {
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
