/* SPDX-License-Identifier: GPL-3.0-or-later */
// What was done, by whom: read from the center when opened.

import { api } from './api.js';
import { attempt, openDialog, problemLine } from './dialog.js';
import { button, h, icon } from './dom.js';
import { has, t } from './i18n.js';
import { store } from './store.js';
import { reasonInWords } from './tile.js';
import { exact } from './time.js';

const LIMITS = [100, 500, 1000];

function words(what) {
  const key = `audit.what.${what}`;
  return has(key) ? t(key) : what;
}

// Ids of what is gone by now are shown by their beginning: the rest tells nobody anything.
const ID = /^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const named = (value) => store.nameOf(plain(value)).replace(ID, '$1…');

const plain = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));

export function openAudit() {
  const dialog = openDialog({ id: 'audit-dialog', title: 'audit.title', kind: 'wide audit' });
  const rows = h('tbody', { id: 'audit-rows' });
  const line = problemLine();
  const none = h('p', { class: 'empty-line', t: 'audit.none', hidden: true });
  const search = h('input', { type: 'search', id: 'audit-search', label: 'audit.search', placeholder: 'audit.search' });
  const limit = h('select', { class: 'small', id: 'audit-limit', label: 'audit.limit' }, LIMITS.map((n) => h('option', { value: n, t: ['audit.last', { n }] })));
  const refresh = button('audit.refresh', { onclick: () => load() });
  let entries = [];

  function show() {
    const text = search.value.trim().toLocaleLowerCase();
    const cells = entries.map((entry) => [exact(Date.parse(entry.at)), named(entry.who), words(plain(entry.what)), named(entry.about), reasonInWords(plain(entry.detail))])
      .filter((cell) => text === '' || cell.join(' ').toLocaleLowerCase().includes(text));
    rows.replaceChildren(...cells.map((row) => h('tr', {}, row.map((cell) => h('td', { text: cell })))));
    none.hidden = cells.length > 0;
  }

  function load() {
    return attempt(refresh, line, async () => {
      entries = (await api.audit(Number(limit.value))).filter((entry) => !Number.isNaN(Date.parse(entry.at)));
      show();
    });
  }

  search.addEventListener('input', show);
  limit.addEventListener('change', load);
  dialog.body.append(
    h('div', { class: 'audit-tools' }, h('div', { class: 'search' }, icon('search'), search), limit, refresh), line.node,
    h('div', { class: 'audit-scroll', tabindex: 0, role: 'region', label: 'audit.title' },
      h('table', {}, h('thead', {}, h('tr', {}, ['at', 'who', 'what', 'about', 'detail'].map((name) => h('th', { scope: 'col', t: `audit.${name}` })))), rows),
      none));
  search.focus();
  load();
}
