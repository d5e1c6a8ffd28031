// SPDX-License-Identifier: GPL-3.0-or-later
// What the dispatcher's browser does with a stream, and a note of each picture that it shows.

const BITS = 32;
const STRIP_SHARE = 45; // one of the strip's two rows is this part of the picture's height
const STATS_MS = 250;
const PICTURE_MS = 1000;
const CLOCK_ROUNDS = 20;
const wantsPictures = location.hash === '#pictures';

const socket = new WebSocket(`ws://${location.host}/page`);
socket.binaryType = 'arraybuffer';
let lastPicture = -Infinity;
// By number, each with its peer, its video and how many pictures that has shown. A publisher who
// changes its path may have two at a time.
const connections = new Map();
let current = null; // whose picture was the last to be shown

function tell(message) {
  socket.send(JSON.stringify(message));
}

// --- the clock: the server knows CLOCK_MONOTONIC, which the camera draws into the picture ---

function askForClock() {
  tell({ kind: 'clock', page: performance.now() });
}

let rounds = 0;
let best = Infinity;

function onClock(message) {
  const now = performance.now();
  const trip = now - message.page;
  if (trip < best) {
    best = trip;
    tell({ kind: 'offset', ms: message.server - (message.page + now) / 2, trip });
  }
  rounds += 1;
  if (rounds < CLOCK_ROUNDS) askForClock();
  else if (rounds === CLOCK_ROUNDS) tell({ kind: 'ready' });
}

// --- the connections ---

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', look);
    look();
  });
}

function makeVideo() {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, autoplay: true, playsInline: true });
  document.body.append(video);
  return video;
}

function leave(id) {
  const connection = connections.get(id);
  connections.delete(id);
  connection?.peer.close();
  connection?.video.remove();
}

async function onOffer({ id, sdp }) {
  const peer = new RTCPeerConnection();
  const connection = { id, peer, video: makeVideo() };
  connections.set(id, connection);
  watch(connection);
  peer.addEventListener('track', (event) => {
    // As the console's player sets it.
    event.receiver.jitterBufferTarget = 0;
    if (event.track.kind === 'video') connection.video.srcObject = new MediaStream([event.track]);
  });
  peer.addEventListener('connectionstatechange', () => {
    tell({ kind: 'connection', id, state: peer.connectionState });
    if (peer.connectionState === 'failed') leave(id);
  });
  try {
    await peer.setRemoteDescription({ type: 'offer', sdp });
    await peer.setLocalDescription();
    await gathered(peer);
    tell({ kind: 'answer', id, sdp: peer.localDescription.sdp });
  } catch (error) {
    tell({ kind: 'answer', id, error: String(error) });
    leave(id);
  }
}

socket.addEventListener('open', askForClock);
socket.addEventListener('message', (event) => {
  const message = JSON.parse(event.data);
  if (message.kind === 'clock') onClock(message);
  else if (message.kind === 'offer') onOffer(message);
  else if (message.kind === 'leave') leave(message.id);
});

// --- what is shown ---

function readRow(luma, stride, width, height, row) {
  const blockWidth = width / BITS;
  const blockHeight = height / STRIP_SHARE;
  const means = [];
  for (let column = 0; column < BITS; column += 1) {
    const left = Math.round((column + 0.25) * blockWidth);
    const right = Math.max(left + 1, Math.round((column + 0.75) * blockWidth));
    const top = Math.round((row + 0.25) * blockHeight);
    const bottom = Math.max(top + 1, Math.round((row + 0.75) * blockHeight));
    let sum = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) sum += luma[y * stride + x];
    }
    means.push(sum / ((right - left) * (bottom - top)));
  }
  // The camera draws 48 and 208.
  return means.reduce((word, mean) => (word * 2 + (mean > 128 ? 1 : 0)), 0);
}

async function sendPicture(frame, word) {
  const bytes = new ArrayBuffer(8 + frame.allocationSize());
  const view = new DataView(bytes);
  view.setUint32(0, word);
  view.setUint16(4, frame.visibleRect.width);
  view.setUint16(6, frame.visibleRect.height);
  const layout = await frame.copyTo(new Uint8Array(bytes, 8));
  if (frame.format === 'I420' && layout[0].offset === 0) socket.send(bytes);
}

async function readFrame(frame, times) {
  const { width, height } = frame.visibleRect;
  const rows = Math.min(height, 2 * Math.ceil(height / STRIP_SHARE));
  const rect = { x: 0, y: 0, width, height: rows };
  const luma = new Uint8Array(frame.allocationSize({ rect }));
  const layout = await frame.copyTo(luma, { rect });
  const stride = layout[0].stride;
  const words = [0, 1].map((row) => readRow(luma.subarray(layout[0].offset), stride, width, height, row));
  tell({ kind: 'frame', ...times, words, width, height });
  if (wantsPictures && times.shown - lastPicture >= PICTURE_MS) {
    lastPicture = times.shown;
    await sendPicture(frame, words[0]);
  }
}

function watch(connection) {
  const { id, video } = connection;
  video.requestVideoFrameCallback((now, metadata) => {
    watch(connection);
    current = connection;
    const times = {
      connection: id,
      now,
      shown: metadata.presentationTime,
      expected: metadata.expectedDisplayTime,
      received: metadata.receiveTime ?? null,
      count: metadata.presentedFrames,
    };
    const frame = new VideoFrame(video);
    readFrame(frame, times)
      .catch((error) => tell({ kind: 'error', text: String(error) }))
      .finally(() => {
        frame.close();
      });
  });
}

setInterval(async () => {
  if (!current) return;
  const stats = await current.peer.getStats();
  for (const entry of stats.values()) {
    if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
      const codec = stats.get(entry.codecId)?.mimeType ?? null;
      tell({ kind: 'stats', at: performance.now(), codec, entry });
    }
  }
}, STATS_MS);
