// A table whose heads are buttons that sort it.

import type { ComponentChildren } from 'preact';
import { parseOrder, orderText, sorted, type Order, type SortValue } from '../model/sorting';
import { changeSettings, place } from '../routing';

export interface SortColumn<Row> {
  readonly key: string;
  readonly title: string;
  readonly isNumber: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  readonly value: (row: Row) => SortValue;
}

export interface SortableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** The first one heads the rows. */
  readonly columns: ReadonlyArray<SortColumn<Row>>;
  readonly usual: Order;
  readonly most: number;
}

/** The order that the address names, else the usual one. */
function orderOf<Row>({ columns, usual }: SortableProps<Row>): Order {
  return parseOrder(place.value.settings.sort, columns.map(({ key }) => key), usual);
}

function Head<Row>({ column, order, usual }: { column: SortColumn<Row>; order: Order; usual: Order }) {
  const isSorted = order.key === column.key;
  const sort = () => {
    const next = orderText({ key: column.key, descending: isSorted ? !order.descending : column.isNumber });
    changeSettings({ sort: next === orderText(usual) ? '' : next });
  };
  return (
    <th scope="col" class={column.isNumber ? 'number' : 'words'} aria-sort={isSorted ? (order.descending ? 'descending' : 'ascending') : undefined}>
      <button type="button" class={`sort-head${isSorted ? (order.descending ? ' sort-down' : ' sort-up') : ''}`} onClick={sort}>{column.title}</button>
    </th>
  );
}

export function SortableTable<Row>(props: SortableProps<Row>) {
  const { label, rows, keyOf, columns, usual, most } = props;
  const order = orderOf(props);
  const [first, ...others] = columns;
  const value = columns.find(({ key }) => key === order.key)?.value ?? (() => null);
  const shown = sorted(rows, value, order.descending).slice(0, most);
  return (
    <>
      <div class="card table-card" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead><tr>{columns.map((column) => <Head key={column.key} column={column} order={order} usual={usual} />)}</tr></thead>
          <tbody>
            {shown.map((row) => (
              <tr key={keyOf(row)}>
                <th scope="row">{first?.cell(row)}</th>
                {others.map((column) => <td key={column.key} class={column.isNumber ? 'number' : 'words'}>{column.cell(row)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length && <p class="quiet number">The first {shown.length} of {rows.length} are shown.</p>}
    </>
  );
}
