/** How the relay is: what it carries, what it costs, and the last ten minutes of each figure. */
import { connection } from "../connection.ts";
import { Chart } from "../parts/chart.tsx";
import { Clock, Since } from "../parts/time.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import {
  bitRate,
  bytes,
  compact,
  moment,
  NONE,
  number,
  type Quantity,
  text,
  words,
} from "../model/format.ts";
import { allDrops, dropSeries, SPAN_S, type Values } from "../model/series.ts";
import type { EventRecord, History, Overview } from "../model/shapes.ts";
import { href, type View } from "../route.ts";
import { history, overview, ownLabel, recent } from "../store.ts";

interface FigureSpec {
  readonly title: string;
  readonly series: string;
  readonly now: (overview: Overview) => number | null;
  readonly show: (value: number | null) => Quantity;
  readonly view?: View;
  readonly atLeast?: number;
}

const plain = (value: number | null): Quantity => ({ value: number(value), unit: "" });
const rate = (value: number | null): Quantity => {
  const { value: shown, unit } = compact(value === null ? null : Math.round(value));
  return { value: shown, unit: `${unit}/s` };
};

/** Below ten the first decimal still tells something. */
const fine = (unit: string) => (value: number | null): Quantity => ({
  value: number(value, value !== null && value < 10 ? 1 : 0),
  unit,
});

const FIGURES: readonly FigureSpec[] = [
  {
    title: "Sessions",
    series: "sessions",
    now: (o) => o.sessions,
    show: plain,
    view: "rooms",
    atLeast: 5,
  },
  { title: "Rooms", series: "rooms", now: (o) => o.rooms, show: plain, view: "rooms", atLeast: 5 },
  { title: "Calls", series: "calls", now: (o) => o.calls, show: plain, view: "calls", atLeast: 5 },
  { title: "Links", series: "links", now: (o) => o.links, show: plain, view: "mesh", atLeast: 5 },
  {
    title: "Packets in",
    series: "packetsIn",
    now: (o) => o.rates.packetsIn,
    show: rate,
    atLeast: 10,
  },
  {
    title: "Packets out",
    series: "packetsOut",
    now: (o) => o.rates.packetsOut,
    show: rate,
    atLeast: 10,
  },
  {
    title: "Traffic in",
    series: "bytesIn",
    now: (o) => o.rates.bytesIn,
    show: bitRate,
    atLeast: 1_250,
  },
  {
    title: "Traffic out",
    series: "bytesOut",
    now: (o) => o.rates.bytesOut,
    show: bitRate,
    atLeast: 1_250,
  },
  { title: "Dropped packets", series: "drops", now: dropRate, show: rate, atLeast: 10 },
  {
    title: "Event-loop delay, p99",
    series: "eventLoopP99Ms",
    now: (o) => o.eventLoopDelayMs.p99,
    show: fine("ms"),
    atLeast: 5,
  },
  { title: "CPU", series: "cpuPct", now: (o) => o.cpuPct, show: fine("%"), atLeast: 10 },
  { title: "Memory", series: "rssBytes", now: (o) => o.rssBytes, show: bytes, atLeast: 50e6 },
];

function dropRate(): number | null {
  return history.value === null ? null : allDrops(history.value).at(-1) ?? null;
}

export function OverviewView() {
  const now = overview.value;
  if (now === null) return <Loading what="the overview" />;
  const past = history.value;
  return (
    <>
      <Standing overview={now} />
      <section aria-label="Figures">
        <ul class="figures">
          {FIGURES.map((spec) => <Figure key={spec.series} {...{ spec, now, past }} />)}
        </ul>
        <p class="axis" aria-hidden="true">
          <span>10 min ago</span>
          <span>now</span>
        </p>
      </section>
      <div class="columns">
        <Drops overview={now} past={past} />
        <Recent />
      </div>
    </>
  );
}

