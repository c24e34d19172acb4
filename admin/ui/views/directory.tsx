/** The relays this one is linked to, and who is registered at them. */
import { useSignal } from "@preact/signals";
import { HealthWord } from "../parts/health.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { relayName } from "../parts/names.tsx";
import { PAGE, Pages, placeOf, usePlaces } from "../parts/pages.tsx";
import { Search } from "../parts/search.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import { Since } from "../parts/time.tsx";
import { get } from "../api.ts";
import { count, ms, percent } from "../model/format.ts";
import { healthOf } from "../model/health.ts";
import type { DirectoryEntry, Link, Page } from "../model/shapes.ts";
import { href } from "../route.ts";
import { links } from "../store.ts";

export function DirectoryView() {
  return (
    <>
      <Peers />
      <Directory />
    </>
  );
}

function Peers() {
  const all = links.value;
  return (
    <section aria-labelledby="peers">
      <h2 id="peers">Linked relays</h2>
      {all === null
        ? <Loading what="the links" />
        : all.length === 0
        ? (
          <Empty title="This relay is linked to no other">
            <p>
              The block in <a href={href("config")}>Config</a> invites one.
            </p>
          </Empty>
        )
        : <PeerTable peers={all} />}
    </section>
  );
}

function PeerTable({ peers }: { readonly peers: readonly Link[] }) {
  return (
    <Table
      caption="Linked relays"
      items={peers}
      keyOf={({ relay }) => relay}
      first={{ column: "label", down: false }}
      columns={[
        {
          id: "label",
          title: "Relay",
          value: ({ label, relay }) => label || relay,
          show: ({ label, relay }) => (
            <a href={href("mesh", relay)}>
              <bdi>{label || relay.slice(0, 8)}</bdi>
            </a>
          ),
        },
        {
          id: "path",
          title: "Path",
          value: (link) => ["good", "fair", "poor", "unknown"].indexOf(healthOf(link)),
          show: (link) => <HealthWord health={healthOf(link)} />,
        },
        {
          id: "rtt",
          title: "RTT",
          kind: "number",
          value: (l) => l.rttMs,
          show: (l) => ms(l.rttMs),
        },
        {
          id: "loss",
          title: "Loss",
          kind: "number",
          value: (l) => l.lossPct,
          show: (l) => percent(l.lossPct),
        },
        {
          id: "since",
          title: "Up for",
          kind: "number",
          value: ({ since }) => since,
          show: ({ since }) => <Since at={since} />,
        },
        {
          id: "kind",
          title: "Kind",
          minor: true,
          value: ({ legacy }) => legacy ? "legacy" : "proven",
        },
        {
          id: "dialled",
          title: "Opened by",
          minor: true,
          value: ({ dialled }) => dialled ? "this relay" : "the other",
        },
        {
          id: "address",
          title: "Address",
          kind: "code",
          minor: true,
          value: ({ address }) => address,
        },
      ]}
    />
  );
}

const REFRESH_MS = 5_000;

function Directory() {
  const query = useSignal("");
  const places = usePlaces();
  const at = placeOf(places);
  const q = query.value.trim();
  const { state, load } = useLoaded(
    () => get<Page<DirectoryEntry>>("directory", { limit: PAGE, after: at, q }),
    `${q}\n${at}`,
    REFRESH_MS,
  );
  const loaded = state.value;
  const page = loaded.state === "ready" ? loaded.value : null;
  return (
    <section aria-labelledby="directory">
      <h2 id="directory">Registered elsewhere</h2>
      <div class="bar">
        <Search query={query} label="Search by fingerprint or relay" />
        {page !== null && <p class="soft count">{count(page.total, "fingerprint")}</p>}
      </div>
      {loaded.state === "loading" && <Loading what="the directory" />}
      {loaded.state === "failed" && <Failed sentence={loaded.sentence} retry={load} />}
      {page !== null && page.items.length === 0 && (
        <Empty
          title={q === "" ? "Nobody is registered at a linked relay" : "Nobody fits this search"}
        />
      )}
      {page !== null && page.items.length > 0 && (
        <Table
          caption="Who is registered at other relays"
          items={page.items}
          keyOf={({ fingerprint }) => fingerprint}
          columns={[
            {
              id: "fingerprint",
              title: "Fingerprint",
              kind: "code",
              value: ({ fingerprint }) => fingerprint,
              show: ({ fingerprint }) => <code class="long">{fingerprint}</code>,
            },
            {
              id: "relay",
              title: "Relay",
              value: ({ label, relay }) => label || relayName(relay),
              show: ({ label, relay }) => (
                <a href={href("mesh", relay)}>
                  <bdi>{label || relayName(relay)}</bdi>
                </a>
              ),
            },
          ]}
        />
      )}
      {page !== null && <Pages page={page} places={places} of="fingerprints" />}
    </section>
  );
}
