// A signal that changes each second, for ages and countdowns.

import { signal } from '@preact/signals';

export const now = signal(Date.now());

window.setInterval(() => { now.value = Date.now(); }, 1000);
