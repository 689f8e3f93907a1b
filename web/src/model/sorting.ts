// The order of a table's rows, as the address names it: `-latency` is by latency, the most first.

export interface Order {
  readonly key: string;
  readonly descending: boolean;
}

export function parseOrder(text: string | undefined, keys: readonly string[], usual: Order): Order {
  const descending = text?.startsWith('-') ?? false;
  const key = descending ? text?.slice(1) : text;
  return key !== undefined && keys.includes(key) ? { key, descending } : usual;
}

export function orderText({ key, descending }: Order): string {
  return `${descending ? '-' : ''}${key}`;
}

export type SortValue = number | string | null;

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true });
  return Number(a) - Number(b);
}

/** Rows with unknown values come last in both orders; equal rows keep theirs. */
export function sorted<Row>(rows: readonly Row[], valueOf: (row: Row) => SortValue, descending: boolean): Row[] {
  return rows.map((row) => ({ row, value: valueOf(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      return compare(a.value, b.value) * (descending ? -1 : 1);
    })
    .map(({ row }) => row);
}
