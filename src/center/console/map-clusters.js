/* SPDX-License-Identifier: GPL-3.0-or-later */
// Where more terminals are in view than can be told apart, those that stand close together become
// one mark with their number. Nothing is drawn of what is out of view.

import * as L from '/leaflet/leaflet.esm.js';

import { h, setText } from './dom.js';
import { t } from './i18n.js';
import { marker, Markers, nameMarker, pointOf } from './map-layers.js';
import { standing } from './store.js';

// Fewer than this are all shown, each by itself.
const MOST_UNITS = 200;
const CELL_PX = 72;
// As close as this nothing is put together: somebody looks for one of them.
const CLOSEST_ZOOM = 18;

// Takes [id, terminal] of those with a usable position; returns { units, clusters }, maps of those
// to draw. Who is `alone` is in no cluster. Cells are those of the whole world, so that moving the
// map changes nothing.
export function gather(map, terminals, alone) {
  const units = new Map();
  const clusters = new Map();
  if (terminals.length <= MOST_UNITS) return { units: new Map(terminals), clusters };
  const bounds = map.getBounds().pad(0.25);
  const cells = new Map();
  for (const [id, terminal] of terminals) {
    const point = pointOf(terminal.position);
    if (!bounds.contains(point)) continue;
    if (alone(terminal) || map.getZoom() >= CLOSEST_ZOOM) {
      units.set(id, terminal);
      continue;
    }
    const { x, y } = map.project(point);
    const cell = `${map.getZoom()}/${Math.floor(x / CELL_PX)}/${Math.floor(y / CELL_PX)}`;
    if (!cells.has(cell)) cells.set(cell, []);
    cells.get(cell).push(terminal);
  }
  for (const [cell, members] of cells) {
    if (members.length > 1) clusters.set(cell, members);
    else units.set(members[0].id, members[0]);
  }
  return { units, clusters };
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

export class Clusters {
  #markers;

  constructor(map) {
    this.map = map;
    this.#markers = new Markers(map);
  }

  show(clusters) {
    this.#markers.show(clusters, (members, layer) => this.#create(layer), (made, members) => this.#update(made, members));
  }

  #create(layer) {
    const element = h('div', { class: 'cluster' });
    const made = { element, marker: marker(element, [0, 0]) };
    made.marker.on('click', () => this.#open(made.members)).addTo(layer);
    return made;
  }

  #update(made, members) {
    made.members = members;
    const point = [mean(members.map(({ position }) => position.lat)), mean(members.map(({ position }) => position.lon))];
    const lost = members.filter((terminal) => standing(terminal) === 'lost').length;
    made.marker.setLatLng(point);
    setText(made.element, String(members.length));
    made.element.dataset.standing = lost > 0 ? 'lost' : members.some((terminal) => standing(terminal) === 'duty') ? 'duty' : 'off';
    nameMarker(made.marker, t('map.cluster', { n: members.length, lost }));
  }

  #open(members) {
    const bounds = L.latLngBounds(members.map(({ position }) => pointOf(position)));
    const zoom = Math.min(CLOSEST_ZOOM, Math.max(this.map.getZoom() + 1, this.map.getBoundsZoom(bounds, false, [60, 60])));
    this.map.setView(bounds.getCenter(), zoom);
  }
}
