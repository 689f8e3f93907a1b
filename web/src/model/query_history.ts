// The queries that somebody ran in this browser, the last one first.

import { signal } from '@preact/signals';

const STORED_AS = 'kymo.queries';
const MOST_QUERIES = 20;

function read(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED_AS) ?? '[]');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string').slice(0, MOST_QUERIES) : [];
  } catch {
    return [];
  }
}

export const queries = signal<readonly string[]>(read());

/** Without storage the list lives until the page is reloaded. */
export function remember(query: string): void {
  queries.value = [query, ...queries.value.filter((one) => one !== query)].slice(0, MOST_QUERIES);
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(queries.value));
  } catch {
    // Private windows may refuse.
  }
}
