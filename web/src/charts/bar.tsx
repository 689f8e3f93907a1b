// A share as a bar; the number is beside it. Not a <meter>: each browser draws that in its own way.

const NEARLY_FULL = 0.85;
const FULL = 0.95;

/** `isGood`: a score, where more is better. */
export function Bar({ share, isGood = false }: { share: number; isGood?: boolean }) {
  const level = isGood ? 'well' : share > FULL ? 'unwell' : share > NEARLY_FULL ? 'degraded' : 'well';
  return (
    <svg class={`bar bar-${level}`} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect width={Math.min(1, Math.max(0, share)) * 100} height="1" />
    </svg>
  );
}
