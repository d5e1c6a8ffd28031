/* SPDX-License-Identifier: GPL-3.0-or-later */
// All tasks there ever were: searched and paged at the center, for nobody reads a hundred thousand,
// and to be saved as a table or a map.

import { api } from './api.js';
import { problemLine } from './dialog.js';
import { button, freshId, h, icon, KeyedList, perFrame } from './dom.js';
import { changes } from './i18n.js';
import { store } from './store.js';
import { TaskCard } from './task-card.js';

const PAGE = 100;
const WORDS_MAX = 4;
// Nothing is asked of the center while a word is being typed.
const TYPING_MS = 250;

// The beginning of a day here, so many days on, as a time of the center's.
function dayAsTime(day, later = 0) {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

function dateField(key, id, onchange) {
  const input = h('input', { type: 'date', id, max: '9999-12-31', onchange });
  return [h('label', { for: id, t: key }), input];
}

export function taskHistory(openTask) {
  const find = h('input', { type: 'search', id: 'history-find', label: 'history.find', placeholder: 'history.find', maxlength: 60 });
  const [fromLabel, from] = dateField('history.from', 'history-from', () => load());
  const [untilLabel, until] = dateField('history.until', 'history-until', () => load());
  const line = problemLine();
  const list = h('ul', { class: 'task-list', id: 'history-list' });
  const none = h('p', { class: 'empty-line', t: 'history.none', hidden: true });
  const more = button('history.more', { id: 'history-more', onclick: () => load(next) });
  const moreRow = h('li', { class: 'task-more', hidden: true }, more);
  const saveLabel = freshId('save');
  const links = ['csv', 'geojson'].map((format) => h('a', { class: 'button', download: true, data: { format } },
    icon('download'), h('span', { t: `history.export.${format}` })));
  const node = h('div', { class: 'tasks-view', id: 'history' },
    h('div', { class: 'history-tools' }, h('div', { class: 'search' }, icon('search'), find),
      h('div', { class: 'history-dates' }, fromLabel, from, untilLabel, until), line.node),
    list, none,
    h('div', { class: 'history-foot', role: 'group', 'aria-labelledby': saveLabel }, h('span', { id: saveLabel, t: 'history.export' }), links));
  const cards = new KeyedList(list, (task) => task.id, (task) => new TaskCard(task, openTask));
  let tasks = new Map();
  let next;
  let request = null;
  let opened = false;

  function query() {
    const wanted = { state: 'all' };
    const words = find.value.split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
    if (words.length > 0) wanted.find = words.join(' ');
    if (from.value) wanted.from = dayAsTime(from.value);
    if (until.value) wanted.until = dayAsTime(until.value, 1);
    return wanted;
  }

  const show = perFrame(() => {
    cards.show([...tasks.values()]);
    list.append(moreRow);
    moreRow.hidden = next === undefined;
    none.hidden = tasks.size > 0 || request !== null;
  });

  // An answer that a newer question has overtaken is dropped.
  async function load(before) {
    request?.abort();
    const mine = new AbortController();
    request = mine;
    for (const link of links) link.href = `/api/tasks.${link.dataset.format}?${new URLSearchParams(query())}`;
    try {
      const page = await api.tasks({ ...query(), limit: PAGE, ...(before && { before }) }, mine.signal);
      if (mine !== request) return;
      tasks = new Map([...(before ? tasks : []), ...page.tasks.map((task) => [task.id, task])]);
      next = page.next;
      line.clear();
    } catch (problem) {
      if (mine === request) line.show(problem);
    }
    if (mine === request) request = null;
    show();
  }

  let typing = 0;
  find.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(load, TYPING_MS);
  });

  const stop = new AbortController();
  const { signal } = stop;
  // What is listed follows its task. A new one stands first, where everything is listed.
  store.addEventListener('tasks', ({ detail }) => {
    if (!opened) return;
    if (!detail) load();
    else if (tasks.has(detail.id)) tasks.set(detail.id, { ...tasks.get(detail.id), ...detail });
    else if (Object.keys(query()).length === 1) tasks = new Map([[detail.id, detail], ...tasks]);
    show();
  }, { signal });
  changes.addEventListener('language', show, { signal });

  return {
    node, cards,
    open() {
      opened = true;
      load();
    },
    remove() {
      stop.abort();
      clearTimeout(typing);
      request?.abort();
    },
  };
}
