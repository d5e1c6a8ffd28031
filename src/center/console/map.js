/* SPDX-License-Identifier: GPL-3.0-or-later */
// The map panel: the view and its controls.

import * as L from '/leaflet/leaflet.esm.js';

import { button, h, perFrame } from './dom.js';
import { Graticule } from './graticule.js';
import { changes, t } from './i18n.js';
import { Areas } from './map-areas.js';
import { Places, pointOf, Track, usable } from './map-layers.js';
import { Picker } from './map-picker.js';
import { Units } from './map-units.js';
import { themeChanges } from './preferences.js';
import { restMs, store } from './store.js';

const CLOSE_ZOOM = 16;

export function mapPanel() {
  return new MapPanel();
}

class MapPanel {
  #stop = new AbortController();
  #fitted = false;
  #picked = null;

  constructor() {
    this.view = h('div', { class: 'map-view', id: 'map-view', role: 'application', label: 'map.label', tabindex: 0 });
    this.all = button('map.all', { icon: 'all', id: 'map-all', onclick: () => this.showAll() });
    this.cursor = h('span', { class: 'map-cursor' });
    this.node = h('section', { class: 'panel map', id: 'map', 'aria-labelledby': 'map-title' },
      h('header', { class: 'panel-head' }, h('h2', { id: 'map-title', t: 'map.title' })), this.view);
    this.picker = new Picker(this.node, this.view);
    this.node.append(h('div', { class: 'crosshair', 'aria-hidden': 'true' }), this.picker.note,
      h('div', { class: 'map-tools' }, this.all),
      h('div', { class: 'map-foot' }, this.cursor, h('span', { text: store.config?.map?.attribution ?? '' })));
  }

  // Leaflet needs the element to have its size.
  attached() {
    const { tiles, lon, lat, zoom } = store.config?.map ?? {};
    const start = Number.isFinite(lat) && Number.isFinite(lon) ? [lat, lon] : [30, 108];
    this.map = L.map(this.view, {
      center: start, zoom: Number.isFinite(zoom) ? zoom : 5, attributionControl: false, zoomControl: false, preferCanvas: true,
      zoomAnimation: Boolean(tiles), fadeAnimation: false, worldCopyJump: true, maxZoom: 20, minZoom: 2,
    });
    this.zoomControl = null;
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(this.map);
    this.graticule = new Graticule().addTo(this.map);
    if (tiles) L.tileLayer(tiles, { maxZoom: 20, crossOrigin: null, referrerPolicy: 'no-referrer' }).addTo(this.map);
    this.areas = new Areas(this.map, this.node);
    this.places = new Places(this.map);
    this.units = new Units(this.map, this.node);
    this.track = new Track(this.map, this.node);
    this.#nameControls();
    this.#listen();
    this.#render();
  }

  remove() {
    this.#stop.abort();
    this.resize?.disconnect();
    this.map?.remove();
  }

  showAll() {
    const bounds = this.units.bounds();
    if (bounds) this.map.fitBounds(bounds, { padding: [70, 70], maxZoom: CLOSE_ZOOM });
  }

  // Marks the place of the task that is being written; null takes the mark away.
  mark(place) {
    this.#picked?.remove();
    this.#picked = null;
    if (!place || !this.map) return;
    const icon = L.divIcon({ html: h('div', { class: 'place picked' }), className: 'gc-marker', iconSize: [0, 0] });
    this.#picked = L.marker(pointOf(place), { icon, interactive: false, keyboard: false }).addTo(this.map);
    if (!this.map.getBounds().contains(pointOf(place))) this.map.panTo(pointOf(place));
  }

  show(place) {
    if (this.map && place) this.map.setView(pointOf(place), Math.max(this.map.getZoom(), CLOSE_ZOOM));
  }

  // Draws the area that is being chosen: { circle } or { polygon }; null takes it away.
  outline(area) {
    if (this.map) this.areas.outline(area);
  }

  fit(bounds) {
    if (this.map && bounds) this.map.fitBounds(bounds, { padding: [40, 40], maxZoom: CLOSE_ZOOM });
  }

  // Leaflet writes the names of its buttons once, in English.
  #nameControls() {
    this.zoomControl?.remove();
    this.zoomControl = L.control.zoom({ position: 'topleft', zoomInTitle: t('map.in'), zoomOutTitle: t('map.out') }).addTo(this.map);
  }

  #render() {
    this.areas.show();
    this.places.show();
    this.units.show();
    this.all.disabled = !this.units.bounds();
    if (!this.#fitted && this.units.bounds()) {
      this.#fitted = true;
      this.showAll();
    }
  }

  #listen() {
    const { signal } = this.#stop;
    const render = perFrame(() => this.#render());
    const follow = perFrame(() => this.#render(), restMs);
    const on = (name, work) => store.addEventListener(name, work, { signal });
    for (const name of ['terminals', 'tasks', 'alerts', 'live', 'sos']) on(name, follow);
    on('selection', render);
    on('positions', ({ detail }) => {
      if (detail) this.track.extend(detail.terminal, detail.points);
      follow();
    });
    on('selection', ({ detail }) => {
      const fix = store.terminals.get(detail)?.position;
      if (usable(fix) && !this.map.getBounds().pad(-0.1).contains(pointOf(fix))) this.map.panTo(pointOf(fix));
    });
    on('find', ({ detail }) => this.show(detail.position));
    on('track', ({ detail }) => (detail ? this.track.show(detail.terminal, detail.hours) : this.track.hide()));
    changes.addEventListener('language', () => {
      this.#nameControls();
      render();
    }, { signal });
    themeChanges.addEventListener('theme', () => {
      this.graticule.redraw();
      render();
    }, { signal });
    this.#listenToView();
  }

  #listenToView() {
    this.picker.attach(this.map);
    this.map.on('mousemove', ({ latlng }) => {
      const place = latlng.wrap();
      this.cursor.textContent = `${place.lat.toFixed(5)}, ${place.lng.toFixed(5)}`;
    });
    this.map.on('mouseout', () => { this.cursor.textContent = ''; });
    this.resize = new ResizeObserver(() => this.map.invalidateSize({ animate: false }));
    this.resize.observe(this.view);
  }
}
