/* SPDX-License-Identifier: GPL-3.0-or-later */
// One task, its steps as a timeline, and taking it back.

import { api } from './api.js';
import { ask, problemLine } from './dialog.js';
import { button, h, perFrame, setText } from './dom.js';
import { changes, has, say } from './i18n.js';
import { placeOf } from './map-layers.js';
import { notify } from './notices.js';
import { isOpen, store } from './store.js';
import { assignTask } from './task-assign.js';
import { taskFiles } from './task-files.js';
import { showTime } from './time.js';

function cancel(task) {
  ask({
    id: 'cancel-dialog', title: 'task.cancel.title', text: ['task.cancel.text', { title: task.title, worker: task.worker ?? '' }],
    confirm: 'task.cancel', kind: 'danger', reason: { label: 'task.cancel.reason', required: true, hint: 'task.cancel.hint' },
    work: async (reason) => {
      store.putTask(await api.cancelTask(task.id, reason));
      notify('good', 'task.cancelled');
    },
  });
}

// What was written at a step. A word stands for what nobody wrote; who had a task before stands at
// its beginning.
function note(entry) {
  if (!entry.note) return null;
  if (entry.state === 'sent') return h('p', { class: 'step-note', t: ['task.before', { worker: entry.note }] });
  if (entry.state === 'cancelled' && entry.note === 'reassigned') return h('p', { class: 'step-note', t: 'task.reassigned' });
  return h('p', { class: 'step-note', text: entry.note });
}

function step(entry) {
  const time = h('time');
  showTime(time, entry.at, 'moment');
  const key = `task.state.${entry.state}`;
  return h('li', { class: 'step', data: { state: entry.state }, 'data-refused': Boolean(entry.refused) },
    h('div', {},
      h('span', { class: 'step-name', ...(has(key) ? { t: key } : { text: entry.state }) }),
      entry.by ? h('span', { class: 'step-by', text: ` · ${store.nameOf(entry.by)}` }) : null,
      entry.refused ? h('p', { class: 'step-note', t: 'task.refused' }) : null,
      note(entry)),
    time);
}

export function taskDetail(id, map) {
  const title = h('h3', { class: 'detail-title' });
  const state = h('span', { class: 'state-chip' });
  const urgency = h('span', { class: 'urgency' });
  const description = h('p', { class: 'detail-text' });
  const worker = h('dd');
  const due = h('time');
  const dueRow = h('div', { class: 'fact' }, h('dt', { t: 'task.deadline' }), h('dd', {}, due));
  const placeName = h('span');
  const toMap = button('task.place.show', { icon: 'pin', kind: 'link', onclick: () => map.show(placeOf(store.tasks.get(id))) });
  const placeRow = h('div', { class: 'fact' }, h('dt', { t: 'task.place' }), h('dd', {}, placeName, ' ', toMap));
  const by = h('dd');
  const steps = h('ol', { class: 'timeline', id: 'task-history', label: 'task.history' });
  // What the dispatcher attached belongs to the question, what the worker added to the answer.
  const attached = taskFiles(id, map, { id: 'task-attached', title: 'file.attached' });
  const files = taskFiles(id, map, { id: 'task-files', title: 'file.list' });
  const isAttached = (file) => file.by !== store.tasks.get(id)?.terminal;
  const line = problemLine();
  const withdraw = button('task.cancel', { kind: 'danger', id: 'task-cancel', onclick: () => cancel(store.tasks.get(id)) });
  const assign = button('task.assign', { id: 'task-assign', onclick: () => assignTask(store.tasks.get(id)) });
  const actions = h('div', { class: 'form-actions' }, withdraw, assign);
  const node = h('div', { class: 'task-detail', id: 'task-detail', data: { task: id } },
    title, h('div', { class: 'detail-tags' }, state, urgency), description, attached.node,
    h('dl', { class: 'facts' },
      h('div', { class: 'fact' }, h('dt', { t: 'task.worker' }), worker), dueRow, placeRow,
      h('div', { class: 'fact' }, h('dt', { t: 'task.by' }), by)),
    files.node, h('h3', { t: 'task.history' }), steps, line.node, actions);

  const show = perFrame(() => {
    const task = store.tasks.get(id);
    if (!task) return;
    node.dataset.state = task.state;
    setText(title, task.title);
    say(state, 'text', `task.state.${task.state}`);
    state.dataset.state = task.state;
    say(urgency, 'text', `urgency.${task.urgency}`);
    urgency.dataset.urgency = task.urgency;
    setText(description, task.description ?? '');
    description.hidden = !task.description;
    setText(worker, task.worker ?? store.workerOf(task.terminal));
    setText(by, task.created_by ?? '');
    dueRow.hidden = !task.deadline;
    showTime(due, task.deadline, isOpen(task) ? 'deadline' : 'moment');
    const place = placeOf(task);
    placeRow.hidden = !task.place;
    setText(placeName, task.place?.properties?.name ?? (place ? `${place.lat}, ${place.lon}` : ''));
    toMap.hidden = !place;
    actions.hidden = !isOpen(task);
  });

  // An answer that a newer request has overtaken is dropped.
  let turn = 0;
  async function load() {
    turn += 1;
    const mine = turn;
    try {
      const { history, files: all, ...task } = await api.task(id);
      if (mine !== turn) return;
      store.tasks.set(id, { ...store.tasks.get(id), ...task });
      steps.replaceChildren(...(history ?? []).map(step));
      attached.show((all ?? []).filter(isAttached));
      files.show((all ?? []).filter((file) => !isAttached(file)));
      line.clear();
    } catch (problem) {
      if (mine === turn) line.show(problem);
    }
    show();
  }

  const stop = new AbortController();
  store.addEventListener('tasks', ({ detail }) => {
    if (!detail || detail.id === id) load();
  }, { signal: stop.signal });
  store.addEventListener('file', ({ detail }) => {
    if (detail.task === id) (isAttached(detail.file) ? attached : files).put(detail.file);
  }, { signal: stop.signal });
  changes.addEventListener('language', () => {
    attached.translate();
    files.translate();
    show();
  }, { signal: stop.signal });
  show();
  load();
  return {
    node, task: id,
    remove() {
      turn += 1;
      stop.abort();
    },
  };
}
