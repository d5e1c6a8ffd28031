/* SPDX-License-Identifier: GPL-3.0-or-later */
// The languages of the console. Texts are looked up by key; a node that shows one remembers its
// key, so that switching the language needs no reload and cuts no video.

import en from './locale-en.js';
import zh from './locale-zh.js';

const dictionaries = { en, zh };
const tags = { en: 'en-GB', zh: 'zh-CN' };
const spoken = new WeakMap();

export const languages = Object.keys(dictionaries);
export const changes = new EventTarget();

let current = remembered() ?? preferred();

function remembered() {
  const saved = localStorage.getItem('gridcast-language');
  return languages.includes(saved) ? saved : null;
}

function preferred() {
  for (const tag of navigator.languages ?? [navigator.language]) {
    const language = tag.toLowerCase().split('-')[0];
    if (languages.includes(language)) return language;
  }
  return 'en';
}

export const language = () => current;
export const languageTag = () => tags[current];

export function has(key) {
  return key in dictionaries[current];
}

// The text of `key`, with {name} replaced from `params`. Where a language has a form for one,
// `key.one` is taken when params.n is 1.
export function t(key, params = {}) {
  const dictionary = dictionaries[current];
  const one = params.n === 1 ? dictionary[`${key}.one`] : undefined;
  const text = one ?? dictionary[key];
  if (text === undefined) {
    console.error('no text for', key);
    return key;
  }
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in params ? String(params[name]) : all));
}

function write(node, what, key, params) {
  const text = t(key, params);
  if (what === 'text') {
    if (node.textContent !== text) node.textContent = text;
  } else if (node.getAttribute(what) !== text) {
    node.setAttribute(what, text);
  }
}

// Shows `key` as the node's 'text' or as an attribute, now and after each change of language.
export function say(node, what, key, params = {}) {
  let texts = spoken.get(node);
  if (!texts) {
    texts = new Map();
    spoken.set(node, texts);
    node.setAttribute('data-t', '');
  }
  texts.set(what, [key, params]);
  write(node, what, key, params);
}

export function setLanguage(language) {
  if (!languages.includes(language)) return;
  current = language;
  localStorage.setItem('gridcast-language', language);
  apply();
  changes.dispatchEvent(new Event('language'));
}

export function apply() {
  document.documentElement.lang = tags[current];
  for (const node of document.querySelectorAll('[data-t]')) {
    for (const [what, [key, params]] of spoken.get(node) ?? []) write(node, what, key, params);
  }
}
