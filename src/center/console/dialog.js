/* SPDX-License-Identifier: GPL-3.0-or-later */
// Modal dialogs on <dialog>: the browser keeps the focus inside and gives it back.

import { button, field, freshId, h, icon } from './dom.js';

// A dialog with a heading and a close button. `content` goes below; `onclose` runs when it is
// gone, however that came about. Returns { node, body, close() }.
export function openDialog({ id, title, kind = '', onclose = () => {} }) {
  const heading = freshId('dialog');
  const body = h('div', { class: 'dialog-body' });
  const node = h('dialog', { id, class: `dialog ${kind}`.trim(), 'aria-labelledby': heading },
    h('header', { class: 'dialog-head' },
      h('h2', { id: heading, t: title }),
      button('dialog.close', { icon: 'close', quiet: true, class: 'button quiet dialog-close', onclick: () => node.close() })),
    body);
  node.addEventListener('close', () => {
    node.remove();
    onclose();
  });
  document.body.append(node);
  node.showModal();
  return { node, body, close: () => node.close() };
}

// The place where a form says why it failed.
export function problemLine() {
  const node = h('p', { class: 'problem', role: 'alert' });
  return {
    node,
    show(problem) {
      node.replaceChildren(icon('alert'), h('span', { text: problem.text ?? String(problem) }));
    },
    clear: () => node.replaceChildren(),
  };
}

// Runs `work` for a form or button: not twice at a time, and with its problem shown beside it.
// Returns whether it went well.
export async function attempt(control, line, work) {
  if (control.getAttribute('aria-busy') === 'true') return false;
  control.setAttribute('aria-busy', 'true');
  line.clear();
  try {
    await work();
    return true;
  } catch (problem) {
    if (problem.name === 'AbortError') return false;
    line.show(problem);
    return false;
  } finally {
    control.removeAttribute('aria-busy');
  }
}

// One of a few, side by side.
function choiceOf({ name, label, hint, values }) {
  const title = freshId('choice');
  const below = freshId('choice');
  const choices = Object.entries(values).map(([value, text], place) => h('label', { class: 'chip' },
    h('input', { type: 'radio', name, value, checked: place === 0 }), h('span', { t: text })));
  return h('div', { class: 'field', role: 'radiogroup', 'aria-labelledby': title, 'aria-describedby': below },
    h('span', { class: 'choice-label', id: title, t: label }), h('div', { class: 'chips' }, choices),
    h('p', { class: 'field-hint', id: below, t: hint }));
}

// Asks before something that cannot be undone, or for a reason. `reason` is null (no field) or
// { label, required, hint }, `choice` null or { name, label, hint, values: { VALUE: label } }, the first
// being what most want, `more` null or a node below these. `work(reason, value)` does it; the dialog stays
// while it fails.
export function ask({ id, title, text, confirm, kind = 'primary', reason = null, choice = null, more = null, work }) {
  const dialog = openDialog({ id, title, kind: 'narrow' });
  const line = problemLine();
  const input = reason ? field(reason.label, h('textarea', { rows: 3, maxlength: 200, name: 'reason' }), {
    hint: reason.hint, optional: !reason.required,
  }) : null;
  const submit = h('button', { type: 'submit', class: `button ${kind}` }, h('span', { t: confirm }));
  const form = h('form', { novalidate: true },
    text ? h('p', { class: 'dialog-text', t: text }) : null,
    input?.node,
    choice ? choiceOf(choice) : null,
    more,
    line.node,
    h('div', { class: 'dialog-actions' }, button('dialog.cancel', { onclick: dialog.close }), submit));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const value = input?.control.value.trim() ?? '';
    if (reason?.required && !value) {
      input.fail('form.required');
      input.control.focus();
      return;
    }
    const chosen = choice ? new FormData(form).get(choice.name) : undefined;
    if (await attempt(submit, line, () => work(value, chosen))) dialog.close();
  });
  dialog.body.append(form);
  (input?.control ?? submit).focus();
}
