import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxAt, colorOf, largest, layoutFlame, neighbour, nodeAt, parseFolded, pathOf, searchFlame, type FlameNode } from '../../src/model/flame';
import { parseProfile, parseSwitched } from '../../src/model/profile';
import { FOLDED, profileAnswer, wideFolded } from '../profile.mjs';

const shape = (node: FlameNode): unknown => [node.name, node.total, node.self, ...node.children.map(shape)];

test('folded stacks become a tree: what a function took, and what it took by itself', () => {
  const { root, nodes } = parseFolded('main;b;x 5\nmain;a 3\nmain;b 2\nother;b 1\nmain;b;x 4\n');
  assert.deepEqual(shape(root), ['all', 15, 0, ['main', 14, 0, ['a', 3, 3], ['b', 11, 2, ['x', 9, 9]]], ['other', 1, 0, ['b', 1, 1]]]);
  assert.equal(nodes.length, 6);
});

test('names may have blanks; lines that are none are left out', () => {
  const { root } = parseFolded('main;operator() (int) 7\n\nnothing\nmain;x -3\nmain;y NaN\n 5\nmain;z 0\n__proto__;constructor 2');
  assert.deepEqual(shape(root), ['all', 9, 0, ['__proto__', 2, 0, ['constructor', 2, 2]], ['main', 7, 0, ['operator() (int)', 7, 7]]]);
});

test('a path leads to its node, and one that has left the tree to the last that is there', () => {
  const { root } = parseFolded(FOLDED);
  const node = nodeAt(root, 'room-1;Room::mix;encode');
  assert.equal(node.name, 'encode');
  assert.equal(pathOf(node), 'room-1;Room::mix;encode');
  assert.equal(nodeAt(root, 'room-1;Room::mix;gone;deeper').name, 'Room::mix');
  assert.equal(nodeAt(root, ''), root);
});

test('boxes are as wide as their time, side by side below who called them', () => {
  const { root } = parseFolded('t;a 25;\nt;a 25\nt;b;c 50\nt 25\n');
  const rows = layoutFlame(root, 1000).rows.map((boxes) => boxes.map(({ node, x, width }) => [node.name, x, width]));
  assert.deepEqual(rows, [[['all', 0, 1000]], [['t', 0, 1000]], [['a', 0, 250], ['b', 250, 500]], [['c', 250, 500]]]);
});

test('the whole width is of the node that is zoomed to; what leads to it stands above', () => {
  const { root } = parseFolded(FOLDED);
  const layout = layoutFlame(nodeAt(root, 'net;receive'), 600);
  assert.deepEqual(layout.rows.slice(0, 3).map((boxes) => boxes.map(({ node, width }) => [node.name, width])), [[['all', 600]], [['net', 600]], [['receive', 600]]]);
  assert.equal(layout.zoomedRow, 2);
});

test('what would be less than a pixel wide is not laid out, nor what it called', () => {
  const { root } = parseFolded('t;big 99900\nt;small;inner 99\nt;least 1');
  assert.deepEqual(layoutFlame(root, 1000).rows.map((boxes) => boxes.length), [1, 1, 1]);
  assert.deepEqual(layoutFlame(nodeAt(root, 't;small'), 1000).rows.map((boxes) => boxes.map(({ node }) => node.name)), [['all'], ['t'], ['small'], ['inner']]);
});

test('wide and deep trees: as many boxes as can be seen', () => {
  const wide = parseFolded(wideFolded(1000, 5));
  assert.equal(wide.nodes.length, 5001);
  const boxes = layoutFlame(wide.root, 1200).rows.reduce((sum, row) => sum + row.length, 0);
  assert.ok(boxes > 1000 && boxes < 1200 * 7, `${boxes}`);
  const deep = parseFolded(wideFolded(1, 100_000));
  assert.equal(deep.nodes.length, 1000);
  const layout = layoutFlame(deep.root, 1200);
  assert.equal(layout.isCut, true);
  assert.ok(layout.rows.length <= 120);
  const zoomed = layoutFlame(nodeAt(deep.root, pathOf(deep.nodes[500] ?? deep.root)), 1200);
  assert.equal(zoomed.zoomedRow, 6);
  assert.equal(zoomed.rows[0]?.[0]?.node, deep.root);
});

