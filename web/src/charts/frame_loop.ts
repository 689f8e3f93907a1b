// One animation frame for all charts: only those that are seen and have something new are drawn.

import { effect, type ReadonlySignal } from '@preact/signals';

export interface Drawable {
  readonly element: Element;
  draw(): void;
}

interface Entry {
  readonly drawable: Drawable;
  visible: boolean;
  dirty: boolean;
}

export class FrameLoop {
  private readonly entries = new Map<Element, Entry>();
  private scheduled = false;
  private readonly observer = new IntersectionObserver((changes) => this.seen(changes), { rootMargin: '100px' });

  /** Draws it whenever it is seen and something changed, until the function returned is called. */
  add(drawable: Drawable): () => void {
    this.entries.set(drawable.element, { drawable, visible: false, dirty: true });
    this.observer.observe(drawable.element);
    return () => {
      this.observer.unobserve(drawable.element);
      this.entries.delete(drawable.element);
    };
  }

  /** Everything is drawn anew when one of these changes. */
  watch(...signals: ReadonlySignal<unknown>[]): void {
    effect(() => {
      for (const one of signals) void one.value;
      this.invalidateAll();
    });
  }

  invalidate(element: Element): void {
    const entry = this.entries.get(element);
    if (!entry) return;
    entry.dirty = true;
    if (entry.visible) this.schedule();
  }

  invalidateAll(): void {
    for (const entry of this.entries.values()) entry.dirty = true;
    this.schedule();
  }

  private seen(changes: readonly IntersectionObserverEntry[]): void {
    for (const change of changes) {
      const entry = this.entries.get(change.target);
      if (entry) entry.visible = change.isIntersecting;
    }
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => this.drawDue());
  }

  private drawDue(): void {
    this.scheduled = false;
    for (const entry of this.entries.values()) {
      if (!entry.visible || !entry.dirty) continue;
      entry.dirty = false;
      entry.drawable.draw();
    }
  }
}
