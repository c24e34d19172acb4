/** The relay's log as it is written. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { Search } from "../parts/search.tsx";
import { Empty } from "../parts/states.tsx";
import { clock, count, moment } from "../model/format.ts";
import { matches } from "../model/listing.ts";
import type { LogRecord } from "../model/shapes.ts";
import { log, type Tail } from "../store.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

export function LogsView() {
  const query = useSignal("");
  const level = useSignal("debug");
  const area = useSignal("");
  const paused = useSignal<Tail<LogRecord> | null>(null);
  const { items, skipped } = paused.value ?? log.value;
  const areas = [...new Set(log.value.items.map((line) => line.area))].sort();
  const least = LEVELS.indexOf(level.value as typeof LEVELS[number]);
  const shown = items.filter((line) =>
    LEVELS.indexOf(line.level as typeof LEVELS[number]) >= least &&
    (area.value === "" || line.area === area.value) &&
    matches(query.value, [line.message, line.area, ...Object.entries(line.fields).flat()])
  );
  return (
    <section class="logs" aria-label="Log">
      <div class="bar">
        <Search query={query} label="Search the log" />
        <label class="field">
          From level
          <select value={level.value} onChange={(event) => level.value = event.currentTarget.value}>
            {LEVELS.map((one) => <option key={one}>{one}</option>)}
          </select>
        </label>
        <label class="field">
          Area
          <select value={area.value} onChange={(event) => area.value = event.currentTarget.value}>
            <option value="">all</option>
            {areas.map((one) => <option key={one}>{one}</option>)}
          </select>
        </label>
        <button
          type="button"
          aria-pressed={paused.value !== null}
          onClick={() => paused.value = paused.value === null ? log.value : null}
        >
          <Icon name={paused.value === null ? "pause" : "play"} />{" "}
          {paused.value === null ? "Pause" : "Go on"}
        </button>
        <p class="soft count">
          {count(shown.length, "line")}
          {skipped > 0 && `, ${count(skipped, "line")} lost in between`}
        </p>
      </div>
      <Lines lines={shown} all={items.length} />
    </section>
  );
}

function Lines({ lines, all }: { readonly lines: readonly LogRecord[]; readonly all: number }) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.at(-1)?.id, lines.length]);
  if (lines.length === 0) {
    return <Empty title={all === 0 ? "Nothing has been logged yet" : "No line fits"} />;
  }
  return (
    <div
      class="log-lines"
      ref={box}
      tabindex={0}
      role="region"
      aria-label="Lines of the log"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
        follows.current = scrollHeight - scrollTop - clientHeight < 40}
    >
      <ol>{lines.map((line) => <LogLine key={line.id} line={line} />)}</ol>
    </div>
  );
}

function LogLine({ line }: { readonly line: LogRecord }) {
  return (
    <li class={`log-line ${line.level}`}>
      <time dateTime={new Date(line.at).toISOString()} title={moment(line.at)}>
        {clock(line.at, true)}
      </time>{" "}
      <span class="level">{line.level}</span> <span class="area">{line.area}</span>{" "}
      <span class="message">{line.message}</span>{" "}
      {Object.entries(line.fields).map(([name, value]) => (
        <span key={name} class="log-field">
          <span class="soft">{name}=</span>
          <bdi>{value}</bdi>
          {" "}
        </span>
      ))}
    </li>
  );
}
