/** Values over time: a bounded list that goes on, and the line a chart draws of it. */
import type { History, Overview } from "./shapes.ts";

export type Values = readonly (number | null)[];

/** What charts show. */
export const SPAN_S = 600;

/** A value of each series, by its name. */
export type Figures = Readonly<Record<string, number | null>>;

/** What an overview adds to each series of the history, by the series' name; `before` is the one before it. */
export function figuresOf(overview: Overview, before: Overview | null): Figures {
  const seconds = before === null ? 0 : (overview.now - before.now) / 1_000;
  const drops = Object.entries(overview.drops).map(([reason, count]) => {
    const rate = seconds > 0 ? Math.max(0, count - (before?.drops[reason] ?? 0)) / seconds : null;
    return [dropSeries(reason), rate] as const;
  });
  return {
    sessions: overview.sessions,
    rooms: overview.rooms,
    calls: overview.calls,
    links: overview.links,
    ...overview.rates,
    eventLoopP99Ms: overview.eventLoopDelayMs.p99,
    cpuPct: overview.cpuPct,
    rssBytes: overview.rssBytes,
    ...Object.fromEntries(drops),
  };
}

/** Name of the series of what is dropped a second for one reason. */
export function dropSeries(reason: string): string {
  return `drops:${reason}`;
}

/** Name of the series of a link's round trip. */
export function rttSeries(relay: string): string {
  return `peerRttMs:${relay}`;
}

/** All reasons together. */
export function allDrops(history: History): Values {
  const all = Object.entries(history.series).filter(([name]) => name.startsWith(dropSeries("")));
  const length = Math.max(0, ...all.map(([, values]) => values.length));
  return Array.from({ length }, (_, place) => {
    const values = all.map(([, values]) => values.at(place - length) ?? null);
    return values.every((value) => value === null)
      ? null
      : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  });
}

/**
 * The history with what is known at `now` (Unix ms): values are added for every whole step since its end, those of steps
 * in between missing.
 */
export function advance(history: History, figures: Figures, now: number): History {
  const steps = Math.floor((now - history.endsAt) / (history.stepS * 1_000));
  if (steps < 1) return history;
  const most = Math.ceil(SPAN_S / history.stepS);
  const missing = new Array<null>(Math.min(steps, most) - 1).fill(null);
  const names = new Set([...Object.keys(history.series), ...Object.keys(figures)]);
  const series: Record<string, Values> = {};
  for (const name of names) {
    const values = [...history.series[name] ?? [], ...missing, figures[name] ?? null];
    series[name] = values.slice(-most);
  }
  return { ...history, endsAt: history.endsAt + steps * history.stepS * 1_000, series };
}

export interface Extent {
  readonly min: number;
  readonly max: number;
  readonly last: number | null;
}

/** Null when there is no value at all. */
export function extentOf(values: Values): Extent | null {
  let [min, max] = [Infinity, -Infinity];
  let last: number | null = null;
  for (const value of values) {
    if (value === null) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    last = value;
  }
  return min === Infinity ? null : { min, max, last };
}

/** A round number that is not below, so that the top of a chart says something. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((factor) => value <= factor * magnitude * 1.000001) ?? 10;
  return step * magnitude;
}

export interface ChartShape {
  /** The line, broken where values are missing. */
  readonly line: string;
  /** The same closed down to the bottom. */
  readonly area: string;
}

/** Draws `values` into a box, newest at the right, as `slots` places that need not all be filled. */
export function chartShape(
  values: Values,
  box: { readonly width: number; readonly height: number },
  top: number,
  slots: number,
): ChartShape {
  const step = box.width / Math.max(1, slots - 1);
  const from = slots - values.length;
  let [line, area, start] = ["", "", 0];
  let open = false;
  const close = (place: number) => {
    if (open) {
      area += `L${round((from + place - 1) * step)} ${box.height}L${round(start)} ${box.height}Z`;
    }
    open = false;
  };
  values.forEach((value, place) => {
    if (value === null) return close(place);
    const x = (from + place) * step;
    const point = `${round(x)} ${round(box.height - Math.min(1, value / top) * box.height)}`;
    if (!open) start = x;
    line += `${open ? "L" : "M"}${point}`;
    area += `${open ? "L" : "M"}${point}`;
    open = true;
  });
  close(values.length);
  return { line, area };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
