/* SPDX-License-Identifier: GPL-3.0-or-later */
// Alerts to everybody: those that hold and the latest that have ended; one of them, with who has
// not read it; or the form for a new one. Stands in the place of the tasks while it is open.

import { alertDetail } from './alert-detail.js';
import { alertForm } from './alert-form.js';
import { button, h, icon, KeyedList, perFrame, setText } from './dom.js';
import { changes, say } from './i18n.js';
import { store } from './store.js';
import { showTime } from './time.js';

export const isCurrent = (alert) => alert.state === 'current';
export const titleOf = (alert) => alert.headline ?? alert.event;

class AlertCard {
  constructor(alert, open) {
    this.title = h('span', { class: 'task-title' });
    this.state = h('span', { class: 'state-chip' });
    this.counts = h('span', { class: 'alert-counts' });
    this.time = h('time', { class: 'task-due' });
    this.head = h('button', { type: 'button', class: 'task-head', onclick: () => open(alert.id) },
      h('span', { class: 'task-line' }, this.title, this.state),
      h('span', { class: 'task-sub' }, this.counts, this.time));
    this.node = h('li', { class: 'task alert-card', data: { alert: alert.id } }, this.head);
  }

  update(alert) {
    this.node.dataset.severity = isCurrent(alert) ? alert.severity : 'Unknown';
    this.node.dataset.state = alert.state;
    this.node.toggleAttribute('data-final', !isCurrent(alert));
    setText(this.title, titleOf(alert));
    say(this.state, 'text', isCurrent(alert) ? `alert.severity.${alert.severity}` : `alert.state.${alert.state}`);
    this.state.dataset.severity = isCurrent(alert) ? alert.severity : '';
    say(this.counts, 'text', 'alert.counts', { sent: alert.sent, received: alert.received, read: alert.read });
    showTime(this.time, isCurrent(alert) ? alert.expires : alert.ended_at, isCurrent(alert) ? 'deadline' : 'ago');
  }
}

// Those that hold first, then the newest.
function order(a, b) {
  return Number(isCurrent(b)) - Number(isCurrent(a)) || Date.parse(b.sent_at) - Date.parse(a.sent_at) || 0;
}

// `title(key)` names the page; `leave()` goes back to where it was opened.
export function alertsPage(map, title, leave) {
  const list = h('ul', { class: 'task-list', id: 'alert-list' });
  const empty = h('div', { class: 'empty', hidden: true }, icon('alert'), h('p', { class: 'empty-title', t: 'alerts.empty' }), h('p', { t: 'alerts.empty.text' }));
  const create = button('alerts.new', { icon: 'plus', kind: 'primary', id: 'new-alert', onclick: () => openForm() });
  const overview = h('div', { class: 'tasks-view' }, list, empty, h('div', { class: 'alerts-foot' }, create));
  const node = h('div', { class: 'tasks-view', id: 'alerts' }, overview);
  const cards = new KeyedList(list, (alert) => alert.id, (alert) => new AlertCard(alert, (id) => open(id)));
  let inner = null;

  const show = perFrame(() => {
    const alerts = [...store.alerts.values()].sort(order);
    cards.show(alerts);
    empty.hidden = alerts.length > 0 || !store.connected;
  });

  function replace(page, key) {
    inner?.remove?.();
    inner = page;
    node.replaceChildren(page?.node ?? overview);
    title(key);
  }

  function open(id) {
    replace(alertDetail(id, map), 'alert.title');
  }

  function openForm() {
    const form = alertForm(map, (alert) => {
      if (alert) open(alert.id);
      else replace(null, 'alerts.title');
    });
    replace(form, 'alerts.new');
    form.focus();
  }

  const stop = new AbortController();
  for (const name of ['alerts', 'connection']) store.addEventListener(name, show, { signal: stop.signal });
  changes.addEventListener('language', show, { signal: stop.signal });
  show();
  return {
    node,
    back() {
      const id = inner?.alert;
      if (!inner) {
        leave();
        return;
      }
      replace(null, 'alerts.title');
      (cards.get(id)?.head ?? create).focus();
    },
    remove() {
      stop.abort();
      inner?.remove?.();
    },
  };
}
