export const FOLDED: string;
export function profileAnswer(fields?: Record<string, unknown>): unknown;
export function wideFolded(width: number, depth: number): string;