function Standing({ overview: now }: { readonly overview: Overview }) {
  const lost = connection.value.state === "lost";
  return (
    <section class="standing" aria-label="State">
      <p class="standing-state">
        {ownLabel.value !== null && ownLabel.value !== ""
          ? <bdi>{ownLabel.value}</bdi>
          : "This relay"} {lost ? "was" : "is"}{" "}
        <strong class={lost ? "" : `state ${now.state}`}>{now.state}</strong>
        {now.full && <strong class="state full">and full</strong>}
      </p>
      <dl class="facts">
        <div>
          <dt>Up</dt>
          <dd>
            <Since at={now.startedAt} />
          </dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>{moment(now.startedAt)}</dd>
        </div>
        <div>
          <dt>Build</dt>
          <dd>
            <code>{now.build}</code>
          </dd>
        </div>
        <div class="wide">
          <dt>TLS fingerprint</dt>
          <dd>
            <code class="long">{now.tlsFingerprint}</code>
          </dd>
        </div>
      </dl>
      {now.misconfigured.length > 0 && (
        <ul class="warnings">
          {now.misconfigured.map((sentence) => <li key={sentence}>{sentence}</li>)}
        </ul>
      )}
    </section>
  );
}

interface FigureProps {
  readonly spec: FigureSpec;
  readonly now: Overview;
  readonly past: History | null;
}

function Figure({ spec, now, past }: FigureProps) {
  const { value, unit } = spec.show(spec.now(now));
  const title = spec.view === undefined ? spec.title : <a href={href(spec.view)}>{spec.title}</a>;
  return (
    <li class="figure" data-figure={spec.series}>
      <h2>{title}</h2>
      <p class="figure-value">
        {value}
        {unit !== "" && value !== NONE && <span class="unit">{unit}</span>}
      </p>
      <Past
        label={spec.title}
        values={valuesOf(spec.series, past)}
        past={past}
        show={(value) => text(spec.show(value))}
        atLeast={spec.atLeast ?? 1}
      />
    </li>
  );
}

function valuesOf(series: string, past: History | null): Values {
  if (past === null) return [];
  return series === "drops" ? allDrops(past) : past.series[series] ?? [];
}

interface HistoryProps {
  readonly label: string;
  readonly values: Values;
  readonly past: History | null;
  readonly show: (value: number) => string;
  readonly atLeast: number;
}

function Past({ label, values, past, show, atLeast }: HistoryProps) {
  const stepS = past?.stepS ?? 1;
  return <Chart {...{ label, values, stepS, show, atLeast }} slots={Math.ceil(SPAN_S / stepS)} />;
}

function Drops(
  { overview: now, past }: Pick<FigureProps, "past"> & { readonly overview: Overview },
) {
  const reasons = Object.entries(now.drops).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  return (
    <section aria-labelledby="drops">
      <h2 id="drops">Dropped packets by reason</h2>
      {total === 0 ? <Empty title="Nothing was dropped since the start" /> : (
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col" class="number">Since start</th>
              <th scope="col">Last ten minutes, a second</th>
            </tr>
          </thead>
          <tbody>
            {reasons.filter(([, count]) => count > 0).map(([reason, count]) => (
              <tr key={reason} data-drop={reason}>
                <th scope="row">{words(reason)}</th>
                <td class="number">{number(count)}</td>
                <td class="small-chart">
                  <Past
                    label={`Dropped: ${words(reason)}`}
                    values={past?.series[dropSeries(reason)] ?? []}
                    past={past}
                    show={(value) =>
                      `${number(value, 1)}/s`}
                    atLeast={2}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const SHOWN_EVENTS = 14;

function Recent() {
  const items = recent.value.items.slice(-SHOWN_EVENTS).reverse();
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">Recent events</h2>
      {items.length === 0 ? <Empty title="Nothing has happened yet" /> : (
        <ol class="events">
          {items.map((event) => (
            <li key={event.id}>
              <Clock at={event.at} /> <b>{words(event.kind)}</b> <EventText event={event} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function EventText({ event }: { readonly event: EventRecord }) {
  const fields = Object.entries(event.fields).filter(([, value]) => value !== null);
  return (
    <span class="event-fields">
      {fields.map(([name, value]) => (
        <span key={name}>
          <span class="soft">{words(name)}</span> <bdi>{String(value)}</bdi>
          {" "}
        </span>
      ))}
    </span>
  );
}
