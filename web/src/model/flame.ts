// Turns folded stacks into a tree, and the tree into boxes whose width is time. No step is recursive: stacks may be deep.

export interface FlameNode {
  readonly name: string;
  readonly parent: FlameNode | null;
  readonly depth: number;
  /** In the unit of the folded stacks, with its callees. */
  total: number;
  /** Without its callees. */
  self: number;
  /** Sorted by name, so they keep their places while they grow. */
  readonly children: FlameNode[];
}

export interface FlameTree {
  readonly root: FlameNode;
  /** All but the root; callers before callees. */
  readonly nodes: readonly FlameNode[];
}

const DEEPEST = 1000;

function nodeOf(name: string, parent: FlameNode | null): FlameNode {
  return { name, parent, depth: parent ? parent.depth + 1 : 0, total: 0, self: 0, children: [] };
}

/** Lines such as `thread;outer;inner 120`; others are skipped. Levels beyond a thousand count as the thousandth. */
export function parseFolded(text: string): FlameTree {
  const root = nodeOf('all', null);
  const nodes: FlameNode[] = [];
  const known = new Map<FlameNode, Map<string, FlameNode>>();
  const child = (parent: FlameNode, name: string): FlameNode => {
    let siblings = known.get(parent);
    if (!siblings) known.set(parent, siblings = new Map());
    let found = siblings.get(name);
    if (!found) {
      found = nodeOf(name, parent);
      siblings.set(name, found);
      parent.children.push(found);
      nodes.push(found);
    }
    return found;
  };
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ');
    const value = Number(line.slice(end + 1));
    if (end <= 0 || !Number.isFinite(value) || value <= 0) continue;
    let node = root;
    root.total += value;
    for (const name of line.slice(0, end).split(';').slice(0, DEEPEST)) {
      node = child(node, name);
      node.total += value;
    }
    node.self += value;
  }
  for (const { children } of [root, ...nodes]) children.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { root, nodes };
}

/** The names from the root's children down to it; names hold no semicolon. */
export function pathOf(node: FlameNode): string {
  const names: string[] = [];
  for (let at = node; at.parent; at = at.parent) names.push(at.name);
  return names.reverse().join(';');
}

/** The node of a path, or the last one on it that exists. */
export function nodeAt(root: FlameNode, path: string): FlameNode {
  let node = root;
  for (const name of path === '' ? [] : path.split(';')) {
    const next = node.children.find((one) => one.name === name);
    if (!next) break;
    node = next;
  }
  return node;
}

export interface FlameBox {
  readonly node: FlameNode;
  readonly x: number;
  readonly width: number;
}

export interface FlameLayout {
  /** Each row's boxes from left to right; the first rows lead to the node that is zoomed to. */
  readonly rows: readonly (readonly FlameBox[])[];
  /** The row of the node that is zoomed to. */
  readonly zoomedRow: number;
  /** True if there are deeper rows than the layout has. */
  readonly isCut: boolean;
}

const LEAST_WIDTH = 1;
const MOST_ROWS = 120;
const MOST_ANCESTORS = 6;

/** The root and the nearest ancestors of a node. */
function ancestorsOf(node: FlameNode): FlameNode[] {
  const found: FlameNode[] = [];
  for (let at = node.parent; at; at = at.parent) found.push(at);
  found.reverse();
  return found.length > MOST_ANCESTORS ? [...found.slice(0, 1), ...found.slice(1 - MOST_ANCESTORS)] : found;
}

/** Only boxes that can be seen: at least a pixel wide. */
export function layoutFlame(zoomed: FlameNode, width: number): FlameLayout {
  const ancestors = ancestorsOf(zoomed);
  const rows: FlameBox[][] = ancestors.map((node) => [{ node, x: 0, width }]);
  const zoomedRow = rows.length;
  let isCut = false;
  let row: FlameBox[] = zoomed.total > 0 ? [{ node: zoomed, x: 0, width }] : [];
  while (row.length > 0) {
    rows.push(row);
    const next: FlameBox[] = [];
    for (const { node, x } of row) {
      let left = x;
      for (const one of node.children) {
        const wide = (one.total / zoomed.total) * width;
        if (wide >= LEAST_WIDTH) next.push({ node: one, x: left, width: wide });
        left += wide;
      }
    }
    isCut = rows.length >= MOST_ROWS && next.length > 0;
    row = isCut ? [] : next;
  }
  return { rows, zoomedRow, isCut };
}

export function boxAt({ rows }: FlameLayout, row: number, x: number): FlameBox | null {
  const boxes = rows[row] ?? [];
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const box = boxes[middle];
    if (box && box.x + box.width <= x) low = middle + 1;
    else high = middle;
  }
  const found = boxes[low];
  return found && found.x <= x ? found : null;
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/** The box beside, above or below a node's, for the keyboard: below is the widest callee. */
export function neighbour(layout: FlameLayout, node: FlameNode, direction: Direction): FlameNode {
  const row = layout.rows.findIndex((boxes) => boxes.some((box) => box.node === node));
  const boxes = layout.rows[row] ?? [];
  const at = boxes.findIndex((box) => box.node === node);
  switch (direction) {
    case 'left': return boxes[at - 1]?.node ?? node;
    case 'right': return boxes[at + 1]?.node ?? node;
    case 'up': return row > 0 ? (layout.rows[row - 1]?.find((box) => box.node === node.parent)?.node ?? layout.rows[row - 1]?.[0]?.node ?? node) : node;
    case 'down': {
      if (row < layout.zoomedRow) return layout.rows[row + 1]?.[0]?.node ?? node;
      const called = (layout.rows[row + 1] ?? []).filter((box) => box.node.parent === node);
      return called.reduce<FlameBox | null>((widest, box) => (widest && widest.width >= box.width ? widest : box), null)?.node ?? node;
    }
  }
}

export interface Found {
  readonly nodes: ReadonlySet<FlameNode>;
  readonly names: number;
  /** Their time; nested calls count once. */
  readonly total: number;
}

export function searchFlame({ nodes }: FlameTree, words: readonly string[]): Found {
  const found = new Set<FlameNode>();
  const names = new Set<string>();
  const covered = new Set<FlameNode>();
  let total = 0;
  if (words.length === 0) return { nodes: found, names: 0, total };
  const matching = new Map<string, boolean>();
  const isMatch = (name: string): boolean => {
    let known = matching.get(name);
    if (known === undefined) matching.set(name, known = words.every((word) => name.toLowerCase().includes(word)));
    return known;
  };
  for (const node of nodes) {
    const isCovered = node.parent !== null && covered.has(node.parent);
    const matches = isMatch(node.name);
    if (isCovered || matches) covered.add(node);
    if (!matches) continue;
    found.add(node);
    names.add(node.name);
    if (!isCovered) total += node.total;
  }
  return { nodes: found, names: names.size, total };
}

/** The nodes with most time, in the order of the tree, for a table. */
export function largest({ root }: FlameTree, most: number): FlameNode[] {
  const inOrder: FlameNode[] = [];
  const waiting = [...root.children].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    inOrder.push(node);
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child) waiting.push(child);
    }
  }
  if (inOrder.length <= most) return inOrder;
  const kept = new Set([...inOrder].sort((a, b) => b.total - a.total).slice(0, most));
  return inOrder.filter((node) => kept.has(node));
}

/** The index of a colour, equal for equal names. */
export function colorOf(name: string, colors: number): number {
  let mixed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193);
  // The lowest bits alone vary too little.
  return ((mixed ^ (mixed >>> 15)) >>> 0) % colors;
}
