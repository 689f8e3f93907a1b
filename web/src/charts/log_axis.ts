// Positions of a logarithmic axis' lines.

const FEW_DECADES = 1.7;
const FEWEST = 3;
const WANTED = 4;
const STEPS = [1, 2, 5, 10];

/** Multiples of a round step, as of a plain axis: where values are close, no power of ten lies between them. */
function evenSplits(least: number, most: number): number[] {
  const rough = (most - least) / WANTED;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((one) => one * power >= rough * 0.999) ?? 10);
  const splits: number[] = [];
  for (let i = Math.ceil(least / step - 1e-9); i * step <= most * (1 + 1e-9); i++) splits.push(i * step);
  return splits;
}

/** Powers of ten; where there are few, 2 and 5 times as much, too; where there are hardly any of these, even steps. */
export function logSplits(least: number, most: number): number[] {
  if (!(least > 0) || !(most > least) || !Number.isFinite(most)) return [];
  const firsts = Math.log10(most / least) < FEW_DECADES ? [1, 2, 5] : [1];
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    for (const first of firsts) {
      const value = Number(`${first}e${power}`);
      if (value >= least && value <= most) splits.push(value);
    }
  }
  return splits.length < FEWEST ? evenSplits(least, most) : splits;
}
