// The board: pinned series, kept by this browser, or in the address of a shared board.

import { signal } from '@preact/signals';
import type { View } from './lines';

/** A series in one of its views, or a query of PromQL. */
export interface Pin {
  readonly key: string;
  readonly view: View | 'query';
}

const STORED_AS = 'kymo.board';
const MOST_PINS = 100;
const VIEWS: ReadonlyArray<Pin['view']> = ['rate', 'raw', 'p50', 'p95', 'p99', 'mean', 'query'];

/** The pins in a text; invalid ones are skipped. */
export function parsePins(text: string | null | undefined): Pin[] {
  try {
    const found: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(found) ? found.filter(isPin).slice(0, MOST_PINS) : [];
  } catch {
    return [];
  }
}

function isPin(value: unknown): value is Pin {
  const pin = value as Partial<Pin> | null;
  return typeof pin === 'object' && pin !== null && typeof pin.key === 'string' && VIEWS.some((view) => view === pin.view);
}

function read(): Pin[] {
  try {
    return parsePins(localStorage.getItem(STORED_AS));
  } catch {
    return [];
  }
}

export const pins = signal<readonly Pin[]>([]);

const isSame = (a: Pin, b: Pin) => a.key === b.key && a.view === b.view;

export function isPinned(pin: Pin): boolean {
  return pins.value.some((one) => isSame(one, pin));
}

export function togglePin(pin: Pin): void {
  setPins(isPinned(pin) ? pins.value.filter((one) => !isSame(one, pin)) : [...pins.value, pin]);
}

/** Without storage the board lives until the page is reloaded. */
export function setPins(next: readonly Pin[]): void {
  pins.value = next.slice(0, MOST_PINS);
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(pins.value));
  } catch {
    // Private windows may refuse.
  }
}

/** Follows other windows of this browser. */
export function loadPins(): void {
  pins.value = read();
  window.addEventListener('storage', (event) => { if (event.key === STORED_AS) pins.value = read(); });
}
