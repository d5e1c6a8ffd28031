/* SPDX-License-Identifier: GPL-3.0-or-later */
// What the console knows, kept equal to the center's: lists fetched after each (re)connection,
// then followed by events. Panels read the maps and listen for changes.

import { api } from './api.js';
import { EventSocket } from './events.js';

const FINAL_TASK_STATES = new Set(['done', 'declined', 'cancelled']);
const URGENCIES = ['urgent', 'priority', 'routine'];
const REMEMBERED_ENDED = 8;
const CROWD = 300;
const CROWD_REST_MS = 400;

export const isOpen = (task) => !FINAL_TASK_STATES.has(task.state);
export const urgencyRank = (task) => URGENCIES.indexOf(task.urgency);

// How a terminal stands, in the one word that the dispatcher cares for. "lost" is the one to worry
// about: on duty, but out of reach.
export function standing(terminal) {
  const online = terminal.state === 'online';
  if (terminal.duty) return online ? 'duty' : 'lost';
  return online ? 'standby' : 'off';
}

// Fires 'terminals', 'positions', 'tasks', 'alerts', 'live' (detail: what changed, or null for everything),
// 'file' (detail: { task, file }, a file of a task that is new or has come further),
// 'figures' (detail: how a live session fares),
// 'sos' (detail: the SOS that changed, or null), 'pairing' (detail: PAIRING), 'connection', 'selection' and 'track'.
class Store extends EventTarget {
  config = null;
  user = null;
  terminals = new Map();
  // All that are open, and of the others the latest.
  tasks = new Map();
  live = new Map();
  // Calls for help that are not over.
  sos = new Map();
  // Those that hold, and the latest that have ended.
  alerts = new Map();
  connected = false;
  selected = null;
  // The track that the map shows: { terminal, hours }, or null.
  track = null;

  #socket = new EventSocket();
  #pending = null;
  #loading = 0;

