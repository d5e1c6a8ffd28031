/* SPDX-License-Identifier: GPL-3.0-or-later */
// The terminals on the map: each with its name, how it stands and where it goes; many as clusters.

import * as L from '/leaflet/leaflet.esm.js';

import { h } from './dom.js';
import { t } from './i18n.js';
import { Clusters, gather } from './map-clusters.js';
import { marker, Markers, nameMarker, pointOf, usable } from './map-layers.js';
import { standing, store } from './store.js';

// Names stand where they hide no other; with more terminals in view than this, only those of the
// selected and the live ones.
const MOST_NAMES = 300;
const NAME_SIZE_PX = { left: -12, top: -14, height: 28, dot: 24 };
const ACCURACY_SHOWN_M = 8;
const MOVING_MPS = 0.8;

export class Units {
  #markers;
  #clusters;

  constructor(map, panel) {
    this.map = map;
    this.panel = panel;
    this.#markers = new Markers(map);
    this.#clusters = new Clusters(map);
    map.on('zoomend moveend', () => this.show());
  }

  show() {
    const placed = [...store.terminals].filter(([, terminal]) => usable(terminal.position));
    const { units, clusters } = gather(this.map, placed, ({ id, live }) => id === store.selected || live?.state === 'live' || store.inNeed(id));
    this.#clusters.show(clusters);
    this.#markers.show(units, (terminal, layer) => this.#create(terminal, layer), (made, terminal) => this.#update(made, terminal));
    this.#placeNames();
  }

  // The more important terminal is named first; a name that would cover a dot or another name waits
  // for more room (or for the pointer).
  #placeNames() {
    const bounds = this.map.getBounds().pad(0.1);
    const rank = ({ element, terminal }) => (terminal.id === store.selected || element.hasAttribute('data-sos') ? 0 : element.hasAttribute('data-live') ? 1 : terminal.duty ? 2 : 3);
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
    made.element.toggleAttribute('data-sos', store.inNeed(terminal.id));
    made.terminal = terminal;
    if (made.name.textContent !== terminal.worker) {
      made.name.textContent = terminal.worker;
      made.width = made.name.offsetWidth;
    }
    const rank = store.inNeed(terminal.id) ? 4 : selected ? 3 : terminal.live?.state === 'live' ? 2 : terminal.duty ? 1 : 0;
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
