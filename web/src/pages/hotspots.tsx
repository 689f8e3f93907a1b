// Functions by the time that they took; slow ones are marked.

import { readable } from '../format/readable';
import { VerdictShape } from '../icons';
import { amountText } from '../format/numbers';
import type { Scope } from '../model/profile';
import { changeSettings } from '../routing';
import type { Order } from '../model/sorting';
import { SortableTable, type SortColumn } from './sortable_table';

const MOST_SHOWN = 100;
const BY_TOTAL: Order = { key: 'total', descending: true };
export const SLOW_MS = [1, 10, 100] as const;
export const USUAL_SLOW_MS = 10;

const column = (key: string, title: string, value: (scope: Scope) => number | null, unit: string): SortColumn<Scope> => ({ key, title, isNumber: true, value, cell: (scope) => amountText(value(scope), unit) });

function Name({ scope }: { scope: Scope }) {
  return (
    <span class="state">
      <span class="scope-name" title={readable(scope.name)}>{readable(scope.name) || '(no name)'}</span>
      {scope.isSlow && <span class="state slow"><VerdictShape level="degraded" />slow</span>}
    </span>
  );
}

const COLUMNS: ReadonlyArray<SortColumn<Scope>> = [
  { key: 'name', title: 'Function', isNumber: false, value: (scope) => scope.name, cell: (scope) => <Name scope={scope} /> },
  column('total', 'Total', (scope) => scope.total, 'seconds'),
  column('self', 'By itself', (scope) => scope.self, 'seconds'),
  column('calls', 'Calls', (scope) => scope.calls, ''),
  column('errors', 'Errors', (scope) => scope.errors, ''),
  column('average', 'Average', (scope) => scope.average, 'seconds'),
  column('min', 'Least', (scope) => scope.least, 'seconds'),
  column('p50', 'p50', (scope) => scope.p50, 'seconds'),
  column('p95', 'p95', (scope) => scope.p95, 'seconds'),
  column('p99', 'p99', (scope) => scope.p99, 'seconds'),
  column('max', 'Most', (scope) => scope.most, 'seconds'),
];

function SlowForm({ slowMs }: { slowMs: number }) {
  return (
    <label class="sort">
      <span class="quiet">slow from an average of </span>
      <select value={String(slowMs)} onChange={(event) => changeSettings({ slow: event.currentTarget.value === String(USUAL_SLOW_MS) ? '' : event.currentTarget.value })}>
        {SLOW_MS.map((one) => <option key={one} value={String(one)}>{one} ms</option>)}
      </select>
    </label>
  );
}

export function Hotspots({ scopes, slowMs }: { scopes: readonly Scope[]; slowMs: number }) {
  const slow = scopes.filter((scope) => scope.isSlow).length;
  return (
    <section class="panel" aria-labelledby="hotspots">
      <div class="title-row">
        <h2 id="hotspots">Hotspots</h2>
        <p class="quiet number">{scopes.length} {scopes.length === 1 ? 'function' : 'functions'}, {slow === 0 ? 'none slow' : `${slow} slow`}</p>
        <SlowForm slowMs={slowMs} />
      </div>
      <SortableTable label="Functions by time" rows={scopes} keyOf={(scope) => scope.name} columns={COLUMNS} usual={BY_TOTAL} most={MOST_SHOWN} />
    </section>
  );
}