  constructor() {
    super();
    this.#socket.addEventListener('open', () => this.#load());
    this.#socket.addEventListener('lost', () => this.#lost());
    this.#socket.addEventListener('message', ({ detail }) => {
      if (this.#pending) this.#pending.push(detail);
      else this.#apply(detail);
    });
    window.addEventListener('online', () => this.retry());
  }

  start(user) {
    this.user = user;
    this.#socket.start();
  }

  stop() {
    this.#socket.stop();
    this.#loading += 1;
    this.#pending = null;
    this.terminals.clear();
    this.tasks.clear();
    this.live.clear();
    this.sos.clear();
    this.alerts.clear();
    this.user = null;
    this.selected = null;
    this.track = null;
    this.connected = false;
  }

  retry() {
    this.#socket.retry();
  }

  select(terminal) {
    if (this.selected === terminal) return;
    this.selected = terminal;
    this.#tell('selection', terminal);
  }

  // What a person calls the thing behind an id that the center names: the worker, the title.
  nameOf(id) {
    return this.terminals.get(id)?.worker ?? this.tasks.get(id)?.title ?? id;
  }

  showTrack(track) {
    this.track = track;
    this.#tell('track', track);
  }

  workerOf(terminal) {
    return this.terminals.get(terminal)?.worker ?? '';
  }

  // The answer to a request of ours, which may be here before its event.
  putTask(task) {
    this.#apply({ event: 'task', data: task });
  }

  putAlert(alert) {
    this.#apply({ event: 'alert', data: alert });
  }

  // The answer to a request may come after the events that followed it: those know more.
  putLive(live) {
    if (this.live.has(live.session)) return;
    this.#apply({ event: 'live', data: live });
  }

  putSos(sos) {
    this.#apply({ event: 'sos', data: sos });
  }

  inNeed(terminal) {
    return [...this.sos.values()].some((sos) => sos.terminal === terminal);
  }

  // Shows a terminal, and the place where it is.
  find(terminal, position) {
    this.select(terminal);
    this.#tell('find', { id: terminal, position });
  }

  removeTerminal(terminal) {
    this.#apply({ event: 'terminal-removed', data: { id: terminal } });
  }

  forgetLive(session) {
    if (this.live.delete(session)) this.#tell('live', null);
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #lost() {
    this.#pending = null;
    this.#loading += 1;
    this.connected = false;
    this.#tell('connection');
    // A socket that is refused looks like one that is lost: this request tells whether the session
    // has ended, and then leads to the login.
    api.session().catch(() => {});
  }

  // Events that arrive while the lists are under way are newer than the lists, so they wait.
  async #load() {
    this.#loading += 1;
    const turn = this.#loading;
    this.#pending = [];
    let lists;
    try {
      lists = await Promise.all([api.terminals(), api.tasks({ state: 'all' }), api.openTasks(), api.live(), api.sos(), api.alerts()]);
    } catch {
      if (turn === this.#loading) setTimeout(() => turn === this.#loading && this.#load(), 2000);
      return;
    }
    if (turn !== this.#loading) return;
    const [terminals, latest, open, live, sos, alerts] = lists;
    this.terminals = new Map(terminals.map((item) => [item.id, item]));
    this.tasks = new Map([...latest.tasks, ...open].map((item) => [item.id, item]));
    this.live = new Map(live.map((item) => [item.session, item]));
    this.sos = new Map(sos.map((item) => [item.id, item]));
    this.alerts = new Map(alerts.map((item) => [item.id, item]));
    const waiting = this.#pending;
    this.#pending = null;
    this.connected = true;
    for (const name of ['connection', 'terminals', 'positions', 'tasks', 'live', 'sos', 'alerts']) this.#tell(name);
    for (const { terminal, position } of sos) if (position) this.#move({ terminal, points: [position] });
    for (const message of waiting) this.#apply(message);
  }

  #apply({ event, data }) {
    if (event === 'terminal') {
      this.terminals.set(data.id, data);
      this.#tell('terminals', data);
      this.#tell('positions', null);
    } else if (event === 'terminal-removed') {
      this.terminals.delete(data.id);
      if (this.selected === data.id) this.select(null);
      if (this.track?.terminal === data.id) this.showTrack(null);
      this.#tell('terminals', null);
      this.#tell('positions', null);
    } else if (event === 'position') {
      this.#move(data);
    } else if (event === 'task') {
      const before = this.tasks.get(data.id);
      this.tasks.set(data.id, { ...before, ...data });
      this.#tell('tasks', data);
    } else if (event === 'file') {
      this.#tell('file', data);
    } else if (event === 'alert') {
      this.#warn(data);
    } else if (event === 'live') {
      this.#follow(data);
    } else if (event === 'live-figures') {
      this.#tell('figures', data);
    } else if (event === 'sos') {
      this.#followSos(data);
    } else if (event === 'pairing') {
      this.#tell('pairing', data);
    }
  }

  // Points can be late, after a terminal was out of reach: only a newer one moves it.
  #move({ terminal: id, points }) {
    const terminal = this.terminals.get(id);
    if (!terminal || !Array.isArray(points) || points.length === 0) return;
    const last = points[points.length - 1];
    if (!terminal.position || Date.parse(last.at) >= Date.parse(terminal.position.at)) terminal.position = last;
    this.#tell('positions', { terminal: id, points });
  }

  // A new one is shown where it is, whatever else was looked at.
  #followSos(sos) {
    const before = this.sos.get(sos.id);
    const over = sos.state === 'withdrawn' || sos.state === 'ended';
    if (over && !before) return;
    if (over) this.sos.delete(sos.id);
    else this.sos.set(sos.id, sos);
    if (sos.position) this.#move({ terminal: sos.terminal, points: [sos.position] });
    this.#tell('sos', sos);
    if (!over && sos.position && !before?.position) this.find(sos.terminal, sos.position);
  }

  // An update has ended others, which the center does not tell one by one.
  #warn(alert) {
    const isNew = !this.alerts.has(alert.id);
    this.alerts.set(alert.id, alert);
    this.#tell('alerts', alert);
    if (!isNew || alert.type !== 'Update') return;
    api.alerts().then((alerts) => {
      for (const item of alerts) this.alerts.set(item.id, item);
      this.#tell('alerts', null);
    }).catch(() => {});
  }

  // Ended sessions stay for the wall to say why; the oldest of them make room.
  #follow(live) {
    this.live.set(live.session, live);
    const ended = [...this.live.values()].filter((item) => item.state === 'ended');
    for (const item of ended.slice(0, -REMEMBERED_ENDED)) this.live.delete(item.session);
    const terminal = this.terminals.get(live.terminal);
    if (terminal && live.state !== 'ended') terminal.live = live;
    else if (terminal?.live?.session === live.session) terminal.live = null;
    this.#tell('live', live);
  }
}

export const store = new Store();

// Hundreds of terminals always have something to tell: panels then follow them a few times a second.
export const restMs = () => (store.terminals.size > CROWD ? CROWD_REST_MS : 0);
