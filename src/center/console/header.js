/* SPDX-License-Identifier: GPL-3.0-or-later */
// The bar on top: where am I, how do things stand, and what belongs to no panel.

import { now } from './api.js';
import { button, h, perFrame, setText } from './dom.js';
import { changes, languageTag } from './i18n.js';
import { languageSwitch, themeSwitch } from './preferences.js';
import { isOpen, standing, store } from './store.js';

function figure(id, key) {
  const value = h('dd', { class: 'figure-value', id });
  return { value, node: h('div', { class: 'figure', hint: key }, h('dt', { t: key }), value) };
}

export function header({ logOut, pair, audit }) {
  const duty = figure('count-duty', 'header.duty');
  const lost = figure('count-lost', 'header.lost');
  const live = figure('count-live', 'header.live');
  const tasks = figure('count-tasks', 'header.tasks');
  const current = h('span', { class: 'badge', id: 'count-alerts', hidden: true });
  const alerts = button('alerts.open', { icon: 'alert', id: 'alerts-open', onclick: () => store.dispatchEvent(new CustomEvent('open-alerts')) });
  alerts.append(current);
  const user = h('span', { class: 'user' });
  const time = h('time', { class: 'wall-clock', role: 'timer', 'aria-live': 'off', label: 'header.clock' });

  const node = h('header', { class: 'top' },
    h('div', { class: 'brand' }, h('img', { src: 'icon.svg', alt: '', width: 26, height: 26 }),
      h('h1', { text: store.config?.name || 'Gridcast' })),
    h('dl', { class: 'figures' }, duty.node, lost.node, live.node, tasks.node),
    time,
    h('nav', { class: 'top-tools', label: 'header.tools' },
      alerts,
      button('pairing.open', { icon: 'qr', id: 'pair', onclick: pair }),
      button('audit.open', { icon: 'audit', id: 'audit', onclick: audit }),
      h('span', { class: 'rule' }),
      languageSwitch(), themeSwitch(), user,
      button('header.logout', { icon: 'logout', quiet: true, id: 'logout', onclick: logOut })));

  const count = (map, test) => [...map.values()].filter(test).length;
  const show = perFrame(() => {
    const lostCount = count(store.terminals, (item) => standing(item) === 'lost');
    const onDuty = count(store.terminals, (item) => item.duty);
    setText(duty.value, `${onDuty}\u2009/\u2009${store.terminals.size}`);
    setText(lost.value, String(lostCount));
    lost.node.toggleAttribute('data-alert', lostCount > 0);
    const liveCount = count(store.live, (item) => item.state === 'live');
    setText(live.value, String(liveCount));
    live.node.toggleAttribute('data-live', liveCount > 0);
    setText(tasks.value, String(count(store.tasks, isOpen)));
    const warnings = count(store.alerts, ({ state }) => state === 'current');
    setText(current, String(warnings));
    current.hidden = warnings === 0;
    setText(user, store.user ?? '');
  });
  const tick = () => {
    const part = (options) => new Intl.DateTimeFormat(languageTag(), options).format(new Date(now()));
    setText(time, `${part({ weekday: 'short' })} ${part({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })}`);
  };
  const timer = setInterval(tick, 1000);
  const stop = new AbortController();
  for (const name of ['terminals', 'tasks', 'alerts', 'live', 'connection']) store.addEventListener(name, show, { signal: stop.signal });
  changes.addEventListener('language', tick, { signal: stop.signal });
  tick();
  show();
  return {
    node,
    remove() {
      clearInterval(timer);
      stop.abort();
    },
  };
}
