/* SPDX-License-Identifier: GPL-3.0-or-later */
// The page before the console: the first account, and logging in.

import { api, Problem } from './api.js';
import { attempt, problemLine } from './dialog.js';
import { field, h } from './dom.js';
import { languageSwitch, themeSwitch } from './preferences.js';
import { store } from './store.js';

// The center's own limit.
const PASSWORD_MIN = 8;

function page(title, text, ...content) {
  return h('main', { class: 'access' },
    h('div', { class: 'access-tools' }, languageSwitch(), themeSwitch()),
    h('section', { class: 'access-card', 'aria-labelledby': 'access-title' },
      h('div', { class: 'brand large' }, h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }),
        h('span', { text: store.config?.name || 'Gridcast' })),
      h('h1', { id: 'access-title', tabindex: -1, t: title }),
      text ? h('p', { class: 'access-text', t: text }) : null,
      content));
}

function input(name, type, autocomplete, more = {}) {
  return h('input', { name, type, autocomplete, spellcheck: 'false', autocapitalize: 'none', maxlength: 256, ...more });
}

// The first of `checks` ([field, failed, message…]) that failed is shown and focused.
function valid(checks) {
  let good = true;
  for (const [item, failed, ...message] of checks) {
    if (!failed) continue;
    item.fail(...message);
    if (good) item.control.focus();
    good = false;
  }
  return good;
}

function form(id, fields, submitKey, submit) {
  const line = problemLine();
  const go = h('button', { type: 'submit', class: 'button primary wide' }, h('span', { t: submitKey }));
  return h('form', {
    id, novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      submit(go, line);
    },
  }, fields.map((item) => item.node), line.node, go);
}

// `reason` is a key that says why the dispatcher stands here again, or null.
export function loginPage(reason, done) {
  const user = field('access.user', input('user', 'text', 'username', { maxlength: 64 }));
  const password = field('access.password', input('password', 'password', 'current-password'));
  return page('access.login', reason, form('login', [user, password], 'access.login.do', (go, line) => {
    if (!valid([
      [user, !user.control.value.trim(), 'form.required'],
      [password, !password.control.value, 'form.required'],
    ])) return;
    attempt(go, line, async () => {
      await api.login(user.control.value.trim(), password.control.value);
      await done();
    });
  }));
}

export function setupPage(token, done) {
  const user = field('access.user', input('user', 'text', 'username', { maxlength: 64 }), { hint: 'access.user.hint' });
  const password = field('access.password', input('password', 'password', 'new-password'), { hint: 'access.password.hint' });
  const again = field('access.again', input('again', 'password', 'new-password'));
  return page('access.setup', 'access.setup.text', form('setup', [user, password, again], 'access.setup.do', (go, line) => {
    if (!valid([
      [user, !user.control.value.trim(), 'form.required'],
      [user, /\s/.test(user.control.value.trim()), 'access.user.spaces'],
      [password, [...password.control.value].length < PASSWORD_MIN, 'access.password.short', { n: PASSWORD_MIN }],
      [again, again.control.value !== password.control.value, 'access.again.differs'],
    ])) return;
    attempt(go, line, async () => {
      try {
        await api.setup(token, user.control.value.trim(), password.control.value);
      } catch (problem) {
        // What is wrong here is the link, not the name or the password.
        throw problem.type === 'login-wrong' ? new Problem('setup-wrong', problem.status) : problem;
      }
      await done();
    });
  }));
}

// A fresh center, opened without its one-time link.
export function noLinkPage() {
  return page('access.setup', 'access.setup.nolink');
}
