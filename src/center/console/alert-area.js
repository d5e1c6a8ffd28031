/* SPDX-License-Identifier: GPL-3.0-or-later */
// Where an alert holds: everywhere, in a circle, or in an area that is drawn on the map.

import { button, choice, field, h } from './dom.js';
import { say } from './i18n.js';
import { parsePlace } from './task-form.js';

const DEFAULT_RADIUS_KM = 2;
const RADIUS_MAX_KM = 1000;
const M_PER_KM = 1000;
const CORNERS_MIN = 3;
// PROTOCOL.md's length.
const NAME_MAX = 500;

const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
const cross = ([a, b], [c, d]) => turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b);

// Whether two edges of a ring meet where there is no corner: then what is inside is not what it looks like.
export function crossesItself(ring) {
  const edges = ring.map((corner, at) => [corner, ring[(at + 1) % ring.length]]);
  return edges.some((one, i) => edges.slice(i + 2, i === 0 ? -1 : undefined).some((other) => cross(one, other)));
}

// The map shows what is chosen, until it is removed.
export function alertArea(map) {
  let ring = [];
  const center = field('alert.center', h('input', { name: 'place', type: 'text', autocomplete: 'off', placeholder: 'task.place.example' }));
  const radius = field('alert.radius', h('input', { name: 'radius', type: 'number', min: 0.1, max: RADIUS_MAX_KM, step: 0.1, value: DEFAULT_RADIUS_KM }));
  const name = field('alert.area.name', h('input', { name: 'area-name', type: 'text', maxlength: NAME_MAX, autocomplete: 'off' }), { optional: true });
  const pick = button('task.place.pick', { icon: 'pin', id: 'alert-pick', onclick: pickCenter });
  const draw = button('alert.polygon.draw', { icon: 'pin', id: 'alert-draw', onclick: drawPolygon });
  const polygon = field('alert.polygon', draw);
  const corners = h('output', { class: 'field-hint', id: 'alert-corners', for: draw.id });
  beside(center.control, pick);
  beside(draw, corners);
  const circleRow = h('div', { class: 'alert-area' }, center.node, radius.node);
  const polygonRow = h('div', { class: 'alert-area' }, polygon.node);
  const where = choice('where', 'alert.where', ['everywhere', 'circle', 'polygon'], (value) => `alert.where.${value}`, 'everywhere');
  const node = h('div', { class: 'alert-where' }, where, circleRow, polygonRow, name.node);

  const kind = () => where.querySelector(':checked').value;
  const radiusM = () => Number(radius.control.value) * M_PER_KM;

  function beside(control, other) {
    const row = h('div', { class: 'place-row' });
    control.replaceWith(row);
    row.append(control, other);
  }

  function draft() {
    const place = parsePlace(center.control.value);
    if (kind() === 'circle') return place && radiusM() > 0 ? { circle: { ...place, radius_m: radiusM() } } : null;
    return kind() === 'polygon' && ring.length > 0 ? { polygon: ring } : null;
  }

  function outline() {
    circleRow.hidden = kind() !== 'circle';
    polygonRow.hidden = kind() !== 'polygon';
    name.node.hidden = kind() === 'everywhere';
    say(corners, 'text', ring.length > 0 ? 'alert.polygon.corners' : 'alert.polygon.none', { n: ring.length });
    map.outline(draft());
  }

  async function pickCenter() {
    const place = await map.picker.place();
    if (!node.isConnected) return;
    if (place) {
      center.control.value = `${place.lat}, ${place.lon}`;
      center.clear();
      outline();
    }
    pick.focus();
  }

  const toRing = (places) => places.map(({ lon, lat }) => [lon, lat]);

  async function drawPolygon() {
    const places = await map.picker.area((sofar) => map.outline({ polygon: toRing(sofar) }));
    if (!node.isConnected) return;
    if (places) {
      ring = toRing(places);
      polygon.clear();
    }
    outline();
    draw.focus();
  }

  // The area, undefined for everywhere, or null after showing what is missing.
  function read() {
    const wrong = [
      [center, kind() === 'circle' && !parsePlace(center.control.value), center.control.value.trim() ? 'task.place.wrong' : 'alert.center.missing'],
      [radius, kind() === 'circle' && !(radiusM() >= 1 && radiusM() <= RADIUS_MAX_KM * M_PER_KM), 'alert.radius.wrong'],
      [polygon, kind() === 'polygon' && ring.length < CORNERS_MIN, 'alert.polygon.missing'],
      [polygon, kind() === 'polygon' && crossesItself(ring), 'alert.polygon.crossed'],
    ].filter(([, failed]) => failed);
    for (const [item, , key] of wrong) item.fail(key);
    if (wrong.length > 0) {
      wrong[0][0].control.focus();
      return null;
    }
    return kind() === 'everywhere' ? undefined : { name: name.control.value.trim() || undefined, ...draft() };
  }

  node.addEventListener('input', outline);
  outline();
  return {
    node,
    read,
    remove() {
      map.picker.cancel();
      map.outline(null);
    },
  };
}
