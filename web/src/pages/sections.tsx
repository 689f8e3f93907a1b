// A section for each pack of metrics, made from the names: one chart for each family.

import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Family } from '../data/series';
import { sectionsOf, type Section } from '../model/sections';
import { page } from '../page';
import { FamilyChart } from './family_chart';

const opened = signal<ReadonlySet<string>>(new Set());

function toggle(name: string, isOpen: boolean): void {
  const next = new Set(opened.value);
  if (isOpen) next.add(name);
  else next.delete(name);
  opened.value = next;
}

function Charts({ families }: { families: readonly Family[] }) {
  return <div class="charts dense">{families.map((family) => <FamilyChart key={family.name} family={family} height={110} />)}</div>;
}

function SectionBlock({ section }: { section: Section }) {
  const isOpen = section.openAtFirst !== opened.value.has(section.name);
  const change = (event: Event) => {
    const shown = (event.currentTarget as HTMLDetailsElement).open;
    if (shown !== isOpen) toggle(section.name, shown !== section.openAtFirst);
  };
  const series = section.families.reduce((total, family) => total + family.series.length, 0);
  return (
    <details class="section" open={isOpen} onToggle={change}>
      <summary><h2>{section.title}</h2><span class="quiet number">{section.families.length} {section.families.length === 1 ? 'metric' : 'metrics'}, {series} series</span></summary>
      {isOpen && <Charts families={section.families} />}
    </details>
  );
}

export function Sections() {
  const structure = page.store.structure.value;
  const sections = useMemo(() => sectionsOf(page.store), [structure]);
  return <div class="sections">{sections.map((section) => <SectionBlock key={section.name} section={section} />)}</div>;
}
