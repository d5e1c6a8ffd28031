/* SPDX-License-Identifier: GPL-3.0-or-later */
// The list of terminals; the selected one opens to its details and to what can be done with it.

import { api } from './api.js';
import { ask } from './dialog.js';
import { button, freshId, h, icon, KeyedList, perFrame, setIcon, setText } from './dom.js';
import { changes, languageTag, say, t } from './i18n.js';
import { notify } from './notices.js';
import { openPairing } from './pairing.js';
import { restMs, standing, store } from './store.js';
import { revokeTerminal } from './terminal-revoke.js';
import { showTime } from './time.js';
import { decodableVideo } from './whep.js';

const RANK = { duty: 0, lost: 0, standby: 1, off: 2 };
const UPLINK_ICONS = { wifi: 'wifi', cellular: 'cellular', ethernet: 'ethernet', none: 'no-network', other: 'cellular' };
const FILTERS = {
  all: () => true,
  duty: (terminal) => terminal.duty,
  lost: (terminal) => standing(terminal) === 'lost',
  live: (terminal) => isLive(terminal),
};
const TRACK_HOURS = [1, 4, 8, 24, 72];

function isLive(terminal) {
  return Boolean(terminal.live) && terminal.live.state !== 'ended';
}

export function askForLive(terminal) {
  ask({
    id: 'live-dialog', title: 'live.ask.title', text: ['live.ask.text', { worker: terminal.worker }], confirm: 'live.ask.do',
    reason: { label: 'live.ask.reason', hint: 'live.ask.reason.hint' },
    choice: { name: 'mode', label: 'live.ask.mode', hint: 'live.ask.mode.hint', values: { smooth: 'live.ask.smooth', sharp: 'live.ask.sharp' } },
    work: async (reason, mode) => store.putLive(await api.askLive(terminal.id, reason, decodableVideo(), mode === 'sharp')),
  });
}

// One row of the description list; hidden while there is nothing to say.
function fact(key) {
  const value = h('dd');
  const node = h('div', { class: 'fact' }, h('dt', { t: key }), value);
  return { node, value, show: (visible) => { node.hidden = !visible; } };
}

