/* SPDX-License-Identifier: GPL-3.0-or-later */
// The pictures that go along with a new task: chosen, dropped or pasted, and sent to the center one
// after the other while the task is being written.

import { Problem } from './api.js';
import { button, h, icon, setText } from './dom.js';
import { languageTag, say, t } from './i18n.js';
import { sizeText } from './task-files.js';
import { SIZE_MAX, upload, whyNot } from './upload.js';

// PROTOCOL.md's.
const MAX = 8;
// What browsers call a picture that was never a file.
const NAMELESS = new Set(['image.png', 'image.jpeg', 'image.jpg']);

class Attachment {
  #stop = new AbortController();
  #address;

  constructor(file, { pasted, remove, retry }) {
    this.file = file;
    this.name = pasted && NAMELESS.has(file.name) ? '' : file.name;
    this.state = 'waiting';
    this.id = null;
    this.problem = null;
    this.#address = URL.createObjectURL(file);
    this.label = h('span', { class: 'attachment-name' });
    this.size = h('span');
    this.line = h('span', { class: 'attachment-state' });
    this.why = h('span', { class: 'attachment-why' });
    this.bar = h('progress', { max: 1, value: 0, 'aria-hidden': 'true' });
    this.retry = button('attach.retry', { kind: 'link', onclick: () => retry(this) });
    this.remove = button('attach.remove', { icon: 'close', quiet: true, onclick: () => remove(this) });
    this.node = h('li', { class: 'attachment' },
      h('img', { src: this.#address, alt: '' }),
      h('div', { class: 'attachment-words' }, this.label, h('span', { class: 'attachment-sub' }, this.size, this.line), this.why, this.bar, this.retry),
      this.remove);
    this.show();
  }

  // `number` is its place in the row, for those that have no name.
  show(number = this.number) {
    this.number = number;
    const name = this.name || t('file.photo', { number: number ?? 1 });
    setText(this.label, name);
    setText(this.size, sizeText(this.file.size));
    say(this.line, 'text', `attach.state.${this.state}`);
    this.node.dataset.state = this.state;
    setText(this.why, this.problem?.text ?? '');
    this.bar.hidden = this.state !== 'sending';
    this.retry.hidden = this.state !== 'failed';
    say(this.retry, 'aria-label', 'attach.retry.name', { name });
    say(this.remove, 'aria-label', 'attach.remove.name', { name });
    say(this.remove, 'title', 'attach.remove.name', { name });
  }

  #be(state) {
    this.state = state;
    this.show();
  }

  async send() {
    this.#be('sending');
    this.bar.value = 0;
    try {
      this.id = await upload(this.file, this.name, (part) => {
        this.bar.value = part;
      }, this.#stop.signal);
      this.#be('sent');
    } catch (problem) {
      if (this.#stop.signal.aborted) return;
      // Else it is the browser's: the file was moved or changed meanwhile.
      this.problem = problem instanceof Problem ? problem : new Problem('file-unreadable', 0);
      this.#be('failed');
    }
  }

  // To be sent again.
  reset() {
    this.id = null;
    this.problem = null;
    this.#be('waiting');
  }

  drop() {
    this.#stop.abort();
    this.node.remove();
    URL.revokeObjectURL(this.#address);
  }
}

// `node` is the part of the form, `target` what pictures are dropped or pasted into.
// `ready()` waits until the center has all of them and returns their ids, or throws the Problem that
// is shown beside one of them; `again()` forgets what the center has.
export function taskAttachments(target) {
  let items = [];
  let sending = Promise.resolve();
  const input = h('input', { type: 'file', accept: 'image/jpeg,image/png', multiple: true, hidden: true, id: 'attach-input', tabindex: -1 });
  const add = button('attach.add', { icon: 'plus', id: 'attach-add', onclick: () => input.click() });
  const list = h('ul', { class: 'attachments', id: 'attachments', label: 'attach.list' });
  const refused = h('ul', { class: 'attach-refused', role: 'alert' });
  const count = h('span', { class: 'attach-hint' });
  const node = h('fieldset', { class: 'attach' },
    h('legend', {}, h('span', { t: 'attach.title' }), h('span', { class: 'optional', t: 'form.optional' })),
    list, h('div', { class: 'attach-row' }, add, count), refused, input);

  function render() {
    items.forEach((item, place) => item.show(place + 1));
    say(count, 'text', items.length > 0 ? 'attach.count' : 'attach.hint', { n: items.length, max: MAX });
    list.hidden = items.length === 0;
    add.disabled = items.length >= MAX;
  }

  function refuse(file, key) {
    refused.append(h('li', {}, icon('alert'), h('span', { t: [key, {
      name: file.name, max: MAX, size: sizeText(SIZE_MAX),
    }] })));
  }

  // One after the other: on a poor line the first is there soon.
  async function sendAll() {
    for (let next; (next = items.find(({ state }) => state === 'waiting'));) await next.send();
  }

  function start() {
    sending = sending.then(sendAll);
    return sending;
  }

  function remove(item) {
    const place = items.indexOf(item);
    items.splice(place, 1);
    item.drop();
    refused.replaceChildren();
    render();
    (items[place] ?? items[place - 1])?.remove.focus();
    if (items.length === 0) add.focus();
  }

  let taking = Promise.resolve();
  // In the order in which they came, though looking at each takes its time.
  function take(files, pasted = false) {
    taking = taking.then(() => takeAll(files, pasted));
  }

  async function takeAll(files, pasted) {
    refused.replaceChildren();
    for (const file of files) {
      const why = await whyNot(file);
      if (why) {
        refuse(file, why);
      } else if (items.length >= MAX) {
        refuse(file, 'attach.many');
        break;
      } else {
        const item = new Attachment(file, { pasted, remove, retry: (failed) => {
          failed.reset();
          start();
        } });
        items.push(item);
        list.append(item.node);
        render();
        start();
      }
    }
  }

  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  let over = 0;
  const hover = (depth) => {
    over = depth;
    target.classList.toggle('dropping', over > 0);
  };
  target.addEventListener('dragenter', (event) => hasFiles(event) && hover(over + 1));
  target.addEventListener('dragleave', (event) => hasFiles(event) && hover(over - 1));
  target.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  target.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    hover(0);
    take([...event.dataTransfer.files]);
  });
  target.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // A table from a spreadsheet comes as text and as its picture: text is what is meant.
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    take(files, true);
  });
  input.addEventListener('change', () => {
    const files = [...input.files];
    input.value = '';
    take(files);
  });
  render();

  return {
    node,
    async ready() {
      await taking;
      await start();
      const failed = items.find(({ state }) => state === 'failed');
      if (failed) throw failed.problem;
      return items.map(({ id }) => id);
    },
    again() {
      for (const item of items) item.reset();
    },
    translate: render,
    drop() {
      for (const item of items) item.drop();
      items = [];
    },
  };
}

// A picture that is dropped beside the form must not take the place of the whole console.
export function guardDrops() {
  for (const name of ['dragover', 'drop']) {
    window.addEventListener(name, (event) => {
      if (event.defaultPrevented || ![...(event.dataTransfer?.types ?? [])].includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    });
  }
}
