/* SPDX-License-Identifier: GPL-3.0-or-later */
// One live session on the wall: from being asked for to its end.

import { api } from './api.js';
import { ask } from './dialog.js';
import { button, freshId, h, icon, setIcon, setText } from './dom.js';
import { Figures } from './figures.js';
import { has, say, t } from './i18n.js';
import { notify } from './notices.js';
import { store } from './store.js';
import { showTime } from './time.js';
import { decodableVideo, WhepPlayer } from './whep.js';

const CHECK_MS = 500;
const FROZEN_AFTER_MS = 1500;
// Where there is but a picture every few seconds.
const FROZEN_STILLS_MS = 10000;
// Long enough to read why it ended; the audit log keeps it.
const ENDED_SHOWN_MS = 60000;
const CODEC_NAMES = { H264: 'H.264' };
const STATISTICS = ['resolution', 'fps', 'bitrate', 'codec', 'delay', 'lost', 'freezes'];

// Why a session ended: a word of PROTOCOL.md, or what the worker wrote.
export function reasonInWords(reason) {
  const key = `wall.why.${reason}`;
  return has(key) ? t(key) : reason;
}

export class Tile {
  #playing = 'stopped';
  #problem = null;
  #frames = 0;
  #framesAt = 0;
  #watch = true;
  #seen = false;

