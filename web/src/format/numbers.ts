// Numbers for a person: three or four digits and a unit, of one width, and never more precise than they are.

/** Where a unit begins: already where the one below it would be rounded up to a thousand. */
const SMALL = [
  { from: 0.9995, factor: 1, suffix: '' },
  { from: 999.5e-6, factor: 1e3, suffix: 'm' },
  { from: 999.5e-9, factor: 1e6, suffix: 'µ' },
  { from: 0, factor: 1e9, suffix: 'n' },
];
const LARGE = [
  { from: 999.5e15, factor: 1e-18, suffix: 'E' },
  { from: 999.5e12, factor: 1e-15, suffix: 'P' },
  { from: 999.5e9, factor: 1e-12, suffix: 'T' },
  { from: 999.5e6, factor: 1e-9, suffix: 'G' },
  { from: 999.5e3, factor: 1e-6, suffix: 'M' },
  { from: 9999.5, factor: 1e-3, suffix: 'k' },
];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const MOST_OF_A_UNIT = 999.5;

export interface Amount {
  readonly number: string;
  readonly unit: string;
}

const LONGEST_UNIT = 16;
const DAY = 86400;
const NOTHING: Amount = { number: '–', unit: '' };

/** Beyond these two, numbers are powers of ten: `2.00e-5`, `1.70e300`. */
const LEAST_WITHOUT_POWER = 0.0000995;
const MOST_WITHOUT_POWER = 999_999.5;

/** `times` 10 to that power. */
function powerText(value: number, times = 0): string {
  const [digitsText = '', powerOfTen = ''] = value.toExponential().split('e');
  const mantissa = Number(digitsText);
  const isRoundedUp = Math.abs(mantissa) >= 9.995;
  return `${(isRoundedUp ? Math.sign(mantissa) : mantissa).toFixed(2)}e${Number(powerOfTen) + times + (isRoundedUp ? 1 : 0)}`;
}

function decimalsOf(size: number): number {
  if (size >= 9.995) return size >= 99.95 ? 0 : 1;
  if (size >= 0.0995) return 2;
  if (size >= 0.00995) return 3;
  return size >= 0.000995 ? 4 : 5;
}

/** Three digits that count, two below 1; a whole number is a count and has no others. Zeros stay, so that numbers do not jump. */
function digits(value: number, more = 0): string {
  const size = Math.abs(value);
  if (size >= MOST_WITHOUT_POWER) return powerText(value);
  if (Number.isInteger(value)) return String(value);
  return size < LEAST_WITHOUT_POWER ? powerText(value) : value.toFixed(decimalsOf(size) + more);
}

function scaled(value: number, more: number): Amount {
  const size = Math.abs(value);
  const scale = size >= 999.5e18 ? undefined : LARGE.find((step) => size >= step.from);
  return scale ? { number: digits(value * scale.factor, more), unit: scale.suffix } : { number: digits(value, more), unit: '' };
}

function bytes(value: number, more: number): Amount {
  let step = 0;
  let part = value;
  while (Math.abs(part) >= MOST_OF_A_UNIT && step < BINARY.length) {
    part /= 1024;
    step += 1;
  }
  return step < BINARY.length ? { number: digits(part, more), unit: BINARY[step] ?? '' } : { number: powerText(value), unit: 'B' };
}

function seconds(value: number, more: number): Amount {
  const size = Math.abs(value);
  if (size === 0) return { number: '0', unit: 's' };
  if (size >= 119.5) return { number: durationText(value, more), unit: '' };
  const scale = SMALL.find((step) => size >= step.from) ?? SMALL[0];
  return { number: digits(value * (scale?.factor ?? 1), more), unit: `${scale?.suffix ?? ''}s` };
}

/** A share below 1 never reads as 100. */
function percent(value: number, more: number): string {
  if (more === 0 && value < 1 && value >= 0.9995) return '99.9';
  const hundredths = value * 100;
  return Number.isFinite(hundredths) ? digits(hundredths, more) : powerText(value, 2);
}

