/** The relays and the links between them: a live picture, the same as tables, and one of them in detail. */
import { useSignal } from "@preact/signals";
import { HealthWord, PathHealth } from "../parts/health.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import { Since } from "../parts/time.tsx";
import { relayName } from "../parts/names.tsx";
import { ms, NONE, number, percent } from "../model/format.ts";
import type { Edge, Mesh } from "../model/mesh.ts";
import type { Link, MeshRelay } from "../model/shapes.ts";
import { go, href, route } from "../route.ts";
import { links, mesh } from "../store.ts";
import { MeshDetail } from "./mesh_detail.tsx";
import { MeshGraph } from "./mesh_graph.tsx";

export function MeshView() {
  const now = mesh.value;
  const open = route.value.of;
  const table = useSignal<"links" | "relays">("links");
  if (now === null) return <Loading what="the mesh" />;
  const choose = (key: string) => go("mesh", key === open ? null : key);
  return (
    <div class="mesh">
      <section class="mesh-picture" aria-label="Picture of the mesh">
        <MeshGraph mesh={now} open={open} choose={choose} />
        {now.relays.length > 1 ? <Legend /> : (
          <Empty title="No other relay is linked">
            <p>
              Give another operator the block in{" "}
              <a href={href("config")}>Config</a>, and paste theirs into the configuration of this
              relay.
            </p>
          </Empty>
        )}
      </section>
      <aside class="mesh-side" aria-label="Details">
        <MeshDetail mesh={now} open={open} />
      </aside>
      <section
        class="mesh-tables"
        aria-label="The mesh as tables"
        hidden={now.relays.length < 2}
      >
        <p class="tabs" role="group" aria-label="Table">
          {(["links", "relays"] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={table.value === name}
              onClick={() => table.value = name}
            >
              {name === "links" ? "Links" : "Relays"}{" "}
              <span class="soft">{name === "links" ? now.edges.length : now.relays.length}</span>
            </button>
          ))}
        </p>
        {table.value === "links"
          ? <EdgeTable mesh={now} open={open} links={links.value ?? []} />
          : <RelayTable mesh={now} open={open} />}
      </section>
    </div>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label="Meaning of the lines">
      {(["good", "fair", "poor", "unknown"] as const).map((health) => (
        <li key={health}>
          <svg viewBox="0 0 36 8" aria-hidden="true">
            <path class={`edge-line ${health}`} d="M1 4H35" />
          </svg>
          {health === "unknown" ? "no data" : health}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 36 8" aria-hidden="true">
          <path class="edge-line good legacy" d="M1 4H35" />
          <path class="edge-core" d="M1 4H35" />
        </svg>
        legacy (proves no identity)
      </li>
      <li>
        <svg class="legend-load" viewBox="-20 -20 40 40" aria-hidden="true">
          <circle class="node-ring" r="15" />
          <circle class="node-load" r="15" pathLength={100} stroke-dasharray="30 100" />
        </svg>
        load
      </li>
    </ul>
  );
}

interface EdgeTableProps {
  readonly mesh: Mesh;
  readonly open: string | null;
  readonly links: readonly Link[];
}

function EdgeTable({ mesh: { self, edges }, open, links }: EdgeTableProps) {
  const own = (edge: Edge) =>
    edge.a === self || edge.b === self
      ? links.find(({ relay }) => relay === edge.a || relay === edge.b) ?? null
      : null;
  const measured = (pick: (edge: Edge) => number | null) => (edge: Edge) =>
    edge.state === "down" ? null : pick(edge);
  // This relay stands first where it is an end.
  const ends = (edge: Edge) =>
    edge.b === self ? [edge.b, edge.a] as const : [edge.a, edge.b] as const;
  const state = (edge: Edge) =>
    edge.state === "down" ? "down" : edge.state === "new" ? "up, new" : "up";
  return (
    <Table
      caption="Links between relays"
      items={edges}
      keyOf={({ key }) => key}
      current={open}
      rowClass={({ state }) => `edge-row ${state}`}
      columns={[
        {
          id: "from",
          title: "From",
          value: (edge) => relayName(ends(edge)[0]),
          show: (edge) => (
            <a href={href("mesh", edge.key)}>
              <bdi>{relayName(ends(edge)[0])}</bdi>
            </a>
          ),
        },
        {
          id: "to",
          title: "To",
          value: (edge) => relayName(ends(edge)[1]),
          show: (edge) => <bdi>{relayName(ends(edge)[1])}</bdi>,
        },
        { id: "state", title: "State", value: state },
        {
          id: "health",
          title: "Path",
          value: ({ health }) => ["good", "fair", "poor", "unknown"].indexOf(health),
          show: ({ health, state }) => state === "down" ? NONE : <HealthWord health={health} />,
        },
        {
          id: "rtt",
          title: "RTT",
          kind: "number",
          value: measured(({ rttMs }) => rttMs),
          show: (edge) => ms(measured(({ rttMs }) => rttMs)(edge)),
        },
        {
          id: "loss",
          title: "Loss",
          kind: "number",
          value: measured(({ lossPct }) => lossPct),
          show: (edge) => percent(measured(({ lossPct }) => lossPct)(edge)),
        },
        {
          id: "kind",
          title: "Kind",
          minor: true,
          value: ({ legacy }) => legacy ? "legacy" : "proven",
        },
        {
          id: "since",
          title: "Up for",
          kind: "number",
          minor: true,
          value: (edge) => own(edge)?.since ?? null,
          show: (edge) => {
            const link = own(edge);
            return link === null || edge.state === "down" ? NONE : <Since at={link.since} />;
          },
        },
      ]}
    />
  );
}

function RelayTable(
  { mesh: { self, relays, edges }, open }: Pick<EdgeTableProps, "mesh" | "open">,
) {
  const toSelf = ({ relay }: MeshRelay) =>
    edges.find(({ a, b, state }) =>
      state !== "down" && (a === relay && b === self || b === relay && a === self)
    ) ?? null;
  return (
    <Table
      caption="Relays of the mesh"
      items={relays}
      keyOf={({ relay }) => relay}
      current={open}
      columns={[
        {
          id: "label",
          title: "Relay",
          value: ({ relay }) => relayName(relay),
          show: ({ relay }) => (
            <a href={href("mesh", relay)}>
              <bdi>{relayName(relay)}</bdi>
              {relay === self && <span class="tag">this relay</span>}
            </a>
          ),
        },
        { id: "region", title: "Region", value: ({ region }) => region ?? NONE },
        {
          id: "path",
          title: "Path from here",
          value: (relay) => toSelf(relay)?.rttMs ?? null,
          show: (relay) => {
            const edge = toSelf(relay);
            return edge === null ? NONE : <PathHealth {...edge} />;
          },
        },
        {
          id: "load",
          title: "Load",
          kind: "number",
          value: ({ load }) => load,
          show: ({ load }) => percent(load === null ? null : load * 100),
        },
        {
          id: "state",
          title: "State",
          value: ({ draining, legacy }) => draining ? "draining" : legacy ? "legacy" : "serving",
        },
        {
          id: "address",
          title: "Address",
          kind: "code",
          minor: true,
          value: ({ address }) => address ?? NONE,
        },
        {
          id: "build",
          title: "Build",
          kind: "code",
          minor: true,
          value: ({ build }) => build ?? NONE,
        },
        {
          id: "heard",
          title: "Heard of",
          kind: "number",
          minor: true,
          value: ({ ageMs }) => ageMs,
          show: ({ ageMs }) => ageMs === null ? NONE : `${number(ageMs / 1_000)} s ago`,
        },
      ]}
    />
  );
}
