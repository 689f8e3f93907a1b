// The box of Explore: words to search for, or PromQL with completion of names, labels, values and functions.

import { useRef, useState } from 'preact/hooks';
import { readable } from '../format/readable';
import { contextOf, functionAt, isExpression, ranked, WORDS, type Completion, type Context } from '../model/query_text';
import { queries, remember } from '../model/query_history';
import { lastKnown } from '../protocol/ask';
import { labelNames, labelValues, metadata } from '../protocol/prometheus';

const plain = (names: readonly string[]): Completion[] => names.map((text) => ({ text, help: '' }));

async function namesOfMetrics(): Promise<Completion[]> {
  const [names, about] = await Promise.all([labelValues('__name__'), metadata()]);
  const described = lastKnown(about);
  return (lastKnown(names) ?? []).map((text) => ({ text, help: described?.get(text)?.help ?? '' }));
}

/** Lists that the server gave, for as long as the box is there. */
class Lists {
  private readonly known = new Map<string, Promise<Completion[]>>();

  of(context: Context): Promise<Completion[]> {
    const key = [context.kind, context.metric, context.kind === 'value' ? context.label : ''].join(' ');
    const list = this.known.get(key) ?? this.ask(context);
    this.known.set(key, list);
    return list;
  }

  private async ask(context: Context): Promise<Completion[]> {
    if (context.kind === 'word') return [...(await namesOfMetrics()), ...WORDS];
    if (context.kind === 'label') return plain((lastKnown(await labelNames(context.metric)) ?? []).filter((name) => name !== '__name__'));
    return context.kind === 'value' ? plain(lastKnown(await labelValues(context.label, context.metric)) ?? []) : [];
  }
}

interface Open {
  readonly context: Context;
  readonly list: readonly Completion[];
  readonly chosen: number;
}

export function QueryBox({ text, onText }: { text: string; onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const lists = useRef(new Lists());
  const turn = useRef(0);
  const [open, setOpen] = useState<Open | null>(null);
  const [help, setHelp] = useState<Completion | undefined>();

  const offer = async (written: string, at: number) => {
    const own = ++turn.current;
    const before = written.slice(0, at);
    const context = isExpression(written) ? contextOf(before) : null;
    setHelp(isExpression(written) ? functionAt(before) : undefined);
    if (!context) return setOpen(null);
    const list = ranked(await lists.current.of(context), context.word);
    if (own === turn.current) setOpen(list.length > 0 ? { context, list, chosen: -1 } : null);
  };
  const close = () => {
    turn.current += 1;
    setOpen(null);
  };
  const complete = ({ text: word }: Completion) => {
    if (!open) return;
    const { from, word: old } = open.context;
    const next = text.slice(0, from) + word + text.slice(from + old.length);
    close();
    // The next key may come before the page is rendered anew.
    if (input.current) {
      input.current.value = next;
      input.current.focus();
      input.current.setSelectionRange(from + word.length, from + word.length);
    }
    onText(next);
  };
  const move = (by: number) => open && setOpen({ ...open, chosen: (open.chosen + by + open.list.length + (open.chosen < 0 && by < 0 ? 1 : 0)) % open.list.length });
  const key = (event: KeyboardEvent) => {
    const chosen = open?.list[open.chosen];
    if (event.key === 'Enter' && !chosen && isExpression(text)) remember(text.trim());
    if (!open) return;
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter' && chosen) complete(chosen);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  };
  return (
    <div class="query-box">
      <label class="search-words">
        <span class="hidden">Search by name and label, or query with PromQL</span>
        <input ref={input} type="text" value={text} placeholder="Name or label, such as udp or source=mic; or PromQL" spellcheck={false} autocomplete="off"
          role="combobox" aria-autocomplete="list" aria-expanded={open !== null} aria-controls="completions"
          aria-activedescendant={open && open.chosen >= 0 ? `completion-${open.chosen}` : undefined}
          onInput={(event) => { onText(event.currentTarget.value); void offer(event.currentTarget.value, event.currentTarget.selectionStart ?? 0); }}
          onKeyDown={key} onBlur={close} />
      </label>
      <ul id="completions" role="listbox" aria-label="Completions" class="completions" hidden={!open}>
        {open?.list.map((one, i) => (
          <li key={one.text} id={`completion-${i}`} role="option" aria-selected={i === open.chosen} onMouseDown={(event) => { event.preventDefault(); complete(one); }}>
            <b>{readable(one.text)}</b> <span class="quiet">{readable(one.help)}</span>
          </li>
        ))}
      </ul>
      {help && <p class="quiet function-help" role="status"><b>{help.text}</b>: {help.help}</p>}
    </div>
  );
}

/** Queries that were run before. */
export function EarlierQueries({ onText }: { onText: (text: string) => void }) {
  if (queries.value.length === 0) return null;
  return (
    <label>
      <span class="hidden">Earlier queries</span>
      <select value="" onChange={(event) => onText(event.currentTarget.value)}>
        <option value="">Earlier queries</option>
        {queries.value.map((one) => <option key={one} value={one}>{readable(one)}</option>)}
      </select>
    </label>
  );
}
