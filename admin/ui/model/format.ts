/** Numbers and times as people read them. */

/** Shown where there is no value. */
export const NONE = "\u2013";
/** Keeps a number and its unit on one line, narrowly. */
const THIN = "\u202f";

/** 1234 is `1,234`, 0.25 is `0.25`; `digits` are those after the point at most. */
export function number(value: number | null, digits = 0): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A number and its unit, apart, so that they can look different. */
export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

/** 12,345 is `12.3` `k`. */
export function compact(value: number | null): Quantity {
  return scaled(value, ["", "k", "M", "G"], 1000, 10_000);
}

export function bytes(value: number | null): Quantity {
  return scaled(value, ["B", "kB", "MB", "GB", "TB"], 1000, 1000);
}

/** Bytes a second as bits a second, as networks are measured. */
export function bitRate(bytesPerSecond: number | null): Quantity {
  const bits = bytesPerSecond === null ? null : bytesPerSecond * 8;
  return scaled(bits, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"], 1000, 1000);
}

function scaled(
  value: number | null,
  units: readonly string[],
  step: number,
  from: number,
): Quantity {
  if (value === null || !Number.isFinite(value)) return { value: NONE, unit: "" };
  let rest = value;
  let place = 0;
  if (Math.abs(value) >= from) {
    while (Math.abs(rest) >= step && place < units.length - 1) {
      rest /= step;
      place += 1;
    }
  }
  const digits = place === 0 ? 0 : rest < 100 ? 1 : 0;
  const text = place === 0 ? number(rest, 1) : rest.toFixed(digits).replace(/\.0$/, "");
  return { value: text, unit: units[place] ?? "" };
}

/** As running text. */
export function text({ value, unit }: Quantity): string {
  return unit === "" ? value : `${value}${THIN}${unit}`;
}

export function ms(value: number | null): string {
  if (value === null) return NONE;
  return `${number(value, value < 10 ? 1 : 0)}${THIN}ms`;
}

export function percent(value: number | null): string {
  if (value === null) return NONE;
  return `${value.toFixed(value < 10 && value > 0 ? 1 : 0)}${THIN}%`;
}

/** Whole percents of a whole; a little is not nothing. */
export function sharePct(value: number | null): string {
  if (value === null) return NONE;
  return value > 0 && value < 1 ? `<1${THIN}%` : `${number(value)}${THIN}%`;
}

/** `3 d 4 h`, `12 min 5 s`, `8 s`: the two largest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return `0${THIN}s`;
  return parts.slice(first, first + 2).filter(([count], place) => place === 0 || count > 0)
    .map(([count, unit]) => `${count}${THIN}${unit}`).join(" ");
}

/** Time of day with seconds, and milliseconds where wanted. */
export function clock(unixMs: number, millis = false): string {
  const at = new Date(unixMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return millis ? `${time}.${String(at.getMilliseconds()).padStart(3, "0")}` : time;
}

/** Date and time, for titles. */
export function moment(unixMs: number): string {
  return new Date(unixMs).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** The beginning of a fingerprint, enough to tell people apart. */
export function short(fingerprint: string): string {
  const plain = fingerprint.replaceAll(":", "");
  return plain.length <= 12 ? fingerprint : `${plain.slice(0, 4)}:${plain.slice(4, 8)}\u2026`;
}

/** `slow_receiver` as `slow receiver`. */
export function words(code: string): string {
  return code.replaceAll("_", " ");
}

/** `1 room`, `2 rooms`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}
