/** Draws the mesh: circles with a ring for their load, lines whose style tells how good the path is. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { relayName } from "../parts/names.tsx";
import { fit, layOut, type Places, type Point } from "../model/force_layout.ts";
import { ms, percent } from "../model/format.ts";
import { placeLabels, type Size } from "../model/graph_labels.ts";
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
    { width, height, marginX: narrow ? 40 : 96, marginY: 56 },
    narrow ? 200 : 280,
  );
  const texts = new Map(mesh.edges.map((edge) => [edge.key, edgeText(edge, narrow)]));
  const labels = placeLabels(
    mesh.relays.map((relay) => ({
      id: relay.relay,
      at: at.get(relay.relay)!,
      size: sizeOf(nodeText(relay, mesh.self, narrow), NODE_LETTER),
    })),
    mesh.edges.map(({ key, a, b }) => ({
      id: key,
      from: at.get(a)!,
      to: at.get(b)!,
      size: sizeOf(texts.get(key)!, EDGE_LETTER),
    })),
    RADIUS + 5,
    { width, height },
  );
  return (
    <div class={mesh.relays.length < 2 ? "graph alone" : "graph"} ref={frame}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`Mesh: ${mesh.relays.length} relays, ${mesh.edges.length} links`}
      >
        <g>
          {mesh.edges.map((edge) => {
            const [a, b] = [at.get(edge.a), at.get(edge.b)];
            return a === undefined || b === undefined ? null : (
              <EdgeLine
                key={edge.key}
                {...{ edge, a, b, open, choose }}
                text={texts.get(edge.key)!}
                label={labels.edges.get(edge.key)!}
              />
            );
          })}
        </g>
        <g>
          {mesh.relays.map((relay) => (
            <Node
              key={relay.relay}
              relay={relay}
              self={relay.relay === mesh.self}
              at={at.get(relay.relay)!}
              text={nodeText(relay, mesh.self, narrow)}
              label={labels.nodes.get(relay.relay)!}
              open={open === relay.relay}
              choose={choose}
            />
          ))}
        </g>
      </svg>
    </div>
  );
}

/** First and second line of a label. */
type Lines = readonly [first: string, second: string];

const LINE = 15;
/** Pixels a letter takes on average. */
const NODE_LETTER = 7.8;
const EDGE_LETTER = 6.8;

/** About as large as it will be. */
function sizeOf([first, second]: Lines, letter: number) {
  const letters = Math.max(first.length, second.length * 0.86);
  return { width: letters * letter + 6, height: second === "" ? LINE : 2 * LINE };
}

function nodeText(relay: MeshRelay, self: string, narrow: boolean): Lines {
  const name = relayName(relay.relay);
  const most = narrow ? 12 : 24;
  const more = [
    relay.relay === self ? "this relay" : null,
    narrow && relay.relay === self ? null : relay.region,
    relay.draining ? "draining" : null,
    relay.legacy ? "legacy" : null,
  ].filter((text) => text !== null && text !== "");
  return [name.length > most ? `${name.slice(0, most - 1)}\u2026` : name, more.join(" \u00b7 ")];
}

function edgeText({ state, rttMs, lossPct, legacy }: Edge, narrow: boolean): Lines {
  if (state === "down") return ["down", ""];
  const loss = lossPct === null ? null : `${percent(lossPct)}${narrow ? "" : " loss"}`;
  const more = [
    rttMs === null ? null : loss,
    state === "new" ? "new" : null,
    legacy && !narrow ? "legacy" : null,
  ].filter((text) => text !== null);
  return [rttMs === null ? loss ?? "no data" : ms(rttMs), more.join(" \u00b7 ")];
}

interface Choosing {
  readonly choose: (key: string) => void;
}

/** Enter and space, as on a button. */
function choosing(key: string, choose: (key: string) => void) {
  return {
    role: "button",
    tabindex: 0,
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
  readonly text: Lines;
  /** Middle of the label. */
  readonly label: Point;
  readonly open: string | null;
}

function EdgeLine({ edge, a, b, text, label, open, choose }: EdgeLineProps) {
  const { health, legacy, state } = edge;
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const gap = RADIUS + 7;
  const line = `M${a.x + ux * gap} ${a.y + uy * gap}L${b.x - ux * gap} ${b.y - uy * gap}`;
  // What can be read must be in what is said, so that it can be asked for by voice.
  const spoken = [
    text.join(" ").trim(),
    state === "down" ? null : "up",
    health === "unknown" ? null : health,
    legacy ? "legacy" : null,
  ].filter((one) => one !== null).join(", ");
  const chosen = open === edge.key;
  return (
    <g
      class={`edge ${health} ${state} ${legacy ? "legacy" : ""} ${chosen ? "open" : ""}`}
      data-edge={edge.key}
      aria-label={`Link ${relayName(edge.a)} to ${relayName(edge.b)}: ${spoken}`}
      aria-pressed={chosen}
      {...choosing(edge.key, choose)}
    >
      <path class="edge-hit" d={line} />
      <path class={`edge-line ${health} ${legacy ? "legacy" : ""}`} d={line} />
      {legacy && <path class="edge-core" d={line} />}
      <TwoLines
        text={text}
        size={sizeOf(text, EDGE_LETTER)}
        at={label}
        first="edge-first"
        second="edge-rest"
      />
    </g>
  );
}

interface TwoLinesProps {
  readonly text: Lines;
  readonly size: Size;
  readonly at: Point;
  readonly first: string;
  readonly second: string;
}

/** On a ground of its own, so that no line goes through it. */
function TwoLines({ text: [one, two], size, at, first, second }: TwoLinesProps) {
  const y = at.y + (two === "" ? 4 : -3);
  return (
    <>
      <rect
        class="label-ground"
        x={at.x - size.width / 2}
        y={at.y - size.height / 2}
        width={size.width}
        height={size.height}
        rx="3"
      />
      <text x={at.x} y={y} class={first}>{one}</text>{" "}
      {two !== "" && <text x={at.x} y={y + LINE} class={second}>{two}</text>}
    </>
  );
}

interface NodeProps extends Choosing {
  readonly relay: MeshRelay;
  readonly self: boolean;
  readonly at: Point;
  readonly text: Lines;
  readonly label: Point;
  readonly open: boolean;
}

function Node({ relay, self, at, text, label, open, choose }: NodeProps) {
  const { load, draining } = relay;
  const share = load === null ? null : Math.min(1, Math.max(0, load));
  const spoken = `Relay ${text.join(" ").trim()}`;
  return (
    <g
      class={`node ${self ? "self" : ""} ${draining ? "draining" : ""} ${open ? "open" : ""}`}
      data-relay={relay.relay}
      aria-label={share === null ? spoken : `${spoken}, load ${percent(share * 100)}`}
      aria-pressed={open}
      {...choosing(relay.relay, choose)}
    >
      <g transform={`translate(${at.x} ${at.y})`}>
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
      </g>
      <TwoLines
        text={text}
        size={sizeOf(text, NODE_LETTER)}
        at={label}
        first="node-name"
        second="node-more"
      />
    </g>
  );
}