/** More seconds are a time since 1970, and no duration: 31 years and more. */
export const EARLIEST_MOMENT = 1e9;
const LAST_DATE = 1e11;

export const isMoment = (unit: string) => unit === UNIX_SECONDS || unit === UNIX_MILLISECONDS;
/** Below a tenth with three decimals, if these are not all zero. */
function thousandths(value: number, more: number): string {
  return value >= 0.001 && value < 0.0995 ? value.toFixed(3 + more) : digits(value, more);
}

const isDate = (unixSeconds: number) => unixSeconds >= EARLIEST_MOMENT && unixSeconds < LAST_DATE;
const two = (part: number) => String(part).padStart(2, '0');

/** Local date and time of day: `2026-11-28 03:12:05`. */
function dateText(unixSeconds: number): string {
  const date = new Date(Math.floor(unixSeconds) * 1000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A value of a family with that unit, number and unit apart, so that numbers can be aligned. `more`: digits than usual. */
export function amount(value: number | null | undefined, unit = '', more = 0): Amount {
  if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
  if (!Number.isFinite(value)) return { number: value > 0 ? '∞' : '-∞', unit: '' };
  switch (unit) {
    case 'ratio': return { number: percent(value, more), unit: '%' };
    case 'seconds': return seconds(value, more);
    case 'milliseconds': return seconds(value / 1000, more);
    case UNIX_SECONDS: return isDate(value) ? { number: dateText(value), unit: '' } : seconds(value, more);
    case UNIX_MILLISECONDS: return amount(value / 1000, UNIX_SECONDS, more);
    case 'bytes': return bytes(value, more);
    case 'bytes_per_second': case 'bytes/s': return withSuffix(bytes(value, more), '/s');
    case '/s': return withSuffix(scaled(value, more), '/s');
    case 'cores': return { number: thousandths(value, more), unit: value === 1 ? 'core' : 'cores' };
    case 'seconds/s': return { number: digits(value, more), unit: 's/s' };
    case 'ratio/s': return { number: percent(value, more), unit: '%/s' };
    default: return withSuffix(scaled(value, more), unit && !unit.startsWith('/') ? ` ${shortUnit(unit)}` : unit);
  }
}

/** The units of a moment in time, which is shown as a date; what is none is a duration. */
export const UNIX_SECONDS = 'unix_seconds';
export const UNIX_MILLISECONDS = 'unix_milliseconds';

function shortUnit(unit: string): string {
  const letters = [...unit.replaceAll('_', ' ')];
  return letters.length > LONGEST_UNIT ? `${letters.slice(0, LONGEST_UNIT - 1).join('')}…` : letters.join('');
}

function withSuffix(of: Amount, suffix: string): Amount {
  return { number: of.number, unit: `${of.unit}${suffix}`.trim() };
}

export function amountText(value: number | null | undefined, unit = '', more = 0): string {
  const { number, unit: shown } = amount(value, unit, more);
  return shown === '' || shown === '%' ? number + shown : `${number} ${shown}`;
}

/**
 * `factor` times the value with so many decimals. Where rounding would reach what `isLimit` says, it is cut instead: what is below a
 * limit never reads as the limit.
 */
function cutText(value: number, decimals: number, isLimit: (rounded: number) => boolean, factor = 1): string {
  const text = (value * factor).toFixed(decimals);
  const rounded = Number(text);
  return rounded / factor > value && isLimit(rounded) ? (rounded - 10 ** -decimals).toFixed(decimals) : text;
}

/** A share whose limits are whole hundredths, and one in a thousand. */
export function cutRatioText(value: number | null): string {
  const hundredths = (value ?? NaN) * 100;
  if (value === null || !(hundredths >= 0.01 && hundredths < 1000) || Number.isInteger(hundredths)) return amountText(value, 'ratio');
  const decimals = hundredths >= 100 ? 0 : hundredths >= 10 ? 1 : hundredths >= 0.1 ? 2 : 3;
  return `${cutText(value, decimals, (rounded) => Number.isInteger(rounded) || rounded === 0.1, 100)}%`;
}

/** A score of 0 to 100, of which the limits are multiples of five. */
export function scoreText(value: number | null, decimals = 0): string {
  return value === null || !(Math.abs(value) < 1e6) ? amountText(value) : cutText(value, decimals, (rounded) => rounded % 5 === 0);
}

/** A factor, with the limits 0.8 and 1: one below a tenth has more decimals, so that a quick server's do not all read 0.01. */
export function factorText(value: number | null): string {
  if (value === null || !(value >= 0.001 && value < 1000)) return amountText(value);
  return cutText(value, value < 0.1 ? 3 : 2, (rounded) => Number.isInteger(Math.round(rounded * 100) / 10));
}

/** For an axis, where numbers stand still: without zeros at the end. */
export function axisText(value: number, unit: string, more = 0): string {
  return amountText(value, unit, more).replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

const MOST_MORE_DIGITS = 6;

/** The labels of an axis, no two alike; empty where no more digits would tell two apart. */
export function axisTexts(values: ReadonlyArray<number | null>, unit: string): string[] {
  const known = values.filter((value) => value !== null);
  const moments = unit === UNIX_MILLISECONDS ? known.map((value) => value / 1000) : known;
  if (isMoment(unit) && moments.every(isDate)) return distinct(dateTexts(values, unit, moments));
  for (let more = 0; ; more++) {
    const texts = values.map((value) => (value === null ? '' : axisText(value, unit, more)));
    const isDistinct = new Set(texts.filter(Boolean)).size === known.length;
    if (isDistinct || more === MOST_MORE_DIGITS) return distinct(texts);
  }
}

/** Within one day the time of day; otherwise the day. */
function dateTexts(values: ReadonlyArray<number | null>, unit: string, known: readonly number[]): string[] {
  const isOneDay = Math.max(...known) - Math.min(...known) < DAY;
  return values.map((value) => amountText(value, unit).slice(isOneDay ? 11 : 0, isOneDay ? 19 : 10)).map((text, at) => (values[at] === null ? '' : text));
}

/** Keeps only the last of equal texts. */
export function distinct(texts: readonly string[]): string[] {
  return texts.map((text, at) => (texts.indexOf(text, at + 1) >= 0 ? '' : text));
}

/** The unit of a family's growth per second. */
export function rateUnit(unit: string): string {
  if (unit === '') return '/s';
  return unit === 'bytes' ? 'bytes_per_second' : `${unit}/s`;
}

const MOST_DAYS = 100_000;

/** `2 d 3 h`, `4 h 10 min`, `5 min 20 s`, `12 s`: rounded to the second of its two parts; `more` parts than those. */
export function durationText(total: number, more = 0): string {
  if (!Number.isFinite(total)) return amountText(total);
  const size = Math.abs(total);
  const sign = total < 0 && size >= 0.5 ? '-' : '';
  if (size >= MOST_DAYS * DAY) return `${sign}${digits(size / DAY, more)} d`;
  const nearest = Math.round(size);
  const step = more > 0 || nearest < 3600 ? 1 : nearest >= DAY ? 3600 : 60;
  const whole = Math.round(size / step) * step;
  const parts: Array<[number, string]> = [
    [Math.floor(whole / DAY), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return sign + parts.slice(first, first + 2 + more).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of day, to the second. */
export function clockText(unixSeconds: number): string {
  return Number.isFinite(unixSeconds) ? clock.format(unixSeconds * 1000) : '–';
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** The day: `28 Nov`. */
export function dayText(unixSeconds: number): string {
  return Number.isFinite(unixSeconds) ? day.format(unixSeconds * 1000) : '–';
}

/** The time of day, with the day where it is not today's. */
export function momentText(unixSeconds: number, now: number): string {
  const isToday = dayText(unixSeconds) === dayText(now);
  return isToday ? clockText(unixSeconds) : `${dayText(unixSeconds)}, ${clockText(unixSeconds)}`;
}
