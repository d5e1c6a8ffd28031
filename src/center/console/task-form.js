/* SPDX-License-Identifier: GPL-3.0-or-later */
// Writing a new task.

import { api, now } from './api.js';
import { attempt, problemLine } from './dialog.js';
import { button, field, h } from './dom.js';
import { languageTag, t } from './i18n.js';
import { notify } from './notices.js';
import { standing, store } from './store.js';
import { taskAttachments } from './task-attachments.js';

const URGENCIES = ['routine', 'priority', 'urgent'];
// PROTOCOL.md's lengths.
const TITLE_MAX = 120;
const DESCRIPTION_MAX = 4000;
const PLACE_NAME_MAX = 200;

// "30.5728, 114.2793": latitude first, as people and other maps write it. Null if it is no place.
export function parsePlace(text) {
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*°?\s*[,\uff0c\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*$/.exec(text);
  if (!match) return null;
  const [lat, lon] = [Number(match[1]), Number(match[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lon, lat } : null;
}

// Whom a task can be given to, those on duty first; not to `except`, who has it.
export function terminalChoices(except = null) {
  const collator = new Intl.Collator(languageTag());
  const terminals = [...store.terminals.values()]
    .filter(({ id }) => id !== except)
    .sort((a, b) => Number(b.duty) - Number(a.duty) || collator.compare(a.worker, b.worker));
  return [h('option', { value: '', t: 'task.terminal.choose' }), ...terminals.map((terminal) => h('option', {
    value: terminal.id,
    text: `${terminal.worker} – ${t(`standing.${standing(terminal)}`)}`,
  }))];
}

function makeFields() {
  const fields = {
    terminal: field('task.terminal', h('select', { name: 'terminal' })),
    title: field('task.what', h('input', { name: 'title', type: 'text', maxlength: TITLE_MAX, autocomplete: 'off' })),
    description: field('task.description', h('textarea', { name: 'description', rows: 3, maxlength: DESCRIPTION_MAX }), { optional: true }),
    deadline: field('task.deadline', h('input', { name: 'deadline', type: 'datetime-local' }), { optional: true }),
    place: field('task.place', h('input', { name: 'place', type: 'text', autocomplete: 'off', placeholder: 'task.place.example' }), { optional: true }),
    placeName: field('task.place.name', h('input', { name: 'place-name', type: 'text', maxlength: PLACE_NAME_MAX, autocomplete: 'off' }), { optional: true }),
  };
  return fields;
}

function urgencyChoice() {
  return h('fieldset', { class: 'urgency-choice' }, h('legend', { t: 'task.urgency' }),
    h('div', { class: 'chips' }, URGENCIES.map((name) => h('label', { class: 'chip' },
      h('input', { type: 'radio', name: 'urgency', value: name, checked: name === 'routine' }), h('span', { t: `urgency.${name}` })))));
}

// What the form says, or null after showing what is missing.
function readTask(form, fields) {
  const value = (name) => fields[name].control.value.trim();
  const place = value('place') ? parsePlace(value('place')) : null;
  const deadline = fields.deadline.control.value ? new Date(fields.deadline.control.value) : null;
  const wrong = [
    [fields.terminal, !value('terminal'), 'task.terminal.missing'],
    [fields.title, !value('title'), 'form.required'],
    [fields.deadline, fields.deadline.control.validity.badInput, 'task.deadline.wrong'],
    [fields.deadline, deadline && deadline.getTime() <= now(), 'task.deadline.past'],
    [fields.place, value('place') && !place, 'task.place.wrong'],
  ].filter(([, failed]) => failed);
  for (const [item, , key] of wrong) item.fail(key);
  if (wrong.length > 0) {
    wrong[0][0].control.focus();
    return null;
  }
  const task = { terminal: value('terminal'), title: value('title'), urgency: form.elements.urgency.value };
  if (value('description')) task.description = value('description');
  if (deadline) task.deadline = deadline.toISOString();
  if (place || value('placeName')) {
    task.place = {
      type: 'Feature', geometry: place ? { type: 'Point', coordinates: [place.lon, place.lat] } : null,
      properties: value('placeName') ? { name: value('placeName') } : {},
    };
  }
  return task;
}

// `done(task)` is called with the new task, or with null when it was given up. The form can be
// removed and shown again: it keeps what was written.
export function taskForm(map, done) {
  const fields = makeFields();
  const terminal = fields.terminal.control;
  const line = problemLine();
  const submit = h('button', { type: 'submit', class: 'button primary', id: 'task-send' }, h('span', { t: 'task.send' }));
  const pick = button('task.place.pick', { icon: 'pin', id: 'place-pick', onclick: pickPlace });
  const row = h('div', { class: 'place-row' });
  fields.place.control.replaceWith(row);
  row.append(fields.place.control, pick);
  const form = h('form', { class: 'task-form', id: 'task-form', novalidate: true, 'aria-labelledby': 'tasks-title' },
    fields.terminal.node, fields.title.node, fields.description.node,
    h('div', { class: 'form-row' }, urgencyChoice(), fields.deadline.node),
    fields.place.node, fields.placeName.node,
    line.node,
    h('div', { class: 'form-actions' }, button('dialog.cancel', { onclick: giveUp }), submit));

  function giveUp() {
    attachments.drop();
    done(null);
  }

  async function pickPlace() {
    const place = await map.picker.place();
    if (!form.isConnected) return;
    if (place) {
      fields.place.control.value = `${place.lat}, ${place.lon}`;
      fields.place.clear();
      map.mark(place);
    }
    pick.focus();
  }

  const attachments = taskAttachments(form);
  line.node.before(attachments.node);

  // While the form was open for a day the center may have thrown away what it was sent.
  async function create(task) {
    const files = await attachments.ready();
    try {
      return await api.createTask({ ...task, files });
    } catch (problem) {
      if (problem.type !== 'conflict' || files.length === 0) throw problem;
      attachments.again();
      return api.createTask({ ...task, files: await attachments.ready() });
    }
  }

  fields.place.control.addEventListener('input', () => map.mark(parsePlace(fields.place.control.value)));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const task = readTask(form, fields);
    if (!task) return;
    await attempt(submit, line, async () => {
      const made = await create(task);
      store.putTask(made);
      notify('good', 'task.sent', { worker: made.worker ?? store.workerOf(made.terminal) });
      attachments.drop();
      done(made);
    });
  });
  function fillTerminals(chosen = terminal.value) {
    terminal.replaceChildren(...terminalChoices());
    terminal.value = chosen;
    if (terminal.selectedIndex < 0) terminal.value = '';
  }

  return {
    node: form,
    translate() {
      fillTerminals();
      attachments.translate();
    },
    show(chosen) {
      fillTerminals(chosen?.id);
      map.mark(parsePlace(fields.place.control.value));
      (terminal.value ? fields.title : fields.terminal).control.focus();
    },
    remove: () => map.mark(null),
  };
}
