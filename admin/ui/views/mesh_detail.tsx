/** One relay or one link, with what is known of it; without a choice, the round trips of all links of this relay. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Chart } from "../parts/chart.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { HealthWord } from "../parts/health.tsx";
import { relayName } from "../parts/names.tsx";
import { Since } from "../parts/time.tsx";
import { count, ms, NONE, percent } from "../model/format.ts";
import type { Edge, Mesh } from "../model/mesh.ts";
import { rttSeries, SPAN_S } from "../model/series.ts";
import type { Link, MeshRelay } from "../model/shapes.ts";
import { operate } from "../operate.ts";
import { href } from "../route.ts";
import { history, links } from "../store.ts";

export function MeshDetail({ mesh, open }: { readonly mesh: Mesh; readonly open: string | null }) {
  const edge = mesh.edges.find(({ key }) => key === open);
  if (edge !== undefined) return <EdgeDetail mesh={mesh} edge={edge} />;
  const relay = mesh.relays.find((one) => one.relay === open);
  if (relay !== undefined) return <RelayDetail mesh={mesh} relay={relay} />;
  return <RoundTrips />;
}

function RoundTrips() {
  const own = links.value ?? [];
  return (
    <>
      <h2>Round trips</h2>
      {own.length === 0
        ? <p class="soft">This relay has no link. What it measures on links is drawn here.</p>
        : (
          <ul class="round-trips">
            {own.map((link) => (
              <li key={link.relay}>
                <div class="bar">
                  <a href={href("mesh", link.relay)}>
                    <bdi>{link.label || link.relay.slice(0, 8)}</bdi>
                  </a>
                  <b>{ms(link.rttMs)}</b>
                </div>
                <RttChart relay={link.relay} label={link.label} />
              </li>
            ))}
          </ul>
        )}
      {own.length > 0 && <p class="soft hint">Choose a relay or a link in the picture for more.</p>}
    </>
  );
}

function RttChart(
  props: { readonly relay: string; readonly label: string; readonly tall?: boolean },
) {
  const stepS = history.value?.stepS ?? 1;
  return (
    <Chart
      label={`Round trip to ${props.label}`}
      values={history.value?.series[rttSeries(props.relay)] ?? []}
      slots={Math.ceil(SPAN_S / stepS)}
      stepS={stepS}
      show={ms}
      atLeast={10}
      tall={props.tall ?? false}
    />
  );
}

function Facts({ rows }: { readonly rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="detail">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function EdgeDetail({ mesh, edge }: { readonly mesh: Mesh; readonly edge: Edge }) {
  const other = edge.a === mesh.self ? edge.b : edge.b === mesh.self ? edge.a : null;
  const link = other === null ? null : links.value?.find(({ relay }) => relay === other) ?? null;
  const [from, to] = other === null ? [edge.a, edge.b] : [mesh.self, other];
  return (
    <>
      <DetailTitle>
        <bdi>{relayName(from)}</bdi> <span aria-label="to">&rarr;</span> <bdi>{relayName(to)}</bdi>
      </DetailTitle>
      <Facts
        rows={[
          ["State", edge.state === "down" ? "down" : "up"],
          ["Path", <HealthWord key="path" health={edge.health} />],
          ["Round trip", ms(edge.rttMs)],
          ["Loss", percent(edge.lossPct)],
          ["Kind", edge.legacy ? "legacy: proves no identity" : "identity proven"],
          ...(link === null ? [] : linkFacts(link)),
        ]}
      />
      {link !== null && (
        <>
          <h3>Round trip, last ten minutes</h3>
          <RttChart relay={link.relay} label={link.label} tall />
          {edge.state !== "down" && <CloseLink link={link} />}
        </>
      )}
      {other === null && (
        <p class="soft hint">
          Neither end is this relay; this is what they told.
        </p>
      )}
    </>
  );
}

function linkFacts(link: Link): readonly (readonly [string, ComponentChildren])[] {
  return [
    ["Up for", <Since key="since" at={link.since} />],
    ["Opened by", link.dialled ? "this relay" : "the other relay"],
    ["Address", <code key="address">{link.address}</code>],
  ];
}

function RelayDetail({ mesh, relay }: { readonly mesh: Mesh; readonly relay: MeshRelay }) {
  const self = relay.relay === mesh.self;
  const own = mesh.edges.filter(({ a, b, state }) =>
    state !== "down" && (a === relay.relay || b === relay.relay)
  );
  const link = links.value?.find((one) => one.relay === relay.relay) ?? null;
  return (
    <>
      <DetailTitle>
        <bdi>{relayName(relay.relay)}</bdi>
        {self && <span class="tag">this relay</span>}
      </DetailTitle>
      <Facts
        rows={[
          ["Region", relay.region ?? NONE],
          ["State", relay.draining ? "draining" : relay.legacy ? "legacy" : "serving"],
          ["Load", percent(relay.load === null ? null : relay.load * 100)],
          ["Address", <code key="address">{relay.address ?? NONE}</code>],
          ["Build", <code key="build">{relay.build ?? NONE}</code>],
          ["Links", count(own.length, "link")],
          ["Key", <code key="key" class="long">{relay.relay}</code>],
        ]}
      />
      {link !== null && (
        <>
          <h3>Round trip, last ten minutes</h3>
          <RttChart relay={link.relay} label={link.label} tall />
          <CloseLink link={link} />
        </>
      )}
    </>
  );
}

function DetailTitle({ children }: { readonly children: ComponentChildren }) {
  return (
    <header class="detail-title">
      <h2>{children}</h2>
      <a class="close" href={href("mesh")} aria-label="Close details">&times;</a>
    </header>
  );
}

function CloseLink({ link }: { readonly link: Link }) {
  const asking = useSignal(false);
  return (
    <p class="buttons">
      <button type="button" class="danger" onClick={() => asking.value = true}>Close link</button>
      {asking.value && (
        <Confirm
          title={`Close the link to ${link.label}?`}
          action="Close link"
          onClose={() => asking.value = false}
          onConfirm={() => void operate(`links/${encodeURIComponent(link.relay)}/close`)}
        >
          <p>
            Shared rooms lose the participants there until the link is up again.
            {link.dialled && " This relay opens it again by itself."}
          </p>
        </Confirm>
      )}
    </p>
  );
}
