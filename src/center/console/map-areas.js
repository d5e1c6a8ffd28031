/* SPDX-License-Identifier: GPL-3.0-or-later */
// The areas of alerts on the map: of those that hold, and of one that is being written.

import * as L from '/leaflet/leaflet.esm.js';

import { store } from './store.js';

// A circle that is smaller on the map shows nobody what it takes in.
const LEAST_SHOWN_PX = 40;
const COLORS = { Extreme: '#e0202c', Severe: '#ff9500', Moderate: '#e6bd00', Minor: '#3c8ce7', Unknown: '#8b98a8' };

const DRAFT = { color: COLORS.Extreme, weight: 2, dashArray: '6 6', fillOpacity: 0.1, interactive: false };

function shapes(alert, options) {
  return alert.areas.flatMap(({ polygons, circles }) => [
    ...polygons.map((ring) => L.polygon(ring.map(([lon, lat]) => [lat, lon]), options)),
    ...circles.map(({ lon, lat, radius_m: radius }) => L.circle([lat, lon], { ...options, radius })),
  ]);
}

const style = (severity) => ({ color: COLORS[severity] ?? COLORS.Unknown, weight: 2, fillOpacity: 0.14, interactive: false });

// Where an alert holds, or null if that is everywhere, or known in words alone.
export function areaBounds(alert) {
  const points = (alert?.areas ?? []).flatMap(({ polygons, circles }) => [
    ...polygons.flat().map(([lon, lat]) => L.latLngBounds([[lat, lon]])),
    ...circles.map(({ lon, lat, radius_m: radius }) => L.latLng(lat, lon).toBounds(2 * radius)),
  ]);
  if (points.length === 0) return null;
  const bounds = L.latLngBounds(points[0].getSouthWest(), points[0].getNorthEast());
  for (const point of points) bounds.extend(point);
  return bounds;
}

export class Areas {
  #drawn = '';
  #draft = L.layerGroup();

  constructor(map, panel) {
    this.map = map;
    this.panel = panel;
    this.layer = L.layerGroup().addTo(map);
    this.#draft.addTo(map);
  }

  show() {
    const current = [...store.alerts.values()].filter(({ state }) => state === 'current');
    const drawn = current.map(({ id }) => id).join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.layer.clearLayers();
    const layers = current.flatMap((alert) => shapes(alert, style(alert.severity)));
    for (const shape of layers) shape.addTo(this.layer);
    this.panel.dataset.alertAreas = layers.length;
  }

  // The area that is being chosen: { circle: { lon, lat, radius_m } }, { polygon: [[lon, lat], …] },
  // which may have less than three corners yet, or null.
  outline(area) {
    this.#draft.clearLayers();
    if (area?.circle) this.#outlineCircle(area.circle);
    else if (area?.polygon) this.#outlinePolygon(area.polygon.map(([lon, lat]) => [lat, lon]));
  }

  #outlineCircle(circle) {
    const layer = L.circle([circle.lat, circle.lon], { ...DRAFT, radius: circle.radius_m }).addTo(this.#draft);
    const bounds = layer.getBounds();
    const [west, east] = [bounds.getWest(), bounds.getEast()].map((lng) => this.map.latLngToContainerPoint([circle.lat, lng]).x);
    const isDot = east - west < LEAST_SHOWN_PX;
    if (isDot || !this.map.getBounds().contains(bounds)) this.map.fitBounds(bounds, { padding: [90, 90] });
  }

  #outlinePolygon(corners) {
    L.polygon(corners, DRAFT).addTo(this.#draft);
    for (const corner of corners) L.circleMarker(corner, { ...DRAFT, dashArray: null, fillOpacity: 1, radius: 5 }).addTo(this.#draft);
  }
}
