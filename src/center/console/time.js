/* SPDX-License-Identifier: GPL-3.0-or-later */
// Times in words. A <time> element made here keeps itself current.

import { now } from './api.js';
import { changes, languageTag, t } from './i18n.js';

const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

let formats = {};
changes.addEventListener('language', () => {
  formats = {};
  refresh();
});

function format(name, make) {
  formats[name] ??= make(languageTag());
  return formats[name];
}

export function ago(ms) {
  const seconds = Math.max(0, Math.round((now() - ms) / 1000));
  if (seconds < 5) return t('time.now');
  return relative(-seconds);
}

function relative(seconds) {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS[3];
  return format('relative', (tag) => new Intl.RelativeTimeFormat(tag, { style: 'short', numeric: 'always' }))
    .format(Math.trunc(seconds / size), unit);
}

// "14:32" today, with the day before or after it.
export function moment(ms) {
  const date = new Date(ms);
  const today = new Date(now()).toDateString() === date.toDateString();
  if (today) {
    return format('clock', (tag) => new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit', hour12: false })).format(date);
  }
  return format('day', (tag) => new Intl.DateTimeFormat(tag, {
    month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false,
  })).format(date);
}

export function exact(ms) {
  return format('exact', (tag) => new Intl.DateTimeFormat(tag, {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false,
  })).format(new Date(ms));
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'));
  if (whole >= 3600) parts.unshift(String(Math.floor(whole / 3600)));
  return parts.join(':');
}

function deadline(ms) {
  const left = Math.round((ms - now()) / 1000);
  return t(left < 0 ? 'time.overdue' : 'time.due', { moment: moment(ms), left: relative(left) });
}

const STYLES = {
  ago,
  moment,
  deadline,
  running: (ms) => clock((now() - ms) / 1000),
};

// Shows the RFC 3339 time `iso` in a style: 'ago', 'moment', 'deadline' or 'running'.
export function showTime(node, iso, style) {
  const ms = Date.parse(iso ?? '');
  if (Number.isNaN(ms)) {
    node.textContent = '';
    node.removeAttribute('datetime');
    return;
  }
  node.setAttribute('datetime', iso);
  node.dataset.style = style;
  write(node, ms);
}

function write(node, ms) {
  const text = STYLES[node.dataset.style](ms);
  if (node.textContent !== text) node.textContent = text;
  const title = exact(ms);
  if (node.title !== title) node.title = title;
  if (node.dataset.style === 'deadline') node.toggleAttribute('data-overdue', ms < now());
}

function refresh() {
  for (const node of document.querySelectorAll('time[data-style]')) {
    const ms = Date.parse(node.getAttribute('datetime'));
    if (!Number.isNaN(ms)) write(node, ms);
  }
}

setInterval(() => {
  if (!document.hidden) refresh();
}, 1000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh();
});
