// State of the whole page: one store, one connection, one frame loop.

import { FrameLoop } from './charts/frame_loop';
import { Store } from './data/store';
import { LiveClient } from './protocol/live_client';

function liveAddress(): string {
  const address = new URL('ws/metrics', document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  return address.href;
}

const store = new Store();

export const page = {
  store,
  client: new LiveClient(liveAddress(), store),
  frames: new FrameLoop(),
};
