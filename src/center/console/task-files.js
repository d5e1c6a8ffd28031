/* SPDX-License-Identifier: GPL-3.0-or-later */
// The photos and documents of a task: small ones in a row, one of them large in a dialog. What is
// still on its way says so.

import { api } from './api.js';
import { openDialog } from './dialog.js';
import { button, h, icon, KeyedList, setText } from './dom.js';
import { languageTag, say, t } from './i18n.js';
import { usable } from './map-layers.js';
import { store } from './store.js';
import { showTime } from './time.js';

const isPicture = (file) => file.media_type.startsWith('image/');
const percent = (file) => Math.min(99, Math.floor((100 * file.received) / file.size));

// What a person calls it: its name, or what it is and its place in the row.
const nameOf = (file, number) => file.name || t(isPicture(file) ? 'file.photo' : 'file.document', { number });

export function sizeText(bytes) {
  const [unit, size, digits] = bytes < 1e6 ? ['kilobyte', 1e3, 0] : ['megabyte', 1e6, 1];
  return new Intl.NumberFormat(languageTag(), { style: 'unit', unit, maximumFractionDigits: digits })
    .format(Math.max(1, bytes / size));
}

// One of the row.
class Tile {
  #shown = null;

  constructor(task, open) {
    this.task = task;
    this.picture = h('span', { class: 'file-picture' });
    this.name = h('span', { class: 'file-name' });
    this.time = h('time', { class: 'file-time' });
    this.head = h('button', { type: 'button', class: 'file-head', onclick: () => open(this.file) }, this.picture, this.name, this.time);
    this.node = h('li', { class: 'file' }, this.head);
  }

  update(file) {
    this.file = file;
    this.node.dataset.file = file.id;
    this.node.dataset.state = file.complete ? 'complete' : file.received > 0 ? 'arriving' : 'waiting';
    setText(this.name, nameOf(file, file.number));
    showTime(this.time, file.at ?? file.added_at, 'moment');
    this.#draw(file);
  }

  #draw(file) {
    const shown = `${file.complete} ${percent(file)}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (file.complete) this.picture.replaceChildren(isPicture(file) ? this.#thumbnail(file) : icon('document'));
    else this.picture.replaceChildren(icon(isPicture(file) ? 'photo' : 'document'), progressOf(file));
  }

  // The name stands below it.
  #thumbnail(file) {
    const image = h('img', { src: api.fileAddress(this.task, file.id), alt: '', loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.replaceWith(icon('alert'), h('span', { class: 'file-state', t: 'file.broken' })));
    return image;
  }
}

function progressOf(file) {
  const key = file.received > 0 ? 'file.arriving' : 'file.waiting';
  const line = h('span', { class: 'file-state', t: [key, { percent: percent(file) }] });
  if (file.received === 0) return line;
  const bar = h('progress', { max: file.size, value: file.received, 'aria-hidden': 'true' });
  return h('span', { class: 'file-progress' }, line, bar);
}

// One of them large, and the way to the others.
function openFile(task, files, first, map, onclose) {
  let place = files.findIndex((file) => file.id === first.id);
  const stage = h('div', { class: 'photo-stage' });
  const name = h('h3', { class: 'photo-name', 'aria-live': 'polite' });
  const count = h('span', { class: 'photo-count' });
  const time = h('time');
  const by = h('span');
  const size = h('span');
  const save = h('a', { class: 'button', id: 'photo-save' }, icon('download'), h('span', { t: 'file.save' }));
  const toMap = button('task.place.show', { icon: 'pin', id: 'photo-place', onclick: () => {
    dialog.close();
    map.show(files[place].position);
  } });
  const before = button('file.before', { icon: 'back', quiet: true, id: 'photo-before', onclick: () => show(place - 1) });
  const after = button('file.after', { icon: 'forward', quiet: true, id: 'photo-after', onclick: () => show(place + 1) });
  const dialog = openDialog({ id: 'photo', title: 'file.title', kind: 'photo', onclose });

  function show(next) {
    if (next < 0 || next >= files.length) return;
    place = next;
    const file = files[place];
    setText(name, nameOf(file, file.number));
    say(count, 'text', 'file.count', { number: place + 1, n: files.length });
    showTime(time, file.at ?? file.added_at, 'moment');
    setText(by, store.nameOf(file.by));
    setText(size, sizeText(file.size));
    before.disabled = place === 0;
    after.disabled = place === files.length - 1;
    before.hidden = after.hidden = count.hidden = files.length === 1;
    toMap.hidden = !usable(file.position);
    save.hidden = !file.complete;
    save.href = api.fileAddress(task, file.id);
    save.download = file.name || file.id;
    stage.replaceChildren(large(task, file));
  }

  dialog.body.append(stage, h('div', { class: 'photo-words' },
    h('div', { class: 'photo-facts' }, name, h('p', { class: 'photo-sub' }, time, by, size)),
    h('div', { class: 'photo-tools' }, before, count, after, toMap, save)));
  dialog.node.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft') show(place - 1);
    else if (event.key === 'ArrowRight') show(place + 1);
  });
  show(place);
  return {
    // What has arrived meanwhile.
    update(file) {
      const at = files.findIndex((item) => item.id === file.id);
      if (at < 0 || (files[at].received === file.received && files[at].complete === file.complete)) return;
      files[at] = { ...files[at], ...file };
      if (at === place) show(place);
    },
  };
}

function large(task, file) {
  if (!file.complete) return h('div', { class: 'photo-missing' }, icon(isPicture(file) ? 'photo' : 'document'), progressOf(file));
  if (!isPicture(file)) return h('div', { class: 'photo-missing' }, icon('document'), h('p', { t: 'file.document.text' }));
  const image = h('img', { src: api.fileAddress(task, file.id), alt: nameOf(file, file.number) });
  image.addEventListener('error', () => image.replaceWith(h('div', { class: 'photo-missing' }, icon('alert'), h('p', { t: 'file.broken' }))));
  return image;
}

// A part of a task's page: what came along with it, or what the worker added. `show(files)` says
// which there are, `put(file)` that one is new or has come further, `translate()` that the language
// is another.
export function taskFiles(task, map, { id, title }) {
  const list = h('ul', { class: 'files', id, label: title });
  const node = h('section', { class: 'task-files', hidden: true }, h('h3', { t: title }), list);
  let files = [];
  let dialog = null;
  const tiles = new KeyedList(list, (file) => file.id, () => new Tile(task, (file) => {
    dialog = openFile(task, [...files], file, map, () => {
      dialog = null;
    });
  }));

  function render() {
    files = files.map((file, place) => ({ ...file, number: place + 1 }));
    tiles.show(files);
    node.hidden = files.length === 0;
  }

  return {
    node,
    show(all) {
      files = all;
      render();
      for (const file of files) dialog?.update(file);
    },
    put(file) {
      const at = files.findIndex((item) => item.id === file.id);
      if (at < 0) files.push(file);
      else files[at] = file;
      render();
      dialog?.update(file);
    },
    translate: render,
  };
}
