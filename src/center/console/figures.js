/* SPDX-License-Identifier: GPL-3.0-or-later */
// How a live session fared in the last minutes, as its terminal tells: two small graphs in its tile,
// what is sent and how old the picture is, and the same in words. And the choice what a thin network
// is spent on.

import { api } from './api.js';
import { button, h, setText } from './dom.js';
import { languageTag, t } from './i18n.js';
import { notify } from './notices.js';

const SVG = 'http://www.w3.org/2000/svg';
const SHOWN_MS = 180000;
// A terminal tells every 2 s: a longer silence is a gap, not a slope.
const GAP_MS = 7000;
const WIDTH = 180;
const HEIGHT = 30;
// Scales begin here, so that what is good looks good.
const LEAST_KBPS = 500;
const LEAST_DELAY_MS = 500;
const LOSS_SEEN = 0.005;
// What was chosen is believed until figures of that time can have come.
const CHOSEN_MS = 5000;

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function plot(...classes) {
  const paths = classes.map((name) => shape('path', { class: name, 'vector-effect': 'non-scaling-stroke' }));
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  svg.append(...paths);
  return { svg, paths };
}

const known = (value) => typeof value === 'number' && Number.isFinite(value);

export class Figures {
  #samples = [];
  #chosenAt = -Infinity;

  constructor(terminal) {
    this.terminal = terminal;
    this.rate = plot('figures-target', 'figures-rate');
    this.delay = plot('figures-delay', 'figures-loss');
    this.rateText = h('span');
    this.delayText = h('span');
    this.limitText = h('p', { class: 'figures-limit' });
    this.node = h('div', { class: 'tile-figures', role: 'img', hidden: true }, this.rate.svg, this.rateText, this.delay.svg, this.delayText, this.limitText);
    this.sharp = button('figures.sharp', { icon: 'search', quiet: true, hidden: true, 'aria-pressed': 'false', data: { action: 'sharp' }, onclick: () => this.#choose() });
  }

  // Takes the data of a “live-figures” event, and when it came.
  add(data, at = performance.now()) {
    this.#samples.push({ ...data, at });
    this.show();
  }

  show(live = true) {
    const now = performance.now();
    while (this.#samples.length && now - this.#samples[0].at > SHOWN_MS) this.#samples.shift();
    const last = this.#samples.at(-1);
    this.node.hidden = !live || !last;
    this.sharp.hidden = this.node.hidden;
    if (this.node.hidden) return;
    this.#draw(now);
    if (now - this.#chosenAt > CHOSEN_MS) this.sharp.setAttribute('aria-pressed', String(last.sharp));
    setText(this.rateText, this.#rateInWords(last));
    setText(this.delayText, known(last.delay_ms) ? t('wall.ms', { n: Math.round(last.delay_ms) }) : '–');
    setText(this.limitText, last.limit !== 'nothing' || last.stills ? this.#limitInWords(last) : '');
    this.node.setAttribute('aria-label', this.#inWords(last));
    this.node.setAttribute('title', this.#inWords(last));
  }

  async #choose() {
    const sharp = this.sharp.getAttribute('aria-pressed') !== 'true';
    this.sharp.setAttribute('aria-pressed', String(sharp));
    this.#chosenAt = performance.now();
    try {
      await api.setLiveMode(this.terminal, sharp);
    } catch (problem) {
      this.#chosenAt = -Infinity;
      this.show();
      notify('bad', 'notice.failed', { text: problem.text });
    }
  }

  #draw(now) {
    const top = (least, read) => Math.max(least, ...this.#samples.map(read).filter(known)) * 1.05;
    const rateTop = top(LEAST_KBPS * 1000, (sample) => Math.min(sample.target_bps, sample.video_bps * 1.5));
    const delayTop = top(LEAST_DELAY_MS, (sample) => sample.delay_ms);
    const line = (read, highest) => this.#line(now, read, highest);
    this.rate.paths[0].setAttribute('d', line((sample) => Math.min(sample.target_bps, rateTop), rateTop));
    this.rate.paths[1].setAttribute('d', line((sample) => Math.min(sample.video_bps, rateTop), rateTop));
    this.delay.paths[0].setAttribute('d', line((sample) => sample.delay_ms, delayTop));
    this.delay.paths[1].setAttribute('d', this.#lossMarks(now));
  }

  #x(sample, now) {
    return (WIDTH * (1 - (now - sample.at) / SHOWN_MS)).toFixed(1);
  }

  #line(now, read, highest) {
    let path = '';
    let before = -Infinity;
    for (const sample of this.#samples) {
      const value = read(sample);
      if (!known(value)) continue;
      const y = (HEIGHT * (1 - value / highest)).toFixed(1);
      path += `${sample.at - before > GAP_MS ? 'M' : 'L'}${this.#x(sample, now)} ${y}`;
      before = sample.at;
    }
    return path;
  }

  // A mark for each moment with loss, the higher the more of it; a tenth of all packets fills it.
  #lossMarks(now) {
    return this.#samples.filter((sample) => sample.loss >= LOSS_SEEN)
      .map((sample) => `M${this.#x(sample, now)} ${HEIGHT}v${(-HEIGHT * Math.min(1, sample.loss * 10)).toFixed(1)}`).join('');
  }

  #rateInWords(sample) {
    return t('wall.kbps', { n: new Intl.NumberFormat(languageTag()).format(Math.round(sample.video_bps / 1000)) });
  }

  // Whether nobody should wait for more than a picture every few seconds.
  get stills() {
    return Boolean(this.#samples.at(-1)?.stills);
  }

  #limitInWords(sample) {
    if (sample.stills) return t('figures.stills');
    return sample.limit ? t(`figures.limit.${sample.limit}`) : '';
  }

  #inWords(sample) {
    const parts = [t('figures.rate', { rate: this.#rateInWords(sample) })];
    if (known(sample.delay_ms)) parts.push(t('figures.delay', { n: Math.round(sample.delay_ms) }));
    if (known(sample.rtt_ms)) parts.push(t('figures.rtt', { n: Math.round(sample.rtt_ms) }));
    parts.push(t('figures.loss', { n: Math.round(sample.loss * 1000) / 10 }));
    if (this.#limitInWords(sample)) parts.push(this.#limitInWords(sample));
    return new Intl.ListFormat(languageTag(), { style: 'narrow' }).format(parts);
  }
}
