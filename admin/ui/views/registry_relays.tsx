/** The relays of a registry: how full each is, whether clients are told of it, and when it was heard. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api.ts";
import { count, duration, number, sharePct, short } from "../model/format.ts";
import { loadPct, missedBeats, regionsOf, type Standing, standingOf } from "../model/registry.ts";
import type { RegisteredRelay, RegistryPage, RegistryStats } from "../model/shapes.ts";
import { LoadBar } from "../parts/load_bar.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { PAGE, Pages, placeOf, usePlaces } from "../parts/pages.tsx";
import { Search } from "../parts/search.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";

const REFRESH_MS = 2_000;
/** No region has this name: control characters are not in names. */
const ALL = "\n";

export function RegisteredRelays({ stats }: { readonly stats: RegistryStats }) {
  const query = useSignal("");
  const region = useSignal(ALL);
  const places = usePlaces();
  const q = query.value.trim();
  useEffect(() => void (places.value = []), [q, region.value]);
  const at = placeOf(places);
  const { state, load } = useLoaded(
    () =>
      get<RegistryPage>(
        // Relays without a region have the empty one, which a query leaves out.
        region.value === "" ? "registry?region=" : "registry",
        { limit: PAGE, after: at, q, region: region.value === ALL ? null : region.value },
      ),
    `${q}\n${region.value}\n${at}`,
    REFRESH_MS,
  );
  const loaded = state.value;
  const page = loaded.state === "ready" ? loaded.value : null;
  return (
    <section aria-labelledby="registered">
      <h2 id="registered">Relays</h2>
      <div class="bar">
        <Search query={query} label="Search by name, address or region" />
        <label class="field">
          Region
          <select
            value={region.value}
            onChange={(event) => region.value = event.currentTarget.value}
          >
            <option value={ALL}>all, {number(stats.relays)}</option>
            {regionsOf(stats).map(([name, relays]) => (
              <option key={name} value={name}>{name || "without"}, {number(relays)}</option>
            ))}
          </select>
        </label>
        {page !== null && <p class="soft count">{count(page.total, "relay")}</p>}
      </div>
      {loaded.state === "loading" && <Loading what="the relays" />}
      {loaded.state === "failed" && <Failed sentence={loaded.sentence} retry={load} />}
      {page !== null && page.items.length === 0 && (
        stats.relays === 0
          ? (
            <Empty title="No relay is registered">
              <p>
                A relay registers by itself when its configuration names this one as{" "}
                <code>url</code> below <code>[registry]</code>.
              </p>
            </Empty>
          )
          : <Empty title="No relay fits this search" />
      )}
      {page !== null && page.items.length > 0 && (
        <Table
          caption="Registered relays"
          items={page.items}
          keyOf={({ fingerprint }) => fingerprint}
          first={{ column: "region", down: false }}
          columns={COLUMNS}
        />
      )}
      {page !== null && <Pages page={page} places={places} of="relays" />}
    </section>
  );
}

const WORDS: Readonly<Record<Standing, readonly [colour: string, sign: string, word: string]>> = {
  open: ["good", "\u25cf", "open"],
  late: ["fair", "\u25d0", "late"],
  full: ["poor", "\u2716", "full"],
  draining: ["unknown", "\u25cb", "draining"],
};
const ORDER: readonly Standing[] = ["open", "late", "full", "draining"];

function StandingWord({ relay }: { readonly relay: RegisteredRelay }) {
  const standing = standingOf(relay);
  const [colour, sign, word] = WORDS[standing];
  const missed = missedBeats(relay.ageMs);
  return (
    <span class={`health ${colour}`}>
      <span aria-hidden="true">{sign}</span> {word}
      {missed > 0 && `, ${count(missed, "beat")} missed`}
    </span>
  );
}

const COLUMNS: readonly Column<RegisteredRelay>[] = [
  {
    id: "name",
    title: "Relay",
    value: ({ name }) => name,
    show: ({ name }) => (
      <span class="person">
        <bdi>{name}</bdi>
      </span>
    ),
  },
  {
    id: "region",
    title: "Region",
    value: ({ region }) => region || null,
    show: ({ region }) => region === "" ? <span class="soft">none</span> : <bdi>{region}</bdi>,
  },
  {
    id: "load",
    title: "Load",
    value: loadPct,
    show: (relay) => (
      <LoadBar
        pct={loadPct(relay)}
        text={sharePct(loadPct(relay))}
        title={`${number(relay.load)} of ${count(relay.capacity, "session")}`}
      />
    ),
  },
  {
    id: "standing",
    title: "State",
    value: (relay) => ORDER.indexOf(standingOf(relay)),
    show: (relay) => <StandingWord relay={relay} />,
  },
  {
    id: "heard",
    title: "Heard",
    kind: "number",
    minor: true,
    value: ({ ageMs }) => ageMs,
    show: ({ ageMs }) => `${duration(ageMs / 1_000)} ago`,
  },
  { id: "addr", title: "Address", kind: "code", minor: true, value: ({ addr }) => addr },
  {
    id: "udp",
    title: "UDP relay",
    kind: "number",
    minor: "extra",
    value: ({ udpPort }) => udpPort,
    show: ({ udpPort }) => udpPort === null ? <span class="soft">none</span> : `:${udpPort}`,
  },
  {
    id: "fingerprint",
    title: "Fingerprint",
    kind: "code",
    minor: "extra",
    value: ({ fingerprint }) => fingerprint,
    show: ({ fingerprint }) => <code title={fingerprint}>{short(fingerprint)}</code>,
  },
];
