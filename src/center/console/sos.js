/* SPDX-License-Identifier: GPL-3.0-or-later */
// The band that nobody overlooks: each call for help until it is over, with sound until somebody
// has seen it.

import { Alarm } from './alarm.js';
import { api } from './api.js';
import { ask } from './dialog.js';
import { button, h, icon, KeyedList, setText } from './dom.js';
import { changes, t } from './i18n.js';
import { notify } from './notices.js';
import { store } from './store.js';
import { askForLive } from './terminals.js';
import { moment, showTime } from './time.js';

async function answer(sos, what) {
  try {
    store.putSos(await api.answerSos(sos.id, what));
  } catch (problem) {
    // Somebody else was quicker: what they did is on its way, or here.
    if (problem.type !== 'conflict') notify('bad', 'notice.failed', { text: problem.text });
  }
}

class Call {
  constructor(sos) {
    this.sos = sos;
    this.worker = h('strong', { class: 'sos-worker' });
    this.pressed = h('time');
    this.place = h('span', { class: 'sos-place' });
    this.placeTime = h('time');
    this.battery = h('span', { class: 'sos-battery' });
    this.state = h('span', { class: 'sos-state' });
    this.seen = button('sos.seen', { icon: 'check', kind: 'primary', data: { action: 'seen' }, onclick: () => answer(this.sos, 'seen') });
    this.find = button('terminal.find', { icon: 'pin', data: { action: 'find' }, onclick: () => store.find(this.sos.terminal, this.sos.position) });
    this.live = button('live.ask', { icon: 'video', data: { action: 'live' }, onclick: () => askForLive(store.terminals.get(this.sos.terminal)) });
    this.end = button('sos.end', { icon: 'stop', data: { action: 'end' }, onclick: () => this.#askEnd() });
    this.node = h('article', { class: 'sos-call', data: { sos: sos.id } },
      icon('alert'), h('span', { class: 'sos-word', t: 'sos.word' }), this.worker,
      h('span', { class: 'sos-facts' }, this.pressed, h('span', {}, this.place, ' ', this.placeTime), this.battery, this.state),
      h('span', { class: 'sos-actions' }, this.seen, this.find, this.live, this.end));
  }

  #askEnd() {
    ask({
      id: 'sos-dialog', title: 'sos.end.title', text: ['sos.end.text', { worker: this.sos.worker }], confirm: 'sos.end', kind: 'danger',
      work: async () => store.putSos(await api.answerSos(this.sos.id, 'end')),
    });
  }

  update(sos) {
    const live = store.terminals.get(sos.terminal)?.live;
    const { position: fix } = sos;
    this.sos = sos;
    this.node.dataset.state = sos.state;
    setText(this.worker, sos.worker);
    showTime(this.pressed, sos.pressed_at, 'moment');
    setText(this.place, fix ? `${fix.lat.toFixed(5)}, ${fix.lon.toFixed(5)}` : t('sos.nowhere'));
    showTime(this.placeTime, fix?.at, 'ago');
    setText(this.battery, sos.battery_percent === undefined ? '' : t('sos.battery', { n: sos.battery_percent }));
    setText(this.state, sos.seen_by ? t('sos.seen.by', { name: sos.seen_by, time: moment(Date.parse(sos.seen_at)) }) : t('sos.unseen'));
    this.seen.hidden = sos.state !== 'open';
    this.find.disabled = !fix;
    this.live.hidden = Boolean(live) && live.state !== 'ended';
  }
}

export function sosBand() {
  const calls = h('div', { class: 'sos-calls' });
  const sound = button('sos.sound', { icon: 'muted', id: 'sos-sound', hidden: true, onclick: () => alarm.allow() });
  const node = h('section', { class: 'sos', id: 'sos', role: 'alert', label: 'sos.band', hidden: true }, calls, sound);
  const list = new KeyedList(calls, (sos) => sos.id, (sos) => new Call(sos));
  const stop = new AbortController();
  const alarm = new Alarm((blocked) => { sound.hidden = !blocked; }, stop.signal);
  const title = document.title;

  function show() {
    const all = [...store.sos.values()].sort((a, b) => Date.parse(b.received_at) - Date.parse(a.received_at));
    const unseen = all.some((sos) => sos.state === 'open');
    list.show(all);
    node.hidden = all.length === 0;
    node.toggleAttribute('data-unseen', unseen);
    document.title = unseen ? t('sos.title', { title }) : title;
    alarm.ring(unseen);
  }

  for (const name of ['sos', 'terminals', 'live', 'connection']) store.addEventListener(name, show, { signal: stop.signal });
  store.addEventListener('sos', ({ detail }) => {
    if (detail?.state === 'withdrawn') notify('plain', 'sos.withdrawn', { worker: detail.worker });
    else if (detail?.state === 'ended') notify('plain', 'sos.ended', { worker: detail.worker, name: detail.ended_by ?? '' });
  }, { signal: stop.signal });
  changes.addEventListener('language', show, { signal: stop.signal });
  return {
    node,
    remove() {
      stop.abort();
      alarm.ring(false);
      document.title = title;
    },
  };
}
