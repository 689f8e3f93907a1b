// A text of PromQL while it is written: whether it is one, which words fit at the caret, and the place that an error means.

import { AGGREGATORS, FUNCTIONS } from './promql_words';

/** Parentheses, braces, ranges and operators: more than a name or words to search for. */
const EXPRESSION = /[(){}[\]"'`<>^*%]|\S\s+(?:[-+/]|==|!=|and|or|unless|by|offset)\s+\S|^\s*[-+]?\d/;

export const isExpression = (text: string): boolean => EXPRESSION.test(text);

export type Context =
  | { readonly kind: 'word' | 'label'; readonly from: number; readonly word: string; readonly metric: string }
  | { readonly kind: 'value'; readonly from: number; readonly word: string; readonly metric: string; readonly label: string };

const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$/;
const VALUE = /([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)$/;
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** What may be completed at the end of `before`; null inside a text, a number or a range. */
export function contextOf(before: string): Context | null {
  const bare = before.replace(QUOTED, (text) => '_'.repeat(text.length));
  const opened = bare.lastIndexOf('{');
  const isInBraces = opened > bare.lastIndexOf('}');
  const metric = isInBraces ? (/[A-Za-z_:][\w:]*$/.exec(bare.slice(0, opened))?.[0] ?? '') : '';
  const value = isInBraces ? VALUE.exec(before.slice(opened)) : null;
  if (value && bare.includes('"')) return { kind: 'value', from: before.length - (value[2] ?? '').length, word: value[2] ?? '', metric, label: value[1] ?? '' };
  if (bare.includes('"') || /\[[^\]]*$/.test(bare)) return null;
  const word = /[A-Za-z_:][\w:]*$/.exec(bare)?.[0] ?? '';
  const from = before.length - word.length;
  if (isInBraces || GROUPING.test(bare)) return { kind: 'label', from, word, metric };
  return word === '' || /\d/.test(bare[from - 1] ?? '') ? null : { kind: 'word', from, word, metric };
}

export interface Completion {
  readonly text: string;
  readonly help: string;
}

const MOST_SHOWN = 12;

/** Those that begin with the word come before those that contain it. */
export function ranked(all: readonly Completion[], word: string): Completion[] {
  const wanted = word.toLowerCase();
  const found = all.filter(({ text }) => text.toLowerCase().includes(wanted) && text !== word);
  const order = ({ text }: Completion) => (text.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => order(a) - order(b)).slice(0, MOST_SHOWN);
}

export const WORDS: readonly Completion[] = Object.entries({ ...FUNCTIONS, ...AGGREGATORS }).map(([text, help]) => ({ text, help }));

/** The help of the function whose arguments the end of `before` is in. */
export function functionAt(before: string): Completion | undefined {
  let depth = 0;
  const bare = before.replace(QUOTED, (text) => '_'.repeat(text.length));
  for (let at = bare.length - 1; at >= 0; at--) {
    if (bare[at] === ')') depth += 1;
    if (bare[at] === '(' && --depth < 0) {
      const name = /\w+$/.exec(bare.slice(0, at).trimEnd())?.[0] ?? '';
      return WORDS.find(({ text }) => text === name);
    }
  }
  return undefined;
}

export interface Placed {
  readonly message: string;
  /** The line of the query that the message means, and the characters before its place; undefined where it names none. */
  readonly line?: string;
  readonly before?: number;
}

/** `… at 1:40` and `… (1:40)` name line and column, both from 1. */
export function placed(said: string, query: string): Placed {
  const message = said.replace(/^invalid parameter "query": /, '');
  const [, line, column] = [...message.matchAll(/\b(\d+):(\d+)\b/g)].at(-1) ?? [];
  const text = query.split('\n')[Number(line) - 1];
  if (text === undefined || !(Number(column) >= 1) || Number(column) > text.length + 1) return { message };
  return { message, line: text, before: Number(column) - 1 };
}
