/* SPDX-License-Identifier: GPL-3.0-or-later */
// Language and theme: this browser's, not the account's.

import { h, icon, setIcon } from './dom.js';
import { language, languages, say, setLanguage } from './i18n.js';

export const themeChanges = new EventTarget();

const system = matchMedia('(prefers-color-scheme: light)');

export function theme() {
  const saved = localStorage.getItem('gridcast-theme');
  if (saved === 'light' || saved === 'dark') return saved;
  return system.matches ? 'light' : 'dark';
}

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
  themeChanges.dispatchEvent(new Event('theme'));
}

system.addEventListener('change', applyTheme);

// Shows the language that a press leads to, in its own name.
export function languageSwitch() {
  const other = () => languages[(languages.indexOf(language()) + 1) % languages.length];
  const node = h('button', { type: 'button', class: 'button quiet', id: 'language', label: 'header.language', hint: 'header.language' },
    h('span', { t: 'language.other' }));
  node.addEventListener('click', () => setLanguage(other()));
  return node;
}

export function themeSwitch() {
  const picture = icon('sun');
  const node = h('button', { type: 'button', class: 'button quiet', id: 'theme' }, picture);
  const show = () => {
    const light = theme() === 'light';
    setIcon(picture, light ? 'moon' : 'sun');
    say(node, 'aria-label', light ? 'header.dark' : 'header.light');
    say(node, 'title', light ? 'header.dark' : 'header.light');
  };
  node.addEventListener('click', () => {
    localStorage.setItem('gridcast-theme', theme() === 'light' ? 'dark' : 'light');
    applyTheme();
    show();
  });
  show();
  return node;
}
