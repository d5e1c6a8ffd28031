/* SPDX-License-Identifier: GPL-3.0-or-later */
// The wall: a tile for every live session, opened by itself.

import { button, h, icon, KeyedList, perFrame, setIcon } from './dom.js';
import { changes, say } from './i18n.js';
import { store } from './store.js';
import { Tile } from './tile.js';

const TILE_RATIO = 16 / 9;
const LEAST_HEIGHT_PX = 150;

// How many columns give `count` tiles the most room in width × height; of two that are about as
// good, the wider wall, which leaves less black at the sides.
function columnsFor(count, width, height) {
  let best = 1;
  let size = 0;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const fits = Math.min(width / columns, (height / rows) * TILE_RATIO);
    if (fits > size * 0.92) best = columns;
    size = Math.max(size, fits);
  }
  return best;
}

export function wallPanel() {
  const grid = h('div', { class: 'wall-grid', id: 'wall-grid' });
  const empty = h('div', { class: 'empty' }, icon('video'), h('p', { class: 'empty-title', t: 'wall.empty' }), h('p', { t: 'wall.empty.text' }));
  const swap = button('wall.large', { icon: 'enlarge', quiet: true, id: 'wall-large', 'aria-pressed': 'false' });
  const node = h('section', { class: 'panel wall', id: 'wall', 'aria-labelledby': 'wall-title' },
    h('header', { class: 'panel-head' }, h('h2', { id: 'wall-title', t: 'wall.title' }), h('div', { class: 'panel-tools' }, swap)),
    grid, empty);
  const tiles = new KeyedList(grid, (live) => live.session, (live) => new Tile(live, layout));

  function layout() {
    for (const tile of tiles.views()) tile.showLarge();
    const { clientWidth: width, clientHeight: height } = grid;
    const count = grid.children.length;
    if (!count || !width) return;
    const columns = columnsFor(count, width, height);
    grid.style.setProperty('--columns', columns);
    grid.toggleAttribute('data-scroll', (height / Math.ceil(count / columns)) < LEAST_HEIGHT_PX);
  }

  function render() {
    const shown = [...store.live.values()].filter((live) => store.terminals.has(live.terminal) || live.state !== 'ended');
    tiles.show(shown);
    empty.hidden = shown.length > 0;
    layout();
  }

  swap.addEventListener('click', () => {
    const on = node.toggleAttribute('data-large');
    swap.setAttribute('aria-pressed', String(on));
    setIcon(swap.firstChild, on ? 'reduce' : 'enlarge');
    say(swap, 'aria-label', on ? 'wall.small' : 'wall.large');
    say(swap, 'title', on ? 'wall.small' : 'wall.large');
  });

  const stop = new AbortController();
  const show = perFrame(render);
  for (const name of ['live', 'connection']) store.addEventListener(name, show, { signal: stop.signal });
  store.addEventListener('figures', ({ detail }) => tiles.get(detail.session)?.figures.add(detail), { signal: stop.signal });
  changes.addEventListener('language', show, { signal: stop.signal });
  const resize = new ResizeObserver(layout);
  resize.observe(grid);
  return {
    node,
    remove() {
      stop.abort();
      resize.disconnect();
      tiles.show([]);
    },
  };
}