  constructor(live, onlayout) {
    this.live = live;
    this.onlayout = onlayout;
    const title = freshId('tile');
    this.name = h('h3', { class: 'tile-name', id: title });
    this.badge = h('span', { class: 'live-badge' });
    this.time = h('time', { class: 'tile-time' });
    this.viewers = h('span');
    this.viewersBox = h('span', { class: 'tile-viewers' }, icon('eye'), this.viewers);
    this.video = h('video', { playsinline: true, autoplay: true, data: { session: live.session } });
    this.video.muted = true;
    this.message = h('p', { role: 'status' });
    this.reason = h('p', { class: 'tile-reason' });
    this.pulse = h('span', { class: 'pulse', 'aria-hidden': 'true' });
    this.middle = h('div', { class: 'tile-middle' }, this.pulse, this.message, this.reason);
    this.frozen = h('p', { class: 'tile-frozen', hidden: true });
    this.figures = new Figures(live.terminal);
    this.#makeStatistics();
    this.#makeControls();
    this.node = h('article', { class: 'tile', 'aria-labelledby': title, data: { session: live.session, terminal: live.terminal } },
      this.video, this.middle, this.statistics, this.figures.node, this.frozen,
      h('div', { class: 'tile-bar' }, this.badge, this.name, this.time, this.viewersBox), this.controls);
    this.player = new WhepPlayer(live.session, this.video);
    this.player.addEventListener('state', ({ detail }) => this.#onPlayer(detail));
    this.timer = setInterval(() => this.#check(), CHECK_MS);
    this.video.addEventListener('resize', () => this.#show());
    this.video.addEventListener('loadeddata', () => this.#check());
  }

  #makeStatistics() {
    this.values = Object.fromEntries(STATISTICS.map((name) => [name, h('dd', { data: { statistic: name } })]));
    this.statistics = h('dl', { class: 'tile-stats', hidden: true, label: 'wall.statistics' },
      STATISTICS.map((name) => h('div', {}, h('dt', { t: `wall.statistics.${name}` }), this.values[name])));
  }

  #makeControls() {
    this.sound = button('wall.unmute', { icon: 'muted', quiet: true, 'aria-pressed': 'false', data: { action: 'sound' }, onclick: () => this.#toggleSound() });
    this.stats = button('wall.statistics', { icon: 'stats', quiet: true, 'aria-pressed': 'false', data: { action: 'statistics' }, onclick: () => this.#toggleStatistics() });
    this.large = button('wall.enlarge', { icon: 'enlarge', quiet: true, 'aria-pressed': 'false', data: { action: 'enlarge' }, onclick: () => this.#toggleLarge() });
    this.leave = button('wall.leave', { icon: 'eye-off', quiet: true, data: { action: 'leave' }, onclick: () => this.#toggleWatch() });
    this.end = h('button', { type: 'button', class: 'button danger end', data: { action: 'end' }, onclick: () => this.#end() }, icon('stop'), h('span'));
    this.dismiss = button('wall.dismiss', { kind: 'end', data: { action: 'dismiss' }, onclick: () => store.forgetLive(this.live.session) });
    this.controls = h('div', { class: 'tile-controls' }, this.sound, this.stats, this.figures.sharp, this.large, this.leave, this.end, this.dismiss);
    this.video.addEventListener('dblclick', () => this.#toggleLarge());
  }

  update(live) {
    this.live = live;
    this.#follow();
    if (live.state === 'ended') this.leaving ??= setTimeout(() => store.forgetLive(live.session), ENDED_SHOWN_MS);
    this.#show();
  }

  remove() {
    clearInterval(this.timer);
    clearTimeout(this.leaving);
    this.player.stop();
    // Removed while enlarged: the others come back.
    this.node.removeAttribute('data-large');
  }

  // What the terminal sends and this browser cannot decode is not asked for.
  get #undecodable() {
    return this.live.state === 'live' && this.live.video && decodableVideo()?.includes(this.live.video) === false;
  }

  #follow() {
    if (this.live.state === 'live' && this.#watch && !this.#undecodable) this.player.start();
    else if (this.#playing !== 'stopped') this.player.stop(this.live.state === 'ended');
  }

  #onPlayer({ state, problem }) {
    this.#playing = state;
    this.#problem = problem;
    if (state !== 'playing') this.frozen.hidden = true;
    this.#framesAt = performance.now();
    this.#show();
  }

  #show() {
    const { live } = this;
    const on = live.state === 'live';
    const ended = live.state === 'ended';
    this.#seen = on && this.#playing === 'playing' && this.#frames > 0;
    this.node.dataset.state = live.state;
    this.node.toggleAttribute('data-watching', this.#seen);
    setText(this.name, live.worker ?? store.workerOf(live.terminal));
    say(this.badge, 'text', `live.state.${live.state}`);
    this.badge.dataset.state = live.state;
    this.time.hidden = !on;
    showTime(this.time, on ? live.started_at : null, 'running');
    this.viewersBox.hidden = !on;
    this.figures.show(on);
    setText(this.viewers, String(live.viewers ?? 0));
    say(this.viewersBox, 'title', 'wall.viewers', { n: live.viewers ?? 0 });
    setText(this.message, this.#messageText());
    setText(this.reason, this.#reasonText());
    this.middle.hidden = this.#seen;
    this.pulse.hidden = ended || (on && !this.#watch) || Boolean(this.#problem) || this.#undecodable;
    for (const control of [this.sound, this.stats, this.large, this.leave]) control.hidden = !on;
    this.sound.disabled = !live.audio;
    const watch = this.#watch ? ['eye-off', 'wall.leave'] : ['eye', 'wall.watch'];
    setIcon(this.leave.firstChild, watch[0]);
    this.#rename(this.leave, watch[1]);
    this.#showSound();
    this.end.hidden = ended;
    this.dismiss.hidden = !ended;
    this.end.classList.toggle('danger', on);
    say(this.end.lastChild, 'text', on ? 'live.end' : 'live.withdraw');
  }

  #messageText() {
    const { live } = this;
    const worker = live.worker ?? '';
    if (live.state !== 'live') return t(`wall.${live.state}`, { worker });
    if (!this.#watch) return t('wall.not-watching');
    if (this.#undecodable) return t('wall.undecodable', { codec: CODEC_NAMES[live.video] ?? live.video });
    if (this.#problem) return t('wall.trying', { text: this.#problem.text });
    return this.#seen ? '' : t('wall.loading');
  }

  #reasonText() {
    const { live } = this;
    if (live.state === 'ended') return reasonInWords(live.end_reason ?? '');
    if (this.#undecodable) return t('wall.undecodable.text');
    if (live.state === 'live') return '';
    return live.reason ? t('wall.reason', { text: live.reason }) : '';
  }

  #rename(control, key) {
    say(control, 'aria-label', key);
    say(control, 'title', key);
  }

  #showSound() {
    const on = !this.video.muted;
    this.sound.setAttribute('aria-pressed', String(on));
    setIcon(this.sound.firstChild, on ? 'sound' : 'muted');
    this.#rename(this.sound, !this.live.audio ? 'wall.silent' : on ? 'wall.mute' : 'wall.unmute');
  }

  #toggleSound() {
    this.video.muted = !this.video.muted;
    this.#showSound();
  }

  #toggleStatistics() {
    this.statistics.hidden = !this.statistics.hidden;
    this.stats.setAttribute('aria-pressed', String(!this.statistics.hidden));
  }

  #toggleLarge() {
    const on = !this.node.hasAttribute('data-large');
    for (const other of this.node.parentElement.children) other.removeAttribute('data-large');
    this.node.toggleAttribute('data-large', on);
    this.onlayout();
  }

  showLarge() {
    const on = this.node.hasAttribute('data-large');
    this.large.setAttribute('aria-pressed', String(on));
    setIcon(this.large.firstChild, on ? 'reduce' : 'enlarge');
    this.#rename(this.large, on ? 'wall.reduce' : 'wall.enlarge');
  }

  #toggleWatch() {
    this.#watch = !this.#watch;
    this.#follow();
    this.#frames = 0;
    this.#show();
  }

  // Taking back a request needs no second thought; cutting a running picture does.
  async #end() {
    const { session, worker } = this.live;
    if (this.live.state === 'live') {
      ask({ id: 'end-live-dialog', title: 'live.end.title', text: ['live.end.text', { worker: worker ?? '' }], confirm: 'live.end', kind: 'danger', work: () => this.#sendEnd(session) });
      return;
    }
    try {
      await this.#sendEnd(session);
    } catch (problem) {
      notify('bad', 'notice.failed', { text: problem.text });
    }
  }

  // Somebody else may have been faster: then what was wanted is done.
  async #sendEnd(session) {
    try {
      await api.endLive(session);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
    }
  }

  // Firefox counts no frames of a live stream as played; WebRTC knows there too.
  async #countFrames() {
    return this.video.getVideoPlaybackQuality().totalVideoFrames || this.player.framesDecoded();
  }

  async #check() {
    const frames = await this.#countFrames();
    const time = performance.now();
    // A hidden page shows no frames: nothing is known then.
    if (frames !== this.#frames || document.hidden || this.#playing !== 'playing') {
      this.#frames = frames;
      this.#framesAt = time;
      if (!this.#seen && frames > 0) this.#show();
    }
    const stillFor = time - this.#framesAt;
    const frozen = this.#seen && stillFor > (this.figures.stills ? FROZEN_STILLS_MS : FROZEN_AFTER_MS);
    this.node.toggleAttribute('data-frozen', frozen);
    this.frozen.hidden = !frozen;
    if (frozen) setText(this.frozen, t('wall.frozen', { n: Math.round(stillFor / 1000) }));
    if (!this.statistics.hidden) this.#showStatistics(await this.player.statistics());
  }

  #showStatistics(numbers) {
    const text = numbers === null ? {} : {
      resolution: numbers.width ? `${numbers.width} × ${numbers.height}` : '',
      fps: String(numbers.fps),
      bitrate: numbers.kbps === null ? '' : t('wall.kbps', { n: numbers.kbps }),
      codec: numbers.codec,
      delay: numbers.delay_ms === null ? '' : t('wall.ms', { n: numbers.delay_ms }),
      lost: String(numbers.lost),
      freezes: String(numbers.freezes),
    };
    for (const [name, node] of Object.entries(this.values)) setText(node, text[name] || '–');
  }
}
