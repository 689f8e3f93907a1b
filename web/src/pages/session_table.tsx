// Sessions as a table, the worst first: the state of each, with its figures.

import type { ComponentChildren } from 'preact';
import { Bar } from '../charts/bar';
import { VerdictShape } from '../icons';
import { amountText, cutRatioText, durationText, factorText } from '../format/numbers';
import { readable } from '../format/readable';
import { ladderText, type SessionRow } from '../model/sessions';
import { linkTo } from '../routing';

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  readonly cell: (row: SessionRow) => ComponentChildren;
}

export function SessionVerdict({ row }: { row: SessionRow }) {
  return <span class={row.reasons.length > 0 ? 'state state-why' : 'state'}><VerdictShape level={row.verdict} />{row.verdict}{row.reasons.length > 0 && <span class="quiet why" title={row.reasons.join(', ')}>{row.reasons.join(', ')}</span>}</span>;
}

function Fill({ share }: { share: number | null }) {
  if (share === null) return <>–</>;
  return (
    <span class="fill">
      <Bar share={share} />
      <span class="fill-text">{cutRatioText(share)}</span>
    </span>
  );
}

const COLUMNS: readonly Column[] = [
  { title: 'State', isNumber: false, cell: (row) => <SessionVerdict row={row} /> },
  { title: 'Queue', isNumber: true, cell: (row) => <Fill share={row.fill} /> },
  { title: 'Real-time factor', isNumber: true, cell: (row) => factorText(row.realtimeFactor) },
  { title: 'Ladder', isNumber: false, cell: (row) => <span class={`ladder ladder-${row.ladder === 'NORMAL' ? 'normal' : 'reached'}`}>{ladderText(row) || '–'}</span> },
  { title: 'Backlog', isNumber: true, cell: (row) => amountText(row.backlogSeconds, 'seconds') },
  { title: 'Inference', isNumber: true, cell: (row) => amountText(row.inferenceMs === null ? null : row.inferenceMs / 1000, 'seconds') },
  { title: 'Dropped', isNumber: true, cell: (row) => amountText(row.dropped) },
  { title: 'Errors', isNumber: true, cell: (row) => amountText(row.errors) },
  { title: 'Sources', isNumber: true, cell: (row) => amountText(row.sources) },
  { title: 'Open for', isNumber: true, cell: (row) => (row.ageSeconds === null ? '–' : durationText(row.ageSeconds)) },
  { title: 'Model', isNumber: false, cell: (row) => (row.model === '' ? '–' : <span class="session-model" title={readable(row.model)}>{readable(row.model)}</span>) },
];

const classOf = (column: Column) => (column.isNumber ? 'number' : 'words');

export function SessionTable({ rows, label = 'Sessions' }: { rows: readonly SessionRow[]; label?: string }) {
  return (
    <div class="card table-card" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr><th scope="col" class="words">Session</th>{COLUMNS.map((column) => <th key={column.title} scope="col" class={classOf(column)}>{column.title}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row"><a class="session-id" title={readable(row.id)} href={linkTo('sessions', {}, row.id)}>{readable(row.id) || '(no id)'}</a></th>
              {COLUMNS.map((column) => <td key={column.title} class={classOf(column)}>{column.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
