/** Draws the mesh: circles with a ring for their load, lines whose style tells how good the path is. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { relayName } from "../parts/names.tsx";
import { fit, layOut, type Places, type Point } from "../model/force_layout.ts";
import { ms, percent } from "../model/format.ts";
import type { Edge, Mesh } from "../model/mesh.ts";
import type { MeshRelay } from "../model/shapes.ts";

export interface MeshGraphProps {
  readonly mesh: Mesh;
  /** Key of the relay or edge that is open. */
  readonly open: string | null;
  readonly choose: (key: string) => void;
}

const RADIUS = 15;

export function MeshGraph({ mesh, open, choose }: MeshGraphProps) {
  const frame = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 720, height: 440 });
  const last = useRef<Places>(new Map());
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width = 720, height = 440 } = entry?.contentRect ?? {};
      if (width > 0) size.value = { width, height };
    });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  // Only who is there and who is linked moves the picture; figures change every second.
  const shape = JSON.stringify([
    mesh.relays.map(({ relay }) => relay),
    mesh.edges.map(({ key }) => key),
  ]);
  const { width, height } = size.value;
  const places = useMemo(() => {
    const ids = mesh.relays.map(({ relay }) => relay);
    last.current = layOut(ids, mesh.edges, last.current, width / height);
    return last.current;
  }, [shape, width > height]);
  const narrow = width < 480;
  const at = fit(
    places,
    { width, height, marginX: narrow ? 56 : 96, marginY: 64 },
    narrow ? 180 : 280,
  );
  return (
    <div class="graph" ref={frame}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`Mesh: ${mesh.relays.length} relays, ${mesh.edges.length} links`}
      >
        <g>
          {mesh.edges.map((edge) => {
            const [a, b] = [at.get(edge.a), at.get(edge.b)];
            return a === undefined || b === undefined
              ? null
              : <EdgeLine key={edge.key} {...{ edge, a, b, open, choose, narrow }} />;
          })}
        </g>
        <g>
          {mesh.relays.map((relay) => (
            <Node
              key={relay.relay}
              relay={relay}
              self={relay.relay === mesh.self}
              at={at.get(relay.relay)!}
              below={isBelow(relay, mesh, at)}
              open={open === relay.relay}
              choose={choose}
            />
          ))}
        </g>
      </svg>
    </div>
  );
}

/** Labels stand on the side where fewer lines are. */
function isBelow({ relay }: MeshRelay, { edges }: Mesh, at: Places): boolean {
  const y = at.get(relay)!.y;
  const slopes = edges.filter(({ a, b }) => a === relay || b === relay)
    .map(({ a, b }) => (at.get(a === relay ? b : a)?.y ?? y) - y);
  return slopes.reduce((sum, one) => sum + one, 0) <= 0.5;
}

interface Choosing {
  readonly choose: (key: string) => void;
}

/** Enter and space, as on a button. */
function choosing(key: string, choose: (key: string) => void) {
  return {
    role: "button",
    tabIndex: 0,
    onClick: () => choose(key),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(key);
    },
  } as const;
}

interface EdgeLineProps extends Choosing {
  readonly edge: Edge;
  readonly a: Point;
  readonly b: Point;
  readonly open: string | null;
  readonly narrow: boolean;
}

function EdgeLine({ edge, a, b, open, choose, narrow }: EdgeLineProps) {
  const { health, legacy, state, rttMs, lossPct } = edge;
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const gap = RADIUS + 7;
  const line = `M${a.x + ux * gap} ${a.y + uy * gap}L${b.x - ux * gap} ${b.y - uy * gap}`;
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  const measured = [
    rttMs === null ? null : ms(rttMs),
    lossPct === null ? null : `${percent(lossPct)} loss`,
  ].filter((text) => text !== null);
  const first = state === "down" ? "down" : measured[0] ?? "no data";
  const rest = state === "down" ? [] : measured.slice(1);
  if (state === "new") rest.push("new");
  if (legacy) rest.push("legacy");
  const label = `Link ${relayName(edge.a)} to ${relayName(edge.b)}: ${
    [state === "down" ? "down" : "up", health === "unknown" ? "no data" : health, ...measured]
      .join(", ")
  }${legacy ? ", legacy" : ""}`;
  const chosen = open === edge.key;
  return (
    <g
      class={`edge ${health} ${state} ${legacy ? "legacy" : ""} ${chosen ? "open" : ""}`}
      data-edge={edge.key}
      aria-label={label}
      aria-pressed={chosen}
      {...choosing(edge.key, choose)}
    >
      <path class="edge-hit" d={line} />
      <path class={`edge-line ${health} ${legacy ? "legacy" : ""}`} d={line} />
      {legacy && <path class="edge-core" d={line} />}
      <text x={middle.x} y={middle.y - (rest.length > 0 && !narrow ? 4 : -4)} class="edge-first">
        {first}
      </text>
      {rest.length > 0 && (
        <text x={middle.x} y={middle.y + (narrow ? 17 : 11)} class="edge-rest">
          {rest.join(" \u00b7 ")}
        </text>
      )}
    </g>
  );
}

interface NodeProps extends Choosing {
  readonly relay: MeshRelay;
  readonly self: boolean;
  readonly at: Point;
  readonly below: boolean;
  readonly open: boolean;
}

function Node({ relay, self, at, below, open, choose }: NodeProps) {
  const { region, load, draining, legacy } = relay;
  const name = relayName(relay.relay);
  const more = [
    self ? "this relay" : null,
    region,
    draining ? "draining" : null,
    legacy ? "legacy" : null,
  ]
    .filter((text) => text !== null && text !== "");
  const y = below ? RADIUS + 20 : -RADIUS - (more.length > 0 ? 27 : 12);
  const share = load === null ? null : Math.min(1, Math.max(0, load));
  const label = [`Relay ${name}`, ...more, share === null ? null : `load ${percent(share * 100)}`]
    .filter((text) => text !== null).join(", ");
  return (
    <g
      class={`node ${self ? "self" : ""} ${draining ? "draining" : ""} ${open ? "open" : ""}`}
      transform={`translate(${at.x} ${at.y})`}
      data-relay={relay.relay}
      aria-label={label}
      aria-pressed={open}
      {...choosing(relay.relay, choose)}
    >
      <circle class="node-focus" r={RADIUS + 7} />
      <circle class="node-ring" r={RADIUS} />
      {share !== null && share > 0 && (
        <circle
          class="node-load"
          r={RADIUS}
          pathLength={100}
          stroke-dasharray={`${share * 100} 100`}
          transform="rotate(-90)"
        />
      )}
      <circle class="node-dot" r={self ? 8 : 5} />
      <text class="node-name" y={y}>{name.length > 24 ? `${name.slice(0, 23)}\u2026` : name}</text>
      {more.length > 0 && <text class="node-more" y={y + 15}>{more.join(" \u00b7 ")}</text>}
    </g>
  );
}
