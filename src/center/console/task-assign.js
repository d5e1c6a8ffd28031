/* SPDX-License-Identifier: GPL-3.0-or-later */
// Giving a task to another terminal.

import { api } from './api.js';
import { attempt, openDialog, problemLine } from './dialog.js';
import { button, field, h } from './dom.js';
import { notify } from './notices.js';
import { store } from './store.js';
import { terminalChoices } from './task-form.js';

export function assignTask(task) {
  const dialog = openDialog({ id: 'assign-dialog', title: 'task.assign.title', kind: 'narrow' });
  const line = problemLine();
  const terminal = field('task.terminal', h('select', { name: 'terminal' }));
  const submit = h('button', { type: 'submit', class: 'button primary' }, h('span', { t: 'task.assign.send' }));
  const form = h('form', { novalidate: true },
    h('p', { class: 'dialog-text', t: ['task.assign.text', { title: task.title, worker: task.worker ?? '' }] }),
    terminal.node, line.node,
    h('div', { class: 'dialog-actions' }, button('dialog.cancel', { onclick: dialog.close }), submit));
  terminal.control.replaceChildren(...terminalChoices(task.terminal));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const chosen = terminal.control.value;
    if (!chosen) {
      terminal.fail('task.terminal.missing');
      terminal.control.focus();
      return;
    }
    await attempt(submit, line, async () => {
      const given = await api.assignTask(task.id, chosen);
      store.putTask(given);
      dialog.close();
      notify('good', 'task.sent', { worker: given.worker });
      store.dispatchEvent(new CustomEvent('open-task', { detail: given.id }));
    });
  });
  dialog.body.append(form);
  terminal.control.focus();
}
