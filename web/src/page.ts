// State of the whole page: one store, one history, one connection, one frame loop.

import { FrameLoop } from './charts/frame_loop';
import { Past } from './data/past';
import { Store } from './data/store';
import { LiveClient } from './protocol/live_client';
import { histogramsOf, numbersOf, queryRange } from './protocol/prometheus';

function liveAddress(): string {
  const address = new URL('ws/metrics', document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  return address.href;
}

const store = new Store();

export const page = {
  store,
  past: new Past(queryRange, numbersOf),
  /** The cells of heat maps. */
  pastCells: new Past(queryRange, histogramsOf),
  client: new LiveClient(liveAddress(), store),
  frames: new FrameLoop(),
};
