// The flame graph with its search, its way back, and the same as a table.

import { readable } from '../format/readable';
import { useMemo, useState } from 'preact/hooks';
import { FlameGraph, shareText, timeText } from '../charts/flame_graph';
import { largest, nodeAt, parseFolded, pathOf, searchFlame, type FlameNode, type FlameTree } from '../model/flame';
import { searchWords } from '../model/search';
import { changeSettings, place } from '../routing';

const MOST_ROWS = 200;
const INDENT = '\u2007\u2007';
const MOST_INDENTS = 12;

/** The path from the root to the shown node, each step a link back. */
function Trail({ zoomed, onZoom }: { zoomed: FlameNode; onZoom: (path: string) => void }) {
  if (!zoomed.parent) return null;
  return (
    <p class="quiet">
      Zoomed to <b>{readable(zoomed.name)}</b>.{' '}
      {zoomed.parent.parent && <><button type="button" class="link" onClick={() => onZoom(pathOf(zoomed.parent ?? zoomed))}>Caller</button>{' · '}</>}
      <button type="button" class="link" onClick={() => onZoom('')}>Show all</button>
    </p>
  );
}

function CallTable({ tree, onZoom }: { tree: FlameTree; onZoom: (path: string) => void }) {
  const nodes = largest(tree, MOST_ROWS);
  const whole = tree.root.total;
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Table of the flame graph">
        <table>
          <thead><tr>{['Function', 'Called by', 'Time', 'Of all', 'By itself'].map((title, i) => <th key={title} scope="col" class={i < 2 ? 'words' : 'number'}>{title}</th>)}</tr></thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={pathOf(node)}>
                <th scope="row"><span aria-hidden="true">{INDENT.repeat(Math.min(node.depth - 1, MOST_INDENTS))}</span><button type="button" class="link" onClick={() => onZoom(pathOf(node))}>{readable(node.name) || '(no name)'}</button></th>
                <td class="words">{node.parent?.parent ? readable(node.parent.name) : node.depth === 1 ? '(thread)' : '–'}</td>
                <td class="number">{timeText(node.total)}</td>
                <td class="number">{shareText(node.total, whole)}</td>
                <td class="number">{timeText(node.self)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {nodes.length < tree.nodes.length && <p class="note number">The {nodes.length} with most time of {tree.nodes.length}.</p>}
    </>
  );
}

export function FlamePanel({ folded }: { folded: string }) {
  const [isTableShown, showTable] = useState(false);
  const { find = '', zoom = '' } = place.value.settings;
  const tree = useMemo(() => parseFolded(folded), [folded]);
  const found = useMemo(() => searchFlame(tree, searchWords(find)), [tree, find]);
  const zoomed = nodeAt(tree.root, zoom);
  const onZoom = (path: string) => changeSettings({ zoom: path });
  if (tree.nodes.length === 0) return <p class="card quiet">No scope has ended yet: the flame graph appears with the first.</p>;
  return (
    <section class="card panel flame-panel" aria-labelledby="flame">
      <div class="title-row">
        <h2 id="flame">Flame graph</h2>
        <label>
          <span class="hidden">Highlight functions</span>
          <input type="search" value={find} placeholder="Highlight functions" onInput={(event) => changeSettings({ find: event.currentTarget.value })} />
        </label>
        {find !== '' && <p class="quiet number" role="status">{found.names === 0 ? 'none found' : `${found.names} found, ${shareText(found.total, tree.root.total)} of all`}</p>}
        <button type="button" class="sort" aria-pressed={isTableShown} onClick={() => showTable(!isTableShown)}>Table</button>
      </div>
      <Trail zoomed={zoomed} onZoom={onZoom} />
      <FlameGraph tree={tree} zoom={zoom} found={found} onZoom={onZoom} />
      {isTableShown && <CallTable tree={tree} onZoom={onZoom} />}
    </section>
  );
}
