/** Families of metrics as Prometheus text, in slices short enough that voice does not notice them. */
import type { AdminHost } from "../../relay/ports/admin.ts";
import type { Metric, Sample } from "../../relay/ports/counters.ts";
import { turn } from "../turn.ts";

/** After so long others have their turn. One packet in a hundred meets a slice, so this is what p99 grows by. */
const SLICE_MS = 0.1;
/** Between looks at the clock. Takes 0.02 ms. */
const SAMPLES_AT_ONCE = 20;
/** Each write costs as much as a slice, so several slices share one. */
const CHUNK_CHARS = 16_384;

/** The content type that names the version of the format; Prometheus 3 insists on one. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * In the order given, one line each for help, type and sample, labels sorted; a family without samples is left out, as
 * the original does. Between two slices whoever reads lets others have their turn. Each family is read at once, so it is
 * consistent in itself and no series stands in it twice, whatever comes and goes meanwhile.
 */
export function* metricsText(
  families: Iterable<Metric>,
  clock: AdminHost["clock"],
): Generator<string, void> {
  let slice = "";
  let end = clock.now() + SLICE_MS;
  for (const family of families) {
    const { name, help, type } = family;
    const all = [...family.samples()];
    if (all.length > 0) slice += `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
    for (let at = 0; at < all.length;) {
      for (const stop = Math.min(at + SAMPLES_AT_ONCE, all.length); at < stop; at++) {
        slice += line(name, all[at]!);
      }
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
  families: Iterable<Metric>,
  clock: AdminHost["clock"],
): ReadableStream<Uint8Array> {
  const slices = metricsText(families, clock);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let chunk = "";
      for (;;) {
        const { done, value } = slices.next();
        if (!done) chunk += value;
        if (chunk !== "" && (done || chunk.length >= CHUNK_CHARS)) {
          controller.enqueue(encoder.encode(chunk));
        }
        if (done) return controller.close();
        if (chunk.length >= CHUNK_CHARS) return;
        await turn();
      }
    },
    cancel: () => void slices.return(),
  }, { highWaterMark: 0 });
}

function line(name: string, { suffix, labels, value }: Sample): string {
  if (labels.length === 0) return `${name}${suffix} ${number(value)}\n`;
  let text = "";
  for (const [label, of] of labels.length > 1 ? [...labels].sort(byName) : labels) {
    text += `${text === "" ? "" : ","}${label}="${quoted(of)}"`;
  }
  return `${name}${suffix}{${text}} ${number(value)}\n`;
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf";
}

function escaped(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n") : text;
}

function quoted(text: string): string {
  return escaped(text).replaceAll('"', '\\"');
}
