/* SPDX-License-Identifier: GPL-3.0-or-later */
// The STUN and TURN servers that the center hands out, for those who cannot reach it directly.

import { send } from './api.js';

// Credentials are good for hours, and every tile would ask.
const KEPT_MS = 5 * 60 * 1000;
const LINK = /<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;\s]*))*)/g;
const PARAMETER = /;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))/g;

let kept = null;

function readParameters(text) {
  return Object.fromEntries([...text.matchAll(PARAMETER)].map(([, name, quoted, plain]) => (
    [name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1')])));
}

// From Link headers (RFC 9725 section 4.6), what a browser takes: it refuses all if it cannot use one.
export function parseIceServers(header) {
  return [...(header ?? '').matchAll(LINK)]
    .map(([, urls, rest]) => ({ urls, ...readParameters(rest) }))
    .filter(({ urls, rel, username, credential }) => rel === 'ice-server'
      && (/^stuns?:[^?\s]+$/.test(urls)
        || (/^turns?:[^?\s]+(\?transport=(udp|tcp))?$/.test(urls) && username && credential)))
    .map(({ urls, username, credential }) => (urls.startsWith('turn') ? { urls, username, credential } : { urls }));
}

// Those for watching a session; none if the center does not say, which the offer itself will find out.
export async function iceServers(session) {
  if (kept && performance.now() < kept.until) return kept.servers;
  try {
    const response = await send('OPTIONS', `/whep/${encodeURIComponent(session)}`);
    kept = { servers: parseIceServers(response.headers.get('Link')), until: performance.now() + KEPT_MS };
    return kept.servers;
  } catch {
    return [];
  }
}
