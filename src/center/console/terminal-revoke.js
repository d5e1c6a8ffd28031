/* SPDX-License-Identifier: GPL-3.0-or-later */
// Shutting a terminal out; somebody else can be given what it has to do.

import { api } from './api.js';
import { ask } from './dialog.js';
import { field, h } from './dom.js';
import { notify } from './notices.js';
import { store } from './store.js';
import { terminalChoices } from './task-form.js';

export function revokeTerminal(terminal) {
  const successor = field('revoke.tasks', h('select', { name: 'terminal' }), { optional: true });
  successor.control.replaceChildren(...terminalChoices(terminal.id));
  ask({
    id: 'revoke-dialog', title: 'revoke.title', text: ['revoke.text', { worker: terminal.worker, device: terminal.device ?? '' }],
    more: terminal.open_tasks > 0 ? successor.node : null, confirm: 'revoke.do', kind: 'danger',
    work: async () => {
      const chosen = successor.control.value;
      if (chosen) (await api.handOver(terminal.id, chosen)).tasks.forEach((task) => store.putTask(task));
      await api.revoke(terminal.id);
      store.removeTerminal(terminal.id);
      notify('good', 'revoke.done', { worker: terminal.worker });
    },
  });
}
