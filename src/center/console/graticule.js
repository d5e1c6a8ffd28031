/* SPDX-License-Identifier: GPL-3.0-or-later */
// Lines of longitude and latitude below everything else on the map: with no tiles, or while they
// do not load, distances and directions can still be read.

import * as L from '/leaflet/leaflet.esm.js';

const LINE_DISTANCE_PX = 140;
// The zoom buttons stand there.
const TOP_LEFT_PX = 100;
const STEPS_DEG = [90, 45, 30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];

function stepFor(degreesPerPixel) {
  const least = degreesPerPixel * LINE_DISTANCE_PX;
  return STEPS_DEG.findLast((step) => step >= least) ?? STEPS_DEG[0];
}

function degrees(value, step, positive, negative) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const side = value === 0 ? '' : value > 0 ? positive : negative;
  return `${Math.abs(value).toFixed(digits)}°${side}`;
}

// Multiples of `step` between two bounds, with the finer lines between them marked minor.
function* lines(from, to, step) {
  const fine = step / 5;
  for (let n = Math.ceil(from / fine); n * fine <= to; n++) yield { value: n * fine, major: n % 5 === 0 };
}

function drawLines(map, pen, size, step, [line, strong, ink]) {
  const bounds = map.getBounds();
  const stroke = (major, x1, y1, x2, y2) => {
    pen.strokeStyle = major ? strong : line;
    pen.beginPath();
    pen.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    pen.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
    pen.stroke();
  };
  const labels = [];
  for (const { value, major } of lines(bounds.getWest(), bounds.getEast(), step)) {
    const { x } = map.latLngToContainerPoint([bounds.getCenter().lat, value]);
    stroke(major, x, 0, x, size.y);
    const side = ((value + 540) % 360) - 180;
    if (major) labels.push([degrees(side, step, 'E', 'W'), x + 4, 14]);
  }
  const [south, north] = [Math.max(bounds.getSouth(), -85), Math.min(bounds.getNorth(), 85)];
  for (const { value, major } of lines(south, north, step)) {
    const { y } = map.latLngToContainerPoint([value, bounds.getCenter().lng]);
    stroke(major, 0, y, size.x, y);
    if (major && y > TOP_LEFT_PX) labels.push([degrees(value, step, 'N', 'S'), 6, y - 4]);
  }
  pen.fillStyle = ink;
  for (const [text, x, y] of labels) pen.fillText(text, x, y);
}

export const Graticule = L.Layer.extend({
  onAdd(map) {
    this.canvas = document.createElement('canvas');
    this.canvas.className = 'graticule';
    this.canvas.setAttribute('aria-hidden', 'true');
    map.getContainer().prepend(this.canvas);
    map.on('move zoom resize viewreset', this.redraw, this);
    this.redraw();
  },

  onRemove(map) {
    map.off('move zoom resize viewreset', this.redraw, this);
    this.canvas.remove();
  },

  redraw() {
    const map = this._map;
    const size = map.getSize();
    const ratio = window.devicePixelRatio || 1;
    const { canvas } = this;
    canvas.width = size.x * ratio;
    canvas.height = size.y * ratio;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    const style = getComputedStyle(map.getContainer());
    const colors = ['--map-line', '--map-line-strong', '--map-text'].map((name) => style.getPropertyValue(name));
    pen.font = `11px ${style.fontFamily}`;
    const middle = map.containerPointToLatLng([size.x / 2, size.y / 2]);
    const right = map.containerPointToLatLng([size.x / 2 + 100, size.y / 2]);
    drawLines(map, pen, size, stepFor((right.lng - middle.lng) / 100), colors);
  },
});
