/* SPDX-License-Identifier: GPL-3.0-or-later */
// Requests to the center, as API.md has them. Every failure is a Problem that can be shown.

import { has, t } from './i18n.js';

const TIMEOUT_MS = 15000;

export class Problem extends Error {
  // `type` is the last part of urn:gridcast:TYPE; `status` is 0 when nobody answered.
  constructor(type, status, title = '', retryAfter = 0, offset = null) {
    super(title || type);
    this.type = type;
    this.status = status;
    this.title = title;
    this.retryAfter = retryAfter;
    // How much of a file the center has, where it says so.
    this.offset = offset;
  }

  // A sentence in the console's language; the center's own words where there is none.
  get text() {
    const key = `problem.${this.type}`;
    if (has(key)) return t(key, { seconds: this.retryAfter });
    return this.title || t('problem.unknown', { status: this.status });
  }
}

// How far the center's clock is ahead of this machine's, from the Date header: deadlines and ages
// are the center's times.
let offsetMs = 0;
export const now = () => Date.now() + offsetMs;

export const signedOut = new EventTarget();

function readClock(response) {
  const date = Date.parse(response.headers.get('Date') ?? '');
  // The header has whole seconds; half of one more is right on average.
  if (!Number.isNaN(date)) offsetMs = date + 500 - Date.now();
  if (Math.abs(offsetMs) < 2000) offsetMs = 0;
}

async function problemOf(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // Not the center's own answer (a proxy's page, perhaps): the status alone has to do.
  }
  const type = typeof body?.type === 'string' ? body.type.replace(/^urn:gridcast:/, '') : '';
  const title = typeof body?.title === 'string' ? body.title : '';
  return new Problem(type || `status-${response.status}`, response.status, title,
    Number.parseInt(response.headers.get('Retry-After') ?? '0', 10) || 0, offsetOf(response));
}

function offsetOf(response) {
  const offset = response.headers.get('Upload-Offset');
  return offset === null ? null : Number.parseInt(offset, 10);
}

// The bare request: cookie, protection against forged requests, a time limit.
export async function send(method, path, { body, type = 'application/json', signal, more = {} } = {}) {
  const headers = { ...more };
  if (method !== 'GET') headers['X-Gridcast'] = '1';
  if (body !== undefined) headers['Content-Type'] = type;
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, {
      method, headers, body,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: 'same-origin', cache: 'no-store', redirect: 'error',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem('unreachable', 0);
  }
  readClock(response);
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.type === 'login') signedOut.dispatchEvent(new Event('signed-out'));
  throw problem;
}

async function json(method, path, value, options = {}) {
  const body = value === undefined ? undefined : JSON.stringify(value);
  const response = await send(method, path, { ...options, body });
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    throw new Problem('garbled', response.status);
  }
}

const id = encodeURIComponent;

export const api = {
  config: () => json('GET', '/api/config'),
  setup: (token, user, password) => json('POST', '/api/setup', { token, user, password }),
  login: (user, password) => json('POST', '/api/login', { user, password }),
  logout: () => json('POST', '/api/logout', {}),
  session: () => json('GET', '/api/session'),
  terminals: async () => (await json('GET', '/api/terminals')).terminals ?? [],
  revoke: (terminal) => json('DELETE', `/api/terminals/${id(terminal)}`),
  track: (terminal, hours, signal) => json('GET', `/api/terminals/${id(terminal)}/track?hours=${id(hours)}`, undefined, { signal }),
  pair: (worker) => json('POST', '/api/pairings', { worker }),
  pairing: (pairing) => json('GET', `/api/pairings/${id(pairing)}`),
  unpair: (pairing) => json('DELETE', `/api/pairings/${id(pairing)}`),
  tasks: (query, signal) => json('GET', `/api/tasks?${new URLSearchParams(query)}`, undefined, { signal }),
  openTasks: async () => {
    const tasks = [];
    for (let before = ''; before !== undefined;) {
      const page = await api.tasks({ state: 'open', ...(before && { before }) });
      tasks.push(...page.tasks);
      before = page.next;
    }
    return tasks;
  },
  announceFile: (file, signal) => json('POST', '/api/files', file, { signal }),
  // Returns how much the center has then. It knows better than we where the file goes on.
  sendPart: async (file, part, offset, signal) => {
    const more = { 'Upload-Offset': String(offset), 'Upload-Complete': '?0' };
    try {
      const answer = await send('PATCH', `/api/files/${id(file)}`, { body: part, type: 'application/partial-upload', signal, more });
      return offsetOf(answer) ?? offset + part.size;
    } catch (problem) {
      if (problem.status === 409 && problem.offset !== null && problem.offset !== offset) return problem.offset;
      throw problem;
    }
  },
  fileAddress: (task, file) => `/api/tasks/${id(task)}/files/${id(file)}`,
  task: (task) => json('GET', `/api/tasks/${id(task)}`),
  createTask: (task) => json('POST', '/api/tasks', task),
  cancelTask: (task, reason) => json('POST', `/api/tasks/${id(task)}/cancel`, { reason }),
  handOver: (terminal, successor) => json('POST', `/api/terminals/${id(terminal)}/hand-over`, { terminal: successor }),
  assignTask: (task, terminal) => json('POST', `/api/tasks/${id(task)}/assign`, { terminal }),
  alerts: async () => (await json('GET', '/api/alerts')).alerts ?? [],
  alert: (alert) => json('GET', `/api/alerts/${id(alert)}`),
  sendAlert: (alert) => json('POST', '/api/alerts', alert),
  importAlert: async (xml) => (await send('POST', '/api/alerts', { body: xml, type: 'application/cap+xml' })).json(),
  cancelAlert: (alert, reason) => json('POST', `/api/alerts/${id(alert)}/cancel`, { reason: reason || undefined }),
  askLive: (terminal, reason, video, sharp) => json('POST', `/api/terminals/${id(terminal)}/live`, { reason: reason || undefined, video: video ?? undefined, sharp: sharp || undefined }),
  setLiveMode: (terminal, sharp) => json('POST', `/api/terminals/${id(terminal)}/live/mode`, { sharp }),
  endLive: (session) => json('DELETE', `/api/live/${id(session)}`),
  live: async () => (await json('GET', '/api/live')).live ?? [],
  sos: async () => (await json('GET', '/api/sos')).sos ?? [],
  answerSos: (sos, what) => json('POST', `/api/sos/${id(sos)}/${what}`),
  audit: async (limit) => (await json('GET', `/api/audit?limit=${id(limit)}`)).audit ?? [],
};
