/* SPDX-License-Identifier: GPL-3.0-or-later */
// Receives one live session by WHEP and keeps trying while it is wanted.

import { Problem, send } from './api.js';
import { iceServers } from './ice-servers.js';

const GATHERING_LIMIT_MS = 1000;
const CONNECT_LIMIT_MS = 10000;
// ICE repairs short breaks by itself; a new connection after this long is quicker.
const DISCONNECTED_LIMIT_MS = 2500;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;

// Fires 'state' (detail: 'connecting', 'playing', 'waiting' with a problem, or 'stopped').
export class WhepPlayer extends EventTarget {
  #session;
  #video;
  #peer = null;
  #location = null;
  #timer = 0;
  #wait = FIRST_WAIT_MS;
  #turn = 0;
  #wanted = false;
  #last = null;

  constructor(session, video) {
    super();
    this.#session = session;
    this.#video = video;
  }

  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#wait = FIRST_WAIT_MS;
    this.#connect();
  }

  // `ended`: the session is over, so there is nobody left to take leave of.
  stop(ended = false) {
    this.#wanted = false;
    if (ended) this.#location = null;
    this.#drop();
    this.#video.srcObject = null;
    this.#tell('stopped');
  }

  #tell(state, problem = null) {
    this.dispatchEvent(new CustomEvent('state', { detail: { state, problem } }));
  }

  #drop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#last = null;
    const [peer, location] = [this.#peer, this.#location];
    this.#peer = null;
    this.#location = null;
    if (peer) {
      peer.onconnectionstatechange = peer.ontrack = null;
      peer.close();
    }
    if (location) leave(location);
  }

  async #connect() {
    this.#drop();
    const turn = this.#turn;
    this.#tell('connecting');
    this.#timer = setTimeout(() => this.#again(turn, new Problem('media-timeout', 0)), CONNECT_LIMIT_MS);
    const servers = await iceServers(this.#session);
    if (turn !== this.#turn) return;
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: servers });
    this.#peer = peer;
    try {
      this.#prepare(peer, turn);
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      if (turn !== this.#turn) return;
      const response = await send('POST', `/whep/${encodeURIComponent(this.#session)}`, {
        body: peer.localDescription.sdp, type: 'application/sdp',
      });
      const location = new URL(response.headers.get('Location') ?? '', new URL(response.url, window.location.href));
      if (turn !== this.#turn) {
        leave(location);
        return;
      }
      this.#location = location;
      await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    } catch (error) {
      this.#again(turn, error instanceof Problem ? error : new Problem('media', 0));
    }
  }

  #prepare(peer, turn) {
    const stream = new MediaStream();
    this.#video.srcObject = stream;
    for (const kind of ['video', 'audio']) {
      const transceiver = peer.addTransceiver(kind, { direction: 'recvonly' });
      preferCodecs(transceiver, kind);
      const { receiver } = transceiver;
      // As little delay as the network allows: Chromium's old name and the standard's.
      if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    }
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      this.#video.play().catch(() => {});
    };
    peer.onconnectionstatechange = () => this.#follow(turn, peer.connectionState);
  }

  #follow(turn, state) {
    if (turn !== this.#turn) return;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#wait = FIRST_WAIT_MS;
      this.#tell('playing');
    } else if (state === 'disconnected') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#again(turn, new Problem('media-lost', 0)), DISCONNECTED_LIMIT_MS);
    } else if (state === 'failed' || state === 'closed') {
      this.#again(turn, new Problem('media-lost', 0));
    }
  }

  #again(turn, problem) {
    if (turn !== this.#turn || !this.#wanted) return;
    this.#drop();
    this.#tell('waiting', problem);
    const wait = Math.max(this.#wait, (problem.retryAfter ?? 0) * 1000);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#wanted && this.#connect(), wait);
  }

  async framesDecoded() {
    const report = this.#peer?.connectionState === 'connected' ? await this.#peer.getStats() : new Map();
    return [...report.values()].find((item) => item.type === 'inbound-rtp' && item.kind === 'video')?.framesDecoded ?? 0;
  }

  // What is being received: { width, height, fps, kbps, codec, lost, freezes, delay_ms }, or null.
  async statistics() {
    const peer = this.#peer;
    if (!peer || peer.connectionState !== 'connected') return null;
    const report = await peer.getStats();
    let video = null;
    let bytes = 0;
    for (const item of report.values()) {
      if (item.type !== 'inbound-rtp') continue;
      bytes += item.bytesReceived ?? 0;
      if (item.kind === 'video') video = item;
    }
    if (!video) return null;
    const last = this.#last;
    this.#last = { at: video.timestamp, bytes, delay: video.jitterBufferDelay, count: video.jitterBufferEmittedCount };
    const seconds = last ? (video.timestamp - last.at) / 1000 : 0;
    const emitted = last ? video.jitterBufferEmittedCount - last.count : 0;
    return {
      width: video.frameWidth ?? 0, height: video.frameHeight ?? 0, fps: Math.round(video.framesPerSecond ?? 0),
      kbps: seconds > 0 ? Math.round(((bytes - last.bytes) * 8) / 1000 / seconds) : null,
      codec: (report.get(video.codecId)?.mimeType ?? '').replace('video/', ''),
      lost: video.packetsLost ?? 0, freezes: video.freezeCount ?? 0,
      delay_ms: emitted > 0 ? Math.round(((video.jitterBufferDelay - last.delay) / emitted) * 1000) : null,
    };
  }
}

// Which of the relay's codecs this browser can decode; null if it does not say. Asked anew each
// time: Firefox learns H.264 only when it has downloaded OpenH264.
export function decodableVideo() {
  const known = RTCRtpReceiver.getCapabilities?.('video')?.codecs.map(({ mimeType }) => mimeType.toLowerCase());
  return known ? ['H264', 'VP8'].filter((codec) => known.includes(`video/${codec.toLowerCase()}`)) : null;
}

// H.264 first, as terminals with hardware encoders send it, then VP8; nothing the relay does not take.
function preferCodecs(transceiver, kind) {
  const wanted = kind === 'video' ? ['video/h264', 'video/vp8', 'video/rtx'] : ['audio/opus'];
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const chosen = known.filter(({ mimeType }) => wanted.includes(mimeType.toLowerCase()))
    .sort((a, b) => wanted.indexOf(a.mimeType.toLowerCase()) - wanted.indexOf(b.mimeType.toLowerCase()));
  if (chosen.length > 0) transceiver.setCodecPreferences?.(chosen);
}

// WHEP without trickle: the offer waits for its candidates, but not for ever.
function gathered(peer) {
  if (peer.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_LIMIT_MS);
    peer.addEventListener('icegatheringstatechange', () => {
      if (peer.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

// Tells the center that nobody watches here any more; it also notices by itself. Never goes to
// another origin, whatever the answer named.
function leave(location) {
  if (location.origin !== window.location.origin) return;
  fetch(location, { method: 'DELETE', headers: { 'X-Gridcast': '1' }, credentials: 'same-origin', keepalive: true }).catch(() => {});
}
