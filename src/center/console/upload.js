/* SPDX-License-Identifier: GPL-3.0-or-later */
// Sending a picture to the center: what it is, its hash, and then its content in parts, which go on
// where they were after a break. API.md, "POST /api/files".

import { api, Problem } from './api.js';

// PROTOCOL.md's limits; the last is what a phone can show.
export const SIZE_MAX = 20_000_000;
export const NAME_MAX = 120;
const PIXELS_MAX = 50_000_000;
// So much arrives over a poor line within the time limit of a request.
const PART_LENGTH = 128 * 1024;
const TRIES = 5;
const WAIT_MS = 1000;

const MARKS = {
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
};

// A key of the dictionary that says why the file cannot be attached, or null. Its name and what the
// browser makes of it prove nothing: its content has to be a picture that can be shown.
export async function whyNot(file) {
  if (file.size > SIZE_MAX) return 'attach.large';
  if (!(await typeOf(file))) return 'attach.type';
  try {
    const picture = await createImageBitmap(file);
    const pixels = picture.width * picture.height;
    picture.close();
    return pixels > PIXELS_MAX ? 'attach.pixels' : null;
  } catch {
    return 'attach.broken';
  }
}

async function typeOf(file) {
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  return Object.keys(MARKS).find((type) => MARKS[type].every((byte, place) => head[place] === byte));
}

async function hashOf(file) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

const mayPass = ({ type, status }) => type === 'unreachable' || type === 'slow-down' || status === 503 || status === 502;

// What the line swallowed is sent again, a few times in a row.
async function patiently(work, signal) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (problem) {
      if (!(problem instanceof Problem) || !mayPass(problem) || tries === TRIES) throw problem;
      await wait(Math.max(problem.retryAfter * 1000, WAIT_MS * tries), signal);
    }
  }
}

// The center has it all when this returns, with the id of the file. `progress` is told from 0 to 1.
export async function upload(file, name, progress, signal) {
  const reference = { size: file.size, media_type: await typeOf(file), sha256: await hashOf(file) };
  if (name) reference.name = [...name].slice(0, NAME_MAX).join('');
  const { id } = await patiently(() => api.announceFile(reference, signal), signal);
  for (let offset = 0; offset < file.size;) {
    const part = file.slice(offset, offset + PART_LENGTH);
    // What the center has may be more than it could tell, or less than it has told.
    offset = await patiently(() => api.sendPart(id, part, offset, signal), signal);
    progress(offset / file.size);
  }
  return id;
}
