/* SPDX-License-Identifier: GPL-3.0-or-later */
// The tasks panel: those that are open, or the history of all; and in their place one task or the
// form for a new one.

import { alertsPage } from './alerts.js';
import { button, h, icon, KeyedList, perFrame } from './dom.js';
import { changes, say } from './i18n.js';
import { isOpen, store, urgencyRank } from './store.js';
import { TaskCard } from './task-card.js';
import { taskDetail } from './task-detail.js';
import { taskForm } from './task-form.js';
import { taskHistory } from './task-history.js';

// The most urgent, then the earliest deadline; the newest first.
function order(a, b) {
  const time = (text) => Date.parse(text ?? '') || Infinity;
  return urgencyRank(a) - urgencyRank(b) || time(a.deadline) - time(b.deadline) || Date.parse(b.created_at) - Date.parse(a.created_at) || 0;
}

export function tasksPanel(map) {
  const list = h('ul', { class: 'task-list', id: 'task-list' });
  const empty = h('div', { class: 'empty', hidden: true }, icon('task'), h('p', { class: 'empty-title', t: 'tasks.empty' }), h('p', { t: 'tasks.empty.text' }));
  const create = button('tasks.new', { icon: 'plus', kind: 'primary', id: 'new-task', onclick: () => openForm() });
  const back = button('tasks.back', { icon: 'back', quiet: true, id: 'task-back', hidden: true, onclick: () => (inner?.back ? inner.back() : showList()) });
  const title = h('h2', { id: 'tasks-title', tabindex: -1, t: 'tasks.title' });
  let filter = 'open';
  const choice = (name) => h('label', { class: 'chip' },
    h('input', { type: 'radio', name: 'task-filter', value: name, checked: name === filter, onchange: () => {
      filter = name;
      replace(null, 'tasks.title');
      if (name === 'all') history.open();
    } }), h('span', { t: `tasks.filter.${name}` }));
  const filters = h('div', { class: 'chips', role: 'radiogroup', label: 'tasks.filter' }, choice('open'), choice('all'));
  const open = h('div', { class: 'tasks-view' }, list, empty);
  const history = taskHistory((id) => openTask(id));
  const view = h('div', { class: 'tasks-view' }, open);
  const node = h('section', { class: 'panel tasks', id: 'tasks', 'aria-labelledby': 'tasks-title' },
    h('header', { class: 'panel-head' }, back, title, h('div', { class: 'panel-tools' }, filters, create)), view);
  const cards = new KeyedList(list, (task) => task.id, (task) => new TaskCard(task, openTask));
  let inner = null;
  // The task that is being written: it waits while something else is looked at.
  let draft = null;

  function render() {
    const tasks = [...store.tasks.values()].filter(isOpen).sort(order);
    cards.show(tasks);
    empty.hidden = tasks.length > 0 || !store.connected;
  }

  function replace(page, key) {
    inner?.remove?.();
    inner = page;
    view.replaceChildren((page ?? (filter === 'all' ? history : { node: open })).node);
    back.hidden = !page;
    filters.hidden = create.hidden = Boolean(page);
    say(title, 'text', key);
  }

  // Back to where the dispatcher came from.
  function showList(task = inner?.task) {
    replace(null, 'tasks.title');
    render();
    ((filter === 'all' ? history.cards : cards).get(task)?.head ?? create).focus();
  }

  function openTask(id) {
    replace(taskDetail(id, map), 'task.title');
    title.focus();
  }

  function openAlerts() {
    replace(alertsPage(map, (key) => say(title, 'text', key), () => showList()), 'alerts.title');
    title.focus();
  }

  function openForm(terminal = null) {
    draft ??= taskForm(map, (task) => {
      draft = null;
      if (task) openTask(task.id);
      else showList();
    });
    replace(draft, 'tasks.new');
    draft.show(terminal);
  }

  const stop = new AbortController();
  const { signal } = stop;
  const show = perFrame(render);
  for (const name of ['tasks', 'connection', 'terminals']) store.addEventListener(name, show, { signal });
  store.addEventListener('open-task', ({ detail }) => openTask(detail), { signal });
  store.addEventListener('open-alerts', openAlerts, { signal });
  store.addEventListener('new-task', ({ detail }) => openForm(detail), { signal });
  changes.addEventListener('language', () => {
    draft?.translate();
    show();
  }, { signal });
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (inner?.task) showList();
    else if (inner?.back && !event.target.closest('form')) inner.back();
  });
  return {
    node,
    remove() {
      stop.abort();
      history.remove();
      inner?.remove?.();
    },
  };
}
