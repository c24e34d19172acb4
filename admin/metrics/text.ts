/** Families of metrics as Prometheus text, in slices short enough that nobody notices them. */
import Registry from "prom-client/lib/registry.js";
import type { AdminHost } from "../../relay/ports/admin.ts";
import type { Sample, SampledMetric } from "../../relay/ports/counters.ts";
import { begun } from "../turn.ts";

/** After so long others have their turn. */
const SLICE_MS = 0.1;
/** Between looks at the clock. Takes 0.02 ms, in code that runs for the first time ten times that. */
const SAMPLES_AT_ONCE = 20;
/** Each write costs as much as a slice, so several slices share one. */
const CHUNK_CHARS = 16_384;

/** What prom-client makes text of, one family or a part of one. */
interface Writable {
  get(): {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly values: readonly {
      readonly metricName: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly sharedLabels: Readonly<Record<string, string>>;
      readonly value: number;
    }[];
  };
}

// Its counters, gauges and default metrics stay outside: ours are plain numbers, and theirs bring `node:cluster` along.
const registry: { getMetricsAsString(family: Writable): Promise<string> } = new Registry();

/** Given, because prom-client would remember an object of its own for every sample. */
const NONE = {};

/** The content type that names the version of the format; Prometheus 3 insists on one. */
export const METRICS_CONTENT_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * In the order given, one line each for help, type and sample, labels sorted; a family without samples is left out, as
 * the original does. Between two slices whoever reads lets others have their turn. Each family is read at once, so it is
 * consistent in itself and no series stands in it twice, whatever comes and goes meanwhile.
 */
export async function* metricsText(
  families: Iterable<SampledMetric>,
  clock: AdminHost["clock"],
): AsyncGenerator<string, void> {
  let slice = "";
  let end = clock.now() + SLICE_MS;
  for (const family of families) {
    const samples = [...family.samples()];
    for (let at = 0; at < samples.length; at += SAMPLES_AT_ONCE) {
      const part = samples.slice(at, at + SAMPLES_AT_ONCE);
      const text = await registry.getMetricsAsString(writable(family, part));
      slice += (at === 0 ? text : withoutHead(text)) + "\n";
      if (clock.now() < end) continue;
      yield slice;
      slice = "";
      end = clock.now() + SLICE_MS;
    }
  }
  if (slice !== "") yield slice;
}

/** The text as a body; others have their turn after each slice. */
export function metricsBody(
  families: Iterable<SampledMetric>,
  clock: AdminHost["clock"],
): ReadableStream<Uint8Array> {
  const slices = metricsText(families, clock);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let chunk = "";
      for (;;) {
        const { done, value } = await slices.next();
        if (!done) chunk += value;
        if (chunk !== "" && (done || chunk.length >= CHUNK_CHARS)) {
          controller.enqueue(encoder.encode(chunk));
        }
        if (done) return controller.close();
        if (chunk.length >= CHUNK_CHARS) return;
        await begun();
      }
    },
    cancel: () => void slices.return(),
  }, { highWaterMark: 0 });
}

function writable({ name, help, type }: SampledMetric, samples: readonly Sample[]): Writable {
  const values = samples.map(({ suffix, labels, value }) => ({
    metricName: name + suffix,
    labels: Object.fromEntries(labels.length > 1 ? [...labels].sort(byName) : labels),
    sharedLabels: NONE,
    value,
  }));
  return { get: () => ({ name, help, type, values }) };
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** Help and type are the first two lines and are said once. */
function withoutHead(text: string): string {
  return text.slice(text.indexOf("\n", text.indexOf("\n") + 1) + 1);
}
