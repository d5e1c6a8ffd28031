/* SPDX-License-Identifier: GPL-3.0-or-later */
// A task in a list.

import { h, icon, setText } from './dom.js';
import { say } from './i18n.js';
import { isOpen, store } from './store.js';
import { showTime } from './time.js';

export class TaskCard {
  constructor(task, open) {
    this.title = h('span', { class: 'task-title' });
    this.urgency = h('span', { class: 'urgency' });
    this.state = h('span', { class: 'state-chip' });
    this.worker = h('span');
    this.place = h('span');
    this.fileCount = h('span');
    this.files = h('span', { class: 'task-files-count' }, icon('photo'), this.fileCount);
    this.due = h('time', { class: 'task-due' });
    this.head = h('button', { type: 'button', class: 'task-head', onclick: () => open(task.id) },
      h('span', { class: 'task-line' }, this.urgency, this.title, this.state),
      h('span', { class: 'task-sub' }, this.worker, this.place, this.files, this.due));
    this.node = h('li', { class: 'task', data: { task: task.id } }, this.head);
  }

  update(task) {
    this.node.dataset.urgency = isOpen(task) ? task.urgency : 'routine';
    this.node.dataset.state = task.state;
    this.node.toggleAttribute('data-final', !isOpen(task));
    setText(this.title, task.title);
    this.urgency.hidden = task.urgency === 'routine' || !isOpen(task);
    this.urgency.dataset.urgency = task.urgency;
    say(this.urgency, 'text', `urgency.${task.urgency}`);
    say(this.state, 'text', `task.state.${task.state}`);
    this.state.dataset.state = task.state;
    setText(this.worker, task.worker ?? store.workerOf(task.terminal));
    setText(this.place, task.place?.properties?.name ?? '');
    this.files.hidden = !task.file_count;
    say(this.fileCount, 'text', 'file.number', { n: task.file_count ?? 0 });
    if (isOpen(task) && task.deadline) showTime(this.due, task.deadline, 'deadline');
    else showTime(this.due, task.state_at ?? task.created_at, 'ago');
  }
}
