/* SPDX-License-Identifier: GPL-3.0-or-later */
// One alert: what it says, who has received and who has read it, and taking it back.

import { api } from './api.js';
import { areaBounds } from './map-areas.js';
import { ask, problemLine } from './dialog.js';
import { button, h, perFrame, setText } from './dom.js';
import { changes, say } from './i18n.js';
import { notify } from './notices.js';
import { store } from './store.js';
import { showTime } from './time.js';

// Of thousands only the first are listed: nobody reads more.
const LISTED_MAX = 200;
// While terminals answer one after the other the list follows a few times.
const REST_MS = 1000;

function cancel(alert) {
  ask({
    id: 'alert-cancel-dialog', title: 'alert.cancel.title', text: ['alert.cancel.text', { title: alert.headline ?? alert.event }],
    confirm: 'alert.cancel', kind: 'danger', reason: { label: 'alert.cancel.reason', required: false, hint: 'alert.cancel.hint' },
    work: async (reason) => {
      store.putAlert(await api.cancelAlert(alert.id, reason));
      notify('good', 'alert.cancelled');
    },
  });
}

function receipt({ worker, received_at: received, read_at: read }) {
  const time = h('time');
  showTime(time, read ?? received, 'moment');
  const key = read ? 'alert.receipt.read' : received ? 'alert.receipt.received' : 'alert.receipt.sent';
  return h('li', { class: 'receipt', 'data-read': Boolean(read) }, h('span', { text: worker }), h('span', { class: 'receipt-state', t: key }), time);
}

export function alertDetail(id, map) {
  const title = h('h3', { class: 'detail-title' });
  const severity = h('span', { class: 'state-chip' });
  const urgency = h('span', { class: 'state-chip' });
  const state = h('span', { class: 'state-chip' });
  const instruction = h('p', { class: 'detail-text alert-instruction' });
  const description = h('p', { class: 'detail-text' });
  const until = h('time');
  const area = h('span');
  const toMap = button('task.place.show', { icon: 'pin', kind: 'link', onclick: () => map.fit(areaBounds(store.alerts.get(id))) });
  const areaRow = h('div', { class: 'fact' }, h('dt', { t: 'alert.area' }), h('dd', {}, area, ' ', toMap));
  const by = h('dd');
  const counts = h('h3', { id: 'alert-counts' });
  const receipts = h('ul', { class: 'receipts', id: 'alert-receipts', 'aria-labelledby': 'alert-counts' });
  const more = h('p', { class: 'field-hint', hidden: true });
  const line = problemLine();
  const withdraw = button('alert.cancel', { kind: 'danger', id: 'alert-cancel', onclick: () => cancel(store.alerts.get(id)) });
  const actions = h('div', { class: 'form-actions' }, withdraw);
  const node = h('div', { class: 'task-detail', id: 'alert-detail', data: { alert: id } },
    title, h('div', { class: 'detail-tags' }, state, severity, urgency), instruction, description,
    h('dl', { class: 'facts' },
      h('div', { class: 'fact' }, h('dt', { t: 'alert.expires' }), h('dd', {}, until)), areaRow,
      h('div', { class: 'fact' }, h('dt', { t: 'alert.by' }), by)),
    counts, receipts, more, line.node, actions);

  const show = perFrame(() => {
    const alert = store.alerts.get(id);
    if (!alert) return;
    const current = alert.state === 'current';
    node.dataset.state = alert.state;
    setText(title, alert.headline ?? alert.event);
    say(severity, 'text', `alert.severity.${alert.severity}`);
    severity.dataset.severity = alert.severity;
    say(urgency, 'text', `alert.urgency.${alert.urgency}`);
    state.hidden = current && alert.status !== 'Exercise';
    say(state, 'text', current ? 'alert.exercise' : `alert.state.${alert.state}`);
    setText(instruction, alert.instruction ?? '');
    instruction.hidden = !alert.instruction;
    setText(description, alert.description ?? '');
    description.hidden = !alert.description;
    showTime(until, alert.expires, current ? 'deadline' : 'moment');
    areaRow.hidden = alert.areas.length === 0;
    setText(area, alert.areas.map(({ name }) => name).join('; '));
    toMap.hidden = !areaBounds(alert);
    setText(by, alert.created_by);
    say(counts, 'text', 'alert.counts', { sent: alert.sent, received: alert.received, read: alert.read });
    actions.hidden = !current;
  });

  // An answer that a newer request has overtaken is dropped.
  let turn = 0;
  async function fetchReceipts() {
    turn += 1;
    const mine = turn;
    try {
      const { terminals } = await api.alert(id);
      if (mine !== turn) return;
      receipts.replaceChildren(...terminals.slice(0, LISTED_MAX).map(receipt));
      more.hidden = terminals.length <= LISTED_MAX;
      say(more, 'text', 'alert.more', { n: terminals.length - LISTED_MAX });
      line.clear();
    } catch (problem) {
      if (mine === turn) line.show(problem);
    }
  }
  const load = perFrame(fetchReceipts, () => REST_MS);

  const stop = new AbortController();
  store.addEventListener('alerts', ({ detail }) => {
    if (detail && detail.id !== id) return;
    show();
    load();
  }, { signal: stop.signal });
  changes.addEventListener('language', show, { signal: stop.signal });
  show();
  load();
  map.fit(areaBounds(store.alerts.get(id)));
  return {
    node, alert: id,
    remove() {
      turn += 1;
      stop.abort();
    },
  };
}
