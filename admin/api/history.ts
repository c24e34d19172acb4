/** The last ten minutes in numbers, so that a page that is opened now shows what was before. */
import { type ProcessUsage, processUsage } from "./process_usage.ts";
import { type Buckets, quantile, Readings } from "./readings.ts";
import { amount } from "./rows.ts";
import type { History as HistoryAnswer, Overview } from "./shapes.ts";
import type { SiteHost } from "../site_host.ts";

export const STEP_MS = 2_000;
const SAMPLES = 300;
/** Other relays whose round trips are kept. */
const MAX_PEERS = 64;
/** Delays are shown over so many steps: one alone has too few for a percentile. */
const DELAY_STEPS = 5;
const DELAY_METRIC = "wzp_relay_event_loop_delay_seconds";

/** What only grows, and is shown per second. */
type Totals = Record<"packetsIn" | "packetsOut" | "bytesIn" | "bytesOut", number>;

interface Sampled {
  readonly at: number;
  readonly totals: Totals;
  readonly drops: ReadonlyMap<string, number>;
  readonly cpuMs: number;
}

/** What a page shows at its top. */
export type Current =
  & Pick<Overview, "sessions" | "rooms" | "calls" | "links" | "rates" | "cpuPct" | "rssBytes">
  & Pick<Overview, "eventLoopDelayMs">
  & { readonly drops: Record<string, number> };

export class History {
  readonly #host: SiteHost;
  readonly #usage: () => ProcessUsage;
  readonly #readings: Readings;
  /** By name; NaN where nothing is known. */
  readonly #series = new Map<string, Float64Array>();
  readonly #delays: Buckets[] = [];
  /** Samples so far, and where in each series the next one goes. */
  #count = 0;
  #last: Sampled;
  #endsAt: number;
  #rates: Overview["rates"] = { packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };
  #cpuPct: number | null = null;
  #delay: Overview["eventLoopDelayMs"] = { p50: null, p99: null };
  #rssBytes: number;

  /** Begins at once. */
  constructor(host: SiteHost, usage: () => ProcessUsage = processUsage) {
    this.#host = host;
    this.#usage = usage;
    this.#readings = new Readings(host.metrics());
    this.#endsAt = host.clock.wall();
    const { cpuMs, rssBytes } = usage();
    this.#rssBytes = rssBytes;
    this.#last = this.#read(cpuMs);
    this.#delays.push(this.#readings.buckets(DELAY_METRIC));
    host.everyFresh(STEP_MS, ["metrics", "links"], () => this.#sample());
  }

  current(): Current {
    return {
      ...this.#gauges(),
      rates: this.#rates,
      drops: Object.fromEntries(this.#readings.drops()),
      eventLoopDelayMs: this.#delay,
      cpuPct: this.#cpuPct,
      rssBytes: this.#rssBytes,
    };
  }

  /** Series whose names begin with `start`. */
  answer(start = ""): HistoryAnswer {
    const series: Record<string, (number | null)[]> = {};
    for (const name of [...this.#series.keys()].sort()) {
      if (name.startsWith(start)) series[name] = this.#valuesOf(this.#series.get(name)!);
    }
    return { stepS: STEP_MS / 1_000, endsAt: this.#endsAt, series };
  }

  #valuesOf(values: Float64Array): (number | null)[] {
    const length = Math.min(this.#count, SAMPLES);
    return Array.from({ length }, (_, place) => {
      const value = values[(this.#count - length + place) % SAMPLES]!;
      return Number.isNaN(value) ? null : value;
    });
  }

  #gauges() {
    const readings = this.#readings;
    return {
      sessions: readings.total("wzp_relay_active_sessions"),
      rooms: readings.total("wzp_relay_active_rooms"),
      calls: readings.total("wzp_relay_active_calls"),
      links: this.#host.federation.links().length,
    };
  }

  #read(cpuMs: number): Sampled {
    const readings = this.#readings;
    const links = "wzp_federation_packets_forwarded_total";
    return {
      at: this.#host.clock.now(),
      totals: {
        packetsIn: readings.total("wzp_relay_packets_received_total") +
          readings.total(links, ["direction", "in"]),
        packetsOut: readings.total("wzp_relay_packets_delivered_total") +
          readings.total(links, ["direction", "out"]),
        bytesIn: readings.total("wzp_relay_bytes_received_total") +
          readings.total("wzp_federation_bytes_received_total"),
        bytesOut: readings.total("wzp_relay_bytes_sent_total") +
          readings.total("wzp_federation_bytes_sent_total"),
      },
      drops: readings.drops(),
      cpuMs,
    };
  }

  #sample(): void {
    const { cpuMs, rssBytes } = this.#usage();
    const before = this.#last;
    const now = this.#read(cpuMs);
    const seconds = (now.at - before.at) / 1_000;
    const rate = (value: number, was: number) => Math.max(0, round((value - was) / seconds));
    this.#last = now;
    this.#endsAt = this.#host.clock.wall();
    this.#rssBytes = rssBytes;
    this.#cpuPct = rate(cpuMs / 10, before.cpuMs / 10);
    this.#rates = {
      packetsIn: rate(now.totals.packetsIn, before.totals.packetsIn),
      packetsOut: rate(now.totals.packetsOut, before.totals.packetsOut),
      bytesIn: rate(now.totals.bytesIn, before.totals.bytesIn),
      bytesOut: rate(now.totals.bytesOut, before.totals.bytesOut),
    };
    this.#followDelay();

    const values = new Map<string, number | null>(Object.entries({
      ...this.#gauges(),
      ...this.#rates,
      eventLoopP50Ms: this.#delay.p50,
      eventLoopP99Ms: this.#delay.p99,
      cpuPct: this.#cpuPct,
      rssBytes,
    }));
    for (const [reason, count] of now.drops) {
      values.set(`drops:${reason}`, rate(count, before.drops.get(reason) ?? 0));
    }
    for (const { relay, rttMs } of this.#host.federation.links().slice(0, MAX_PEERS)) {
      values.set(`peerRttMs:${relay}`, amount(rttMs));
    }
    this.#put(values);
  }

  #followDelay(): void {
    const now = this.#readings.buckets(DELAY_METRIC);
    const before = this.#delays[0]!;
    const ms = (q: number) => {
      const seconds = quantile(q, before, now);
      return seconds === null ? null : Math.round(seconds * 100_000) / 100;
    };
    this.#delay = { p50: ms(0.5), p99: ms(0.99) };
    this.#delays.push(now);
    if (this.#delays.length > DELAY_STEPS) this.#delays.shift();
  }

  #put(values: ReadonlyMap<string, number | null>): void {
    const place = this.#count % SAMPLES;
    for (const [name, value] of values) {
      let series = this.#series.get(name);
      if (series === undefined) {
        if (this.#series.size >= MAX_SERIES) continue;
        series = new Float64Array(SAMPLES).fill(NaN);
        this.#series.set(name, series);
      }
      series[place] = value ?? NaN;
    }
    for (const [name, series] of this.#series) {
      if (values.has(name)) continue;
      series[place] = NaN;
      // A relay that has not been linked for ten minutes.
      if (series.every(Number.isNaN)) this.#series.delete(name);
    }
    this.#count += 1;
  }
}

/** Far above what there is: relays that come and go within ten minutes must not fill the memory. */
const MAX_SERIES = 200;

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0;
}