class Details {
  constructor(terminal) {
    this.terminal = terminal;
    this.position = fact('terminal.position');
    this.fixTime = h('time');
    this.speed = fact('terminal.speed');
    this.network = fact('terminal.network');
    this.seen = fact('terminal.seen');
    this.seenTime = h('time');
    this.seen.value.append(this.seenTime);
    this.paired = fact('terminal.paired');
    this.pairedTime = h('time');
    this.paired.value.append(this.pairedTime);
    this.place = h('span', { class: 'figures-text' });
    this.position.value.append(this.place, ' ', this.fixTime);
    this.live = button('live.ask', { icon: 'video', kind: 'primary', data: { action: 'live' }, onclick: () => askForLive(this.terminal) });
    this.task = button('tasks.new', { icon: 'task', data: { action: 'task' }, onclick: () => this.#tell('new-task') });
    this.find = button('terminal.find', { icon: 'pin', data: { action: 'find' }, onclick: () => this.#tell('find') });
    this.hours = h('select', { class: 'small', label: 'track.hours', data: { action: 'track-hours' } },
      TRACK_HOURS.map((n) => h('option', { value: n, selected: n === 8, t: ['track.last', { n }] })));
    this.track = button('track.show', { icon: 'track', 'aria-pressed': 'false', data: { action: 'track' } });
    this.track.addEventListener('click', () => this.#showTrack(this.track.getAttribute('aria-pressed') !== 'true'));
    this.hours.addEventListener('change', () => this.#showTrack(true));
    this.node = h('div', { class: 'terminal-details' },
      h('dl', { class: 'facts' }, this.position.node, this.speed.node, this.network.node, this.seen.node, this.paired.node),
      h('div', { class: 'terminal-actions' }, this.live, this.task, this.find),
      h('div', { class: 'terminal-actions' }, this.track, this.hours,
        button('terminal.revoke', { kind: 'link danger', data: { action: 'revoke' }, onclick: () => revokeTerminal(this.terminal) })));
  }

  #tell(name) {
    store.dispatchEvent(new CustomEvent(name, { detail: this.terminal }));
  }

  #showTrack(on) {
    store.showTrack(on ? { terminal: this.terminal.id, hours: Number(this.hours.value) } : null);
  }

  update(terminal) {
    this.terminal = terminal;
    const fix = terminal.position;
    if (fix) {
      setText(this.place, `${fix.lat.toFixed(5)}, ${fix.lon.toFixed(5)}`
        + (fix.accuracy_m > 0 ? ` ±${Math.round(fix.accuracy_m)}\u00a0m` : ''));
    } else {
      setText(this.place, t('terminal.position.none'));
    }
    showTime(this.fixTime, fix?.at, 'ago');
    this.speed.show(fix?.speed_mps > 0.5);
    setText(this.speed.value, fix?.speed_mps > 0.5 ? t('terminal.speed.value', { n: Math.round(fix.speed_mps * 3.6) }) : '');
    this.network.show(Boolean(terminal.uplink));
    setText(this.network.value, networkText(terminal));
    this.seen.show(terminal.state !== 'online' && Boolean(terminal.last_seen));
    showTime(this.seenTime, terminal.last_seen, 'moment');
    showTime(this.pairedTime, terminal.paired_at, 'moment');
    const reachable = terminal.state === 'online' && terminal.duty;
    this.live.disabled = !reachable || isLive(terminal);
    say(this.live, 'title', isLive(terminal) ? 'live.ask.already' : reachable ? 'live.ask' : 'live.ask.unreachable');
    this.find.disabled = !fix;
    this.track.setAttribute('aria-pressed', String(store.track?.terminal === terminal.id));
  }
}

function networkText(terminal) {
  if (!terminal.uplink) return '';
  const known = terminal.uplink in UPLINK_ICONS ? terminal.uplink : 'other';
  const parts = [t(`uplink.${known}`)];
  if (typeof terminal.signal_percent === 'number') parts.push(`${terminal.signal_percent} %`);
  if (terminal.metered) parts.push(t('uplink.metered'));
  return parts.join(' · ');
}

class Row {
  #details = null;

  constructor(terminal) {
    this.id = terminal.id;
    this.name = h('span', { class: 'terminal-name' });
    this.device = h('span', { class: 'terminal-device' });
    this.state = h('span', { class: 'terminal-state' });
    this.seen = h('time');
    this.badges = h('span', { class: 'terminal-badges' });
    this.tasks = h('span', { class: 'meter' }, icon('task'), h('span'));
    this.network = h('span', { class: 'meter' }, icon('cellular'), h('span'));
    this.battery = h('span', { class: 'meter' }, icon('battery'), h('span'));
    this.live = h('span', { class: 'live-badge' });
    const body = freshId('terminal');
    this.head = h('button', { type: 'button', class: 'terminal-head', 'aria-expanded': 'false', 'aria-controls': body },
      h('span', { class: 'dot', 'aria-hidden': 'true' }),
      h('span', { class: 'terminal-text' },
        h('span', { class: 'terminal-line' }, this.name, this.device, this.live),
        h('span', { class: 'terminal-line' }, h('span', { class: 'terminal-sub' }, this.state, this.seen),
          this.badges)));
    this.badges.append(this.tasks, this.network, this.battery);
    this.head.addEventListener('click', () => store.select(store.selected === this.id ? null : this.id));
    this.body = h('div', { id: body, class: 'terminal-body', hidden: true });
    this.node = h('li', { class: 'terminal', data: { terminal: this.id } }, this.head, this.body);
  }

  update(terminal) {
    const stands = standing(terminal);
    this.node.dataset.standing = stands;
    setText(this.name, terminal.worker);
    setText(this.device, terminal.device ?? '');
    say(this.state, 'text', `standing.${stands}`);
    showTime(this.seen, stands === 'lost' || stands === 'off' ? terminal.last_seen : null, 'ago');
    this.live.hidden = !isLive(terminal);
    if (isLive(terminal)) {
      say(this.live, 'text', `live.state.${terminal.live.state}`);
      this.live.dataset.state = terminal.live.state;
    }
    this.#meter(this.tasks, terminal.open_tasks > 0, String(terminal.open_tasks), ['terminal.tasks', { n: terminal.open_tasks }]);
    this.#network(terminal);
    this.#battery(terminal);
    this.#open(terminal);
  }

  #meter(node, visible, text, title) {
    node.hidden = !visible;
    if (!visible) return;
    setText(node.lastChild, text);
    say(node, 'title', ...title);
  }

  #network(terminal) {
    const known = terminal.uplink in UPLINK_ICONS ? terminal.uplink : 'other';
    const text = typeof terminal.signal_percent === 'number' ? `${terminal.signal_percent}` : '';
    this.#meter(this.network, terminal.state === 'online' && Boolean(terminal.uplink), text, ['terminal.network.title', { text: networkText(terminal) }]);
    setIcon(this.network.firstChild, UPLINK_ICONS[known]);
    this.network.toggleAttribute('data-low', terminal.signal_percent < 25);
  }

  #battery(terminal) {
    const percent = terminal.battery_percent;
    this.#meter(this.battery, typeof percent === 'number', `${percent}`,
      [terminal.charging ? 'terminal.charging' : 'terminal.battery', { n: percent }]);
    setIcon(this.battery.firstChild, terminal.charging ? 'bolt' : 'battery');
    this.battery.toggleAttribute('data-low', percent < 20 && !terminal.charging);
  }

