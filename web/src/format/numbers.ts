// Numbers for a person: three or four digits and a unit, of one width, and never more precise than they are.

const SMALL = [
  { from: 1, factor: 1, suffix: '' },
  { from: 1e-3, factor: 1e3, suffix: 'm' },
  { from: 1e-6, factor: 1e6, suffix: 'µ' },
  { from: 0, factor: 1e9, suffix: 'n' },
];
const LARGE = [
  { from: 1e12, factor: 1e-12, suffix: 'T' },
  { from: 1e9, factor: 1e-9, suffix: 'G' },
  { from: 1e6, factor: 1e-6, suffix: 'M' },
  { from: 1e4, factor: 1e-3, suffix: 'k' },
];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export interface Amount {
  readonly number: string;
  readonly unit: string;
}

const LONGEST_UNIT = 16;
const NOTHING: Amount = { number: '–', unit: '' };

/** Three digits that count; a whole number is a count and has no others. Zeros stay, so that numbers do not jump. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return value.toFixed(decimals);
}

function scaled(value: number): Amount {
  const size = Math.abs(value);
  const scale = LARGE.find((step) => size >= step.from);
  return scale ? { number: digits(value * scale.factor), unit: scale.suffix } : { number: digits(value), unit: '' };
}

function bytes(value: number): Amount {
  let step = 0;
  while (Math.abs(value) >= 1000 && step < BINARY.length - 1) {
    value /= 1024;
    step += 1;
  }
  return { number: digits(value), unit: BINARY[step] ?? '' };
}

function seconds(value: number): Amount {
  const size = Math.abs(value);
  if (size === 0) return { number: '0', unit: 's' };
  if (size >= 120) return { number: durationText(value), unit: '' };
  const scale = SMALL.find((step) => size >= step.from) ?? SMALL[0];
  return { number: digits(value * (scale?.factor ?? 1)), unit: `${scale?.suffix ?? ''}s` };
}

/** A value of a family with that unit, number and unit apart, so that numbers can be aligned. */
export function amount(value: number | null | undefined, unit = ''): Amount {
  if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
  if (!Number.isFinite(value)) return { number: value > 0 ? '∞' : '−∞', unit: '' };
  switch (unit) {
    case 'ratio': return { number: digits(value * 100), unit: '%' };
    case 'seconds': return seconds(value);
    case 'milliseconds': return seconds(value / 1000);
    case 'bytes': return bytes(value);
    case 'bytes_per_second': case 'bytes/s': return withSuffix(bytes(value), '/s');
    case '/s': return withSuffix(scaled(value), '/s');
    case 'cores': return { number: value > 0 && value < 0.1 ? value.toFixed(3) : digits(value), unit: value === 1 ? 'core' : 'cores' };
    case 'seconds/s': return { number: digits(value), unit: 's/s' };
    case 'ratio/s': return { number: digits(value * 100), unit: '%/s' };
    default: return withSuffix(scaled(value), unit && !unit.startsWith('/') ? ` ${shortUnit(unit)}` : unit);
  }
}

function shortUnit(unit: string): string {
  const words = unit.replaceAll('_', ' ');
  return words.length > LONGEST_UNIT ? `${words.slice(0, LONGEST_UNIT - 1)}…` : words;
}

function withSuffix(of: Amount, suffix: string): Amount {
  return { number: of.number, unit: `${of.unit}${suffix}`.trim() };
}

export function amountText(value: number | null | undefined, unit = ''): string {
  const { number, unit: shown } = amount(value, unit);
  if (shown === '' || shown === '%' || number === '–') return number + (number === '–' ? '' : shown);
  return `${number} ${shown}`;
}

/** A factor below a tenth with three decimals, so that a quick server's do not all read 0.01. */
export function factorText(value: number | null): string {
  if (value === null) return '–';
  return value.toFixed(value < 0.1 ? 3 : 2);
}

/** For an axis, where numbers stand still: without zeros at the end. */
export function axisText(value: number, unit: string): string {
  return amountText(value, unit).replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

/** The unit of a family's growth per second. */
export function rateUnit(unit: string): string {
  if (unit === '') return '/s';
  return unit === 'bytes' ? 'bytes_per_second' : `${unit}/s`;
}

/** `2 d 3 h`, `4 h 10 min`, `5 min 20 s`, `12 s`. */
export function durationText(total: number): string {
  const whole = Math.floor(Math.abs(total));
  const parts: Array<[number, string]> = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of day, to the second. */
export function clockText(unixSeconds: number): string {
  return Number.isFinite(unixSeconds) ? clock.format(unixSeconds * 1000) : '–';
}