test('the box under a point', () => {
  const { root } = parseFolded('t;a 50\nt;b 25\nt 25');
  const layout = layoutFlame(root, 100);
  const at = (row: number, x: number) => boxAt(layout, row, x)?.node.name ?? null;
  assert.deepEqual([at(0, 99), at(2, 0), at(2, 49.9), at(2, 50), at(2, 74), at(2, 76), at(3, 1), at(-1, 1)], ['all', 'a', 'a', 'b', 'b', null, null, null]);
});

test('keys go to the box above, below and beside', () => {
  const { root } = parseFolded(FOLDED);
  const layout = layoutFlame(root, 1000);
  const from = (path: string, direction: 'up' | 'down' | 'left' | 'right') => pathOf(neighbour(layout, nodeAt(root, path), direction));
  assert.equal(from('', 'down'), 'room-1');
  assert.equal(from('room-1', 'left'), 'net');
  assert.equal(from('net', 'left'), 'net');
  assert.equal(from('room-1', 'right'), 'room-2');
  assert.equal(from('room-1;Room::mix', 'down'), 'room-1;Room::mix;encode');
  assert.equal(from('net;receive', 'up'), 'net');
  assert.equal(from('', 'up'), '');
  const zoomed = layoutFlame(nodeAt(root, 'net;receive'), 1000);
  assert.equal(pathOf(neighbour(zoomed, nodeAt(root, 'net'), 'down')), 'net;receive');
  assert.equal(pathOf(neighbour(zoomed, nodeAt(root, 'net;receive'), 'up')), 'net');
  // A box that is not drawn now stays where it is.
  assert.equal(pathOf(neighbour(zoomed, nodeAt(root, 'room-1'), 'left')), 'room-1');
});

test('search: what calls itself counts once', () => {
  const tree = parseFolded('t;f;g;f 10\nt;g 5\nt;Foo 2');
  const found = (...words: string[]) => { const { names, total, nodes } = searchFlame(tree, words); return [names, total, nodes.size]; };
  assert.deepEqual(found('f'), [2, 12, 3]);
  assert.deepEqual(found('g'), [1, 15, 2]);
  assert.deepEqual(found('fo', 'o'), [1, 2, 1]);
  assert.deepEqual(found(), [0, 0, 0]);
});

test('the largest, in the order of the tree', () => {
  const tree = parseFolded(FOLDED);
  assert.deepEqual(largest(tree, 4).map(pathOf), ['room-1', 'room-1;Room::mix', 'room-1;Room::mix;encode', 'room-1;Room::mix;encode;opus']);
  assert.equal(largest(tree, 1000).length, tree.nodes.length);
});

test('a name has its colour', () => {
  assert.equal(colorOf('Room::mix', 8), colorOf('Room::mix', 8));
  assert.ok(new Set(Array.from({ length: 100 }, (_, i) => colorOf(`f${i}`, 8))).size === 8);
});

test('a profile: functions with their figures, slow ones marked', () => {
  const profile = parseProfile(profileAnswer());
  assert.ok(profile);
  assert.deepEqual([profile.isOn, profile.seconds, profile.clockNs, profile.threads.length, profile.process.openFiles], [true, 83, 18, 3, 61]);
  assert.deepEqual(profile.scopes.filter(({ isSlow }) => isSlow).map(({ name }) => name), ['Room::mix']);
  assert.equal(profile.scopes.find(({ name }) => name === 'receive')?.errors, 12);
  for (const answer of [null, [], {}, { enabled: 'yes' }]) assert.equal(parseProfile(answer), null);
  assert.deepEqual(parseProfile({ enabled: false, functions: [5, {}], threads: 'x', slow: null })?.scopes, []);
  assert.deepEqual([parseSwitched({ enabled: true }), parseSwitched({})], [true, null]);
});
