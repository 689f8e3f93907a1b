// A signal that changes each second, for what counts time while nothing else comes in.

import { signal } from '@preact/signals';

export const now = signal(Date.now());

window.setInterval(() => { now.value = Date.now(); }, 1000);
