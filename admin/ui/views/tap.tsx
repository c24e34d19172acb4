/** Watches the packet headers of a room stream by. */
import { useSignal } from "@preact/signals";
import { Icon } from "../parts/icon.tsx";
import { Search } from "../parts/search.tsx";
import { Empty } from "../parts/states.tsx";
import { Since } from "../parts/time.tsx";
import { count, number } from "../model/format.ts";
import { jsonLines, type TapView as Seen } from "../model/tap_view.ts";
import { go, route } from "../route.ts";
import { overview, rooms } from "../store.ts";
import { startTap, stopTap, tapping, tapView } from "../tapping.ts";
import { TapLines } from "./tap_lines.tsx";
import { TapSenders } from "./tap_senders.tsx";

/** Stands for all rooms in the list; no room can be called so. */
const ALL = "*";

export function TapView() {
  const query = useSignal("");
  /** What was there when it was paused. */
  const paused = useSignal<Seen | null>(null);
  const now = tapping.value;
  const runs = now !== null && now.state !== "ended";
  const view = paused.value ?? tapView.value;
  return (
    <div class="tap">
      <Controls runs={runs} />
      {now === null ? <Nothing /> : (
        <>
          <TapSenders senders={tapView.value.senders} runs={runs} />
          <section aria-label="Packets">
            <div class="bar">
              <Search query={query} label="Filter by sender, codec or number" />
              <button
                type="button"
                aria-pressed={paused.value !== null}
                disabled={!runs && paused.value === null}
                onClick={() => paused.value = paused.value === null ? tapView.value : null}
              >
                <Icon name={paused.value === null ? "pause" : "play"} />{" "}
                {paused.value === null ? "Pause" : "Go on"}
              </button>
              <button type="button" disabled={view.lines.length === 0} onClick={() => save(view)}>
                <Icon name="save" /> Save as JSON lines
              </button>
              <p class="soft count">
                {count(view.packets, "packet")}
                {paused.value !== null &&
                  `, ${number(tapView.value.packets - paused.value.packets)} since the pause`}
                {view.skipped + view.unsampled > 0 &&
                  `, ${number(view.skipped + view.unsampled)} not shown (too many at a time)`}
              </p>
            </div>
            <TapLines view={view} query={query.value} runs={runs} />
          </section>
        </>
      )}
    </div>
  );
}

function Controls({ runs }: { readonly runs: boolean }) {
  const chosen = route.value.of ?? ALL;
  const names = (rooms.value ?? []).map(({ name }) => name).sort();
  const now = tapping.value;
  const shown = chosen === ALL || names.includes(chosen) ? names : [chosen, ...names];
  return (
    <form
      class="bar tap-controls"
      onSubmit={(event) => {
        event.preventDefault();
        if (runs) stopTap();
        else void startTap(chosen === ALL ? null : chosen);
      }}
    >
      <label class="field">
        Room
        <select
          value={chosen}
          disabled={runs}
          onChange={(event) => {
            const { value } = event.currentTarget;
            go("tap", value === ALL ? null : value);
          }}
        >
          <option value={ALL}>All rooms</option>
          {shown.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <button type="submit" class={runs ? "strong danger" : "strong"}>
        <Icon name={runs ? "stop" : "play"} /> {runs ? "Stop tap" : "Start tap"}
      </button>
      {now !== null && <TapState />}
    </form>
  );
}

function TapState() {
  const now = tapping.value;
  if (now === null) return null;
  return (
    <p class="soft">
      {now.state === "starting" && "Starting\u2026"}
      {now.state === "running" && (
        <>
          Watching {now.room === null ? "all rooms" : <bdi>{now.room}</bdi>}
          {now.tap !== null && (
            <>
              {" "}for <Since at={now.tap.since} />; ends by itself after ten minutes
            </>
          )}
        </>
      )}
      {now.state === "ended" && `Ended. ${now.why} What was seen stays below.`}
    </p>
  );
}

function Nothing() {
  const others = overview.value?.activeTaps.length ?? 0;
  return (
    <Empty title="No tap is running here">
      <p>
        A tap shows the header of each packet, never the sound. Everybody who looks at this console
        sees that a tap is active, and it ends by itself after ten minutes.
      </p>
      {others > 0 && <p>{count(others, "tap")} of others at present.</p>}
    </Empty>
  );
}

/** Hands the lines to the browser as a file. */
function save(view: Seen): void {
  const url = URL.createObjectURL(new Blob([jsonLines(view.lines)], { type: "application/jsonl" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `tap-${new Date().toISOString().replaceAll(":", "").slice(0, 17)}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
