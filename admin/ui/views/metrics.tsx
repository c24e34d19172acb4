/** What is measured, as numbers now, and where programs read it. */
import { useSignal } from "@preact/signals";
import { useLoaded } from "../parts/loaded.ts";
import { Search } from "../parts/search.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { getText } from "../api.ts";
import { count, number } from "../model/format.ts";
import { matches } from "../model/listing.ts";
import { type MetricFamily, parseMetrics } from "../model/metrics_text.ts";

const LINKS: readonly (readonly [path: string, text: string])[] = [
  ["metrics", "Prometheus metrics"],
  ["openapi.json", "API description (OpenAPI)"],
  ["mesh", "Mesh table as text"],
  ["presence", "Presence"],
  ["peers", "Peers"],
  ["readyz", "Ready?"],
  ["healthz", "Alive?"],
  ["version", "Version"],
];

const REFRESH_MS = 5_000;

export function MetricsView() {
  return (
    <>
      <section aria-labelledby="endpoints">
        <h2 id="endpoints">For programs</h2>
        <ul class="endpoints">
          {LINKS.map(([path, text]) => (
            <li key={path}>
              <a href={path} target="_blank" rel="noopener">
                <code>/{path}</code>
              </a>
              <span class="soft">{text}</span>
            </li>
          ))}
        </ul>
      </section>
      <Numbers />
    </>
  );
}

function Numbers() {
  const query = useSignal("");
  const zeros = useSignal(false);
  const { state, load } = useLoaded(
    async () => parseMetrics(await getText("metrics")),
    "metrics",
    REFRESH_MS,
  );
  const loaded = state.value;
  if (loaded.state === "loading") return <Loading what="the metrics" />;
  if (loaded.state === "failed") return <Failed sentence={loaded.sentence} retry={load} />;
  const families = loaded.value.map((family) => withoutBuckets(family, zeros.value))
    .filter(({ name, help, samples }) => samples.length > 0 && matches(query.value, [name, help]));
  return (
    <section aria-labelledby="numbers">
      <h2 id="numbers">Now</h2>
      <div class="bar">
        <Search query={query} label="Search metrics" />
        <label class="check">
          <input
            type="checkbox"
            checked={zeros.value}
            onChange={(event) => zeros.value = event.currentTarget.checked}
          />{" "}
          Also those that are zero
        </label>
        <p class="soft count">{count(families.length, "metric")}</p>
      </div>
      {families.length === 0
        ? <Empty title="No metric fits" />
        : (
          <div class="table" role="region" aria-label="Metrics and their values" tabindex={0}>
            <table class="metrics">
              <caption class="unseen">Metrics and their values</caption>
              <thead>
                <tr>
                  <th scope="col">Metric</th>
                  <th scope="col" class="number">Value</th>
                </tr>
              </thead>
              {families.map((family) => <Family key={family.name} family={family} />)}
            </table>
          </div>
        )}
    </section>
  );
}

/** Labels of one metric beyond this are for programs. */
const MAX_SAMPLES = 12;

function Family({ family: { name, help, samples } }: { readonly family: MetricFamily }) {
  const [first] = samples;
  const single = samples.length === 1 && first?.labels === "" && first.name === name;
  return (
    <tbody>
      <tr class="family">
        <th scope="rowgroup">
          <code>{name}</code> <span class="soft">{help}</span>
        </th>
        <td class="number">{single ? shown(first.value) : ""}</td>
      </tr>
      {!single &&
        samples.slice(0, MAX_SAMPLES).map((sample) => (
          <tr key={sample.name + sample.labels}>
            <th scope="row" class="sample">
              <code>
                {sample.labels === "" ? sample.name.slice(name.length + 1) : sample.labels}
              </code>
            </th>
            <td class="number">{shown(sample.value)}</td>
          </tr>
        ))}
      {samples.length > MAX_SAMPLES && (
        <tr>
          <td colSpan={2} class="soft sample">and {samples.length - MAX_SAMPLES} more</td>
        </tr>
      )}
    </tbody>
  );
}

function shown(value: number): string {
  return Number.isFinite(value) ? number(value, 3) : String(value);
}

/** Of histograms count and sum say enough here. */
function withoutBuckets(family: MetricFamily, zeros: boolean): MetricFamily {
  const samples = family.samples.filter(({ name, value }) =>
    !name.endsWith("_bucket") && (zeros || value !== 0)
  );
  return { ...family, samples };
}
