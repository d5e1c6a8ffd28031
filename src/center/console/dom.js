/* SPDX-License-Identifier: GPL-3.0-or-later */
// Building and keeping DOM nodes. Nothing here parses HTML: whatever a terminal or a person typed
// can only ever become text.

import { say } from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

// An icon from icons.svg; always beside a name, so hidden from screen readers.
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(svg, name) {
  const use = svg.firstChild;
  const href = `icons.svg#${name}`;
  if (use.getAttribute('href') !== href) use.setAttribute('href', href);
}

// Makes an element. Attributes with a meaning of their own:
//   t, label, hint, placeholder   a dictionary key (or [key, params]) for the text, aria-label,
//                                 title or placeholder; follows the language
//   text                          text that is not ours to translate
//   data                          an object for dataset
//   onNAME                        a listener
// Booleans become present or absent attributes, null and undefined are left out.
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 't') say(node, 'text', ...[value].flat());
    else if (name === 'label') say(node, 'aria-label', ...[value].flat());
    else if (name === 'hint') say(node, 'title', ...[value].flat());
    else if (name === 'placeholder') say(node, 'placeholder', ...[value].flat());
    else if (name === 'text') node.textContent = value;
    else if (name === 'data') Object.assign(node.dataset, value);
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// A button with an icon and a visible text, or with a name only for screen readers and tooltip.
export function button(key, { icon: name = null, quiet = false, kind = '', ...rest } = {}) {
  const names = quiet ? { label: key, hint: key } : {};
  const node = h('button', { type: 'button', class: `button ${kind} ${quiet ? 'quiet' : ''}`.trim(), ...names, ...rest });
  if (name) node.append(icon(name));
  if (!quiet) node.append(h('span', { t: key }));
  return node;
}

// One of a few, in a form; `key(value)` is the text of a value.
export function choice(name, legend, values, key, chosen) {
  return h('fieldset', { class: 'urgency-choice' }, h('legend', { t: legend }),
    h('div', { class: 'chips' }, values.map((value) => h('label', { class: 'chip' },
      h('input', { type: 'radio', name, value, checked: value === chosen }), h('span', { t: key(value) })))));
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Makes the children of `parent` follow `items`: nodes are kept by key, so that focus, scroll
// position and running video survive. `create(item)` returns { node, update(item), remove() };
// the latter two are optional.
export class KeyedList {
  #views = new Map();

  constructor(parent, key, create) {
    this.parent = parent;
    this.key = key;
    this.create = create;
  }

  get(key) {
    return this.#views.get(key);
  }

  views() {
    return this.#views.values();
  }

  show(items) {
    const wanted = new Set(items.map(this.key));
    for (const [key, view] of this.#views) {
      if (wanted.has(key)) continue;
      view.remove?.();
      view.node.remove();
      this.#views.delete(key);
    }
    let place = this.parent.firstElementChild;
    for (const item of items) {
      const key = this.key(item);
      let view = this.#views.get(key);
      if (!view) {
        view = this.create(item);
        this.#views.set(key, view);
      }
      view.update?.(item);
      if (view.node === place) {
        place = place.nextElementSibling;
      } else {
        // Moving a node drops its focus, so the focused one is given it back.
        const focused = view.node.contains(document.activeElement) ? document.activeElement : null;
        this.parent.insertBefore(view.node, place);
        focused?.focus({ preventScroll: true });
      }
    }
  }
}

// Runs `work` at most once per frame however often it is asked for, and leaves `pauseMs()` between
// two times; goes on in a hidden page, where there are no frames.
export function perFrame(work, pauseMs = () => 0) {
  let waiting = false;
  let last = -Infinity;
  const run = () => {
    if (!waiting) return;
    waiting = false;
    last = performance.now();
    work();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    const pause = Math.max(last + pauseMs() - performance.now(), document.hidden ? 100 : 0);
    if (pause > 0) setTimeout(run, pause);
    else requestAnimationFrame(run);
  };
}

let lastId = 0;
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// A labelled form field: label above, hint and error below, tied together for screen readers.
// `control` is the input. Returns { node, control, fail(key, params), clear() }.
export function field(key, control, { hint = null, optional = false } = {}) {
  const id = control.id || freshId('field');
  control.id = id;
  const error = h('p', { class: 'field-error', id: `${id}-error` });
  const described = [`${id}-error`];
  const children = [
    h('label', { for: id }, h('span', { t: key }), optional ? h('span', { class: 'optional', t: 'form.optional' }) : null),
    control,
  ];
  if (hint) {
    children.push(h('p', { class: 'field-hint', id: `${id}-hint`, t: hint }));
    described.unshift(`${id}-hint`);
  }
  control.setAttribute('aria-describedby', described.join(' '));
  const clear = () => {
    error.replaceChildren();
    control.removeAttribute('aria-invalid');
  };
  control.addEventListener('input', clear);
  return {
    node: h('div', { class: 'field' }, children, error),
    control,
    clear,
    fail(...message) {
      error.replaceChildren(icon('alert'), h('span', { t: message }));
      control.setAttribute('aria-invalid', 'true');
    },
  };
}
