/* SPDX-License-Identifier: GPL-3.0-or-later */
// Writing a new alert, or sending one that others wrote in CAP.

import { alertArea } from './alert-area.js';
import { api, now } from './api.js';
import { ask, attempt, problemLine } from './dialog.js';
import { button, choice, field, h } from './dom.js';
import { languageTag, t } from './i18n.js';
import { notify } from './notices.js';
import { store } from './store.js';

const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor'];
const URGENCIES = ['Immediate', 'Expected', 'Future'];
const HOURS = [1, 3, 6, 12, 24, 48];
const DEFAULT_HOURS = 6;
const MS_PER_HOUR = 3600000;
// PROTOCOL.md's lengths.
const EVENT_MAX = 120;
const HEADLINE_MAX = 200;
const TEXT_MAX = 4000;
const FILE_MAX = 30000;

function makeFields() {
  return {
    headline: field('alert.headline', h('input', { name: 'headline', type: 'text', maxlength: HEADLINE_MAX, autocomplete: 'off' })),
    event: field('alert.event', h('input', { name: 'event', type: 'text', maxlength: EVENT_MAX, autocomplete: 'off', placeholder: 'alert.event.example' })),
    instruction: field('alert.instruction', h('textarea', { name: 'instruction', rows: 3, maxlength: TEXT_MAX })),
    description: field('alert.description', h('textarea', { name: 'description', rows: 2, maxlength: TEXT_MAX }), { optional: true }),
    hours: field('alert.expires', h('select', { name: 'hours' }, HOURS.map((n) => h('option', { value: n, t: ['alert.hours', { n }] })))),
  };
}

// `done(alert)` is called with the new alert, or with null when it was given up.
export function alertForm(map, done) {
  const fields = makeFields();
  const value = (name) => fields[name].control.value.trim();
  const line = problemLine();
  const submit = h('button', { type: 'submit', class: 'button danger', id: 'alert-send' }, h('span', { t: 'alert.send' }));
  const area = alertArea(map);
  const exercise = h('label', { class: 'check' }, h('input', { type: 'checkbox', name: 'exercise' }), h('span', { t: 'alert.exercise.tell' }));
  const file = h('input', { type: 'file', id: 'alert-file', accept: '.xml,.cap,application/cap+xml', hidden: true, onchange: sendFile });
  const form = h('form', { class: 'task-form', id: 'alert-form', novalidate: true, 'aria-labelledby': 'tasks-title' },
    fields.headline.node, h('div', { class: 'form-row' }, fields.event.node, fields.hours.node),
    h('div', { class: 'form-row' }, choice('severity', 'alert.severity', SEVERITIES, (value) => `alert.severity.${value}`, 'Severe'),
      choice('urgency', 'alert.urgency', URGENCIES, (value) => `alert.urgency.${value}`, 'Immediate')),
    fields.instruction.node, fields.description.node, area.node, exercise, file, line.node,
    h('div', { class: 'form-actions' },
      button('alert.file', { kind: 'link', id: 'alert-import', onclick: () => file.click() }),
      button('dialog.cancel', { onclick: () => done(null) }), submit));
  fields.hours.control.value = String(DEFAULT_HOURS);

  // What the form says, or null after showing what is missing.
  function read() {
    const wrong = [
      [fields.headline, !value('headline'), 'form.required'],
      [fields.event, !value('event'), 'form.required'],
      [fields.instruction, !value('instruction'), 'form.required'],
    ].filter(([, failed]) => failed);
    for (const [item, , key] of wrong) item.fail(key);
    if (wrong.length > 0) {
      wrong[0][0].control.focus();
      return null;
    }
    const where = area.read();
    if (where === null) return null;
    const alert = {
      headline: value('headline'), event: value('event'), instruction: value('instruction'),
      severity: form.elements.severity.value, urgency: form.elements.urgency.value, language: languageTag(),
      expires: new Date(now() + Number(value('hours')) * MS_PER_HOUR).toISOString(),
    };
    if (value('description')) alert.description = value('description');
    if (form.elements.exercise.checked) alert.exercise = true;
    if (where) alert.area = where;
    return alert;
  }

  function sent(alert) {
    store.putAlert(alert);
    notify('good', 'alert.sent', { n: alert.sent });
    done(alert);
  }

  async function sendFile() {
    const [chosen] = file.files;
    file.value = '';
    if (!chosen) return;
    await attempt(submit, line, async () => {
      if (chosen.size > FILE_MAX) throw new Error(t('problem.too-large'));
      sent(await api.importAlert(await chosen.text()));
    });
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const alert = read();
    if (!alert) return;
    ask({
      id: 'alert-confirm', title: 'alert.confirm.title',
      text: [alert.area ? 'alert.confirm.area' : 'alert.confirm.all', { n: store.terminals.size, title: alert.headline }],
      confirm: 'alert.send', kind: 'danger',
      work: async () => sent(await api.sendAlert(alert)),
    });
  });

  return {
    node: form,
    focus: () => fields.headline.control.focus(),
    remove: area.remove,
  };
}
