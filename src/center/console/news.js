/* SPDX-License-Identifier: GPL-3.0-or-later */
// What happens out there and matters at once: shown and spoken in one line.

import { notify } from './notices.js';
import { standing, store } from './store.js';

const TOLD_TASK_STATES = new Set(['accepted', 'declined', 'en-route', 'arrived', 'done']);

export function watchNews() {
  const stands = new Map();
  const steps = new Map();
  const lives = new Map();

  function terminalNews(terminal) {
    const before = stands.get(terminal.id);
    const after = standing(terminal);
    stands.set(terminal.id, after);
    if (before === undefined || before === after) return;
    if (after === 'lost') notify('bad', 'news.lost', { worker: terminal.worker });
    else if (after === 'duty') notify('good', before === 'lost' ? 'news.back' : 'news.duty', { worker: terminal.worker });
    else if (before === 'duty') notify('plain', 'news.off', { worker: terminal.worker });
  }

  function taskNews(task) {
    const before = steps.get(task.id);
    steps.set(task.id, task.state);
    if (before === undefined || before === task.state || !TOLD_TASK_STATES.has(task.state)) return;
    notify(task.state === 'declined' ? 'bad' : 'good', `news.task.${task.state}`, { worker: task.worker, title: task.title });
  }

  function liveNews(live) {
    const before = lives.get(live.session);
    lives.set(live.session, live.state);
    if (before === live.state) return;
    if (live.state === 'live') notify('good', 'news.live', { worker: live.worker });
    else if (live.state === 'ended' && before) notify('plain', 'news.live.ended', { worker: live.worker });
  }

  // Without a detail the lists are new: remember them, tell nothing.
  store.addEventListener('terminals', ({ detail }) => {
    if (detail) terminalNews(detail);
    else for (const terminal of store.terminals.values()) stands.set(terminal.id, standing(terminal));
  });
  store.addEventListener('tasks', ({ detail }) => {
    if (detail) taskNews(detail);
    else for (const task of store.tasks.values()) steps.set(task.id, task.state);
  });
  store.addEventListener('live', ({ detail }) => {
    if (detail) liveNews(detail);
    else for (const live of store.live.values()) lives.set(live.session, live.state);
  });
}