  #open(terminal) {
    const open = store.selected === this.id;
    this.head.setAttribute('aria-expanded', String(open));
    this.body.hidden = !open;
    if (!open) return;
    if (!this.#details) {
      this.#details = new Details(terminal);
      this.body.append(this.#details.node);
    }
    this.#details.update(terminal);
  }
}

class Filter {
  constructor(onchange) {
    this.name = 'all';
    this.text = '';
    this.search = h('input', { type: 'search', id: 'terminal-search', label: 'terminals.search', placeholder: 'terminals.search', spellcheck: 'false' });
    this.search.addEventListener('input', () => {
      this.text = this.search.value.trim().toLocaleLowerCase();
      onchange();
    });
    this.counts = {};
    const choice = (name) => {
      this.counts[name] = h('span', { class: 'chip-count' });
      const input = h('input', { type: 'radio', name: 'terminal-filter', value: name, checked: name === 'all' });
      input.addEventListener('change', () => {
        this.name = name;
        onchange();
      });
      return h('label', { class: 'chip' }, input, h('span', { t: `terminals.filter.${name}` }), this.counts[name]);
    };
    this.node = h('div', { class: 'filter' },
      h('div', { class: 'search' }, icon('search'), this.search),
      h('div', { class: 'chips', role: 'radiogroup', label: 'terminals.filter' }, Object.keys(FILTERS).map(choice)));
  }

  apply(terminals) {
    for (const [name, test] of Object.entries(FILTERS)) setText(this.counts[name], String(terminals.filter(test).length));
    return terminals.filter(FILTERS[this.name]).filter((terminal) => this.text === ''
      || `${terminal.worker} ${terminal.device ?? ''}`.toLocaleLowerCase().includes(this.text));
  }
}

export function terminalsPanel() {
  const show = perFrame(render);
  const follow = perFrame(render, restMs);
  const filter = new Filter(show);
  const list = h('ul', { class: 'terminal-list', id: 'terminal-list' });
  const rows = new KeyedList(list, (terminal) => terminal.id, (terminal) => new Row(terminal));
  const none = h('p', { class: 'empty-line', t: 'terminals.none', hidden: true });
  const empty = h('div', { class: 'empty', hidden: true }, icon('terminal'),
    h('p', { class: 'empty-title', t: 'terminals.empty' }), h('p', { t: 'terminals.empty.text' }),
    button('pairing.open', { icon: 'qr', kind: 'primary', onclick: openPairing }));
  const node = h('section', { class: 'panel terminals', id: 'terminals', tabindex: -1, 'aria-labelledby': 'terminals-title' },
    h('header', { class: 'panel-head' }, h('h2', { id: 'terminals-title', t: 'terminals.title' })),
    filter.node, list, none, empty);

  function render() {
    const collator = new Intl.Collator(languageTag());
    const all = [...store.terminals.values()].sort((a, b) => RANK[standing(a)] - RANK[standing(b)] || collator.compare(a.worker, b.worker));
    const shown = filter.apply(all);
    rows.show(shown);
    empty.hidden = all.length > 0 || !store.connected;
    none.hidden = all.length === 0 || shown.length > 0;
    filter.node.hidden = all.length === 0;
  }

  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ['terminals', 'connection', 'live', 'track']) store.addEventListener(name, follow, { signal });
  // A position only concerns the open row; a selection made on the map must be seen here too.
  store.addEventListener('positions', ({ detail }) => detail?.terminal === store.selected && show(), { signal });
  store.addEventListener('selection', ({ detail }) => {
    render();
    rows.get(detail)?.node.scrollIntoView({ block: 'nearest' });
  }, { signal });
  changes.addEventListener('language', show, { signal });
  return { node, remove: () => stop.abort() };
}
