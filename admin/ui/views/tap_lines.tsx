/** Packet headers line by line, the newest at the bottom; where numbers are missing a line says so. */
import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { clock, number, short } from "../model/format.ts";
import { matches } from "../model/listing.ts";
import type { Line, OtherLine, PacketLine, TapView } from "../model/tap_view.ts";

/** More than this nobody reads; saving has all that is kept. */
const SHOWN = 300;

export interface TapLinesProps {
  readonly view: TapView;
  readonly query: string;
  readonly runs: boolean;
}

export function TapLines({ view, query, runs }: TapLinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const lines = (query === "" ? view.lines : view.lines.filter((line) => fits(line, query)))
    .slice(-SHOWN);
  useEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.at(-1)?.id]);
  return (
    <div
      class="packets"
      ref={box}
      tabindex={0}
      role="region"
      aria-label="Packet headers"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
        follows.current = scrollHeight - scrollTop - clientHeight < 40}
    >
      <table>
        <caption class="unseen">Packet headers, oldest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="minor">Dir</th>
            <th scope="col">Sender</th>
            <th scope="col" class="number">Seq</th>
            <th scope="col">Codec</th>
            <th scope="col" class="number minor">Timestamp</th>
            <th scope="col" class="number minor">FEC</th>
            <th scope="col" class="number">Bytes</th>
            <th scope="col" class="number">To</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) =>
            line.kind === "packet"
              ? <PacketRow key={line.id} line={line} />
              : <OtherRow key={line.id} line={line} />
          )}
        </tbody>
      </table>
      {lines.length === 0 && (
        <p class="soft waiting">
          {view.lines.length > 0
            ? "No line fits this filter"
            : runs
            ? "Waiting for packets\u2026"
            : "Nothing was seen"}
        </p>
      )}
    </div>
  );
}

function PacketRow({ line: { packet, missing, late } }: { readonly line: PacketLine }) {
  const { from } = packet;
  return (
    <Fragment>
      {missing > 0 && (
        <tr class="gap">
          <td colSpan={9}>
            {number(missing)} missing before {packet.seq} from{" "}
            <bdi>{from.alias ?? short(from.fingerprint)}</bdi>
          </td>
        </tr>
      )}
      <tr class={packet.repair ? "repair" : ""}>
        <td>{clock(packet.at, true)}</td>
        <td class="minor">{packet.dir}</td>
        <td class="sender">
          <bdi>{from.alias ?? short(from.fingerprint)}</bdi>
        </td>
        <td class="number">
          {packet.seq}
          {late && <span class="late">late</span>}
        </td>
        <td>
          {packet.codec}
          {packet.repair && <span class="tag">repair</span>}
        </td>
        <td class="number minor">{packet.timestamp}</td>
        <td class="number minor">{packet.fecBlock}/{packet.fecSymbol}</td>
        <td class="number">{packet.length}</td>
        <td class="number">{packet.fanOut}</td>
      </tr>
    </Fragment>
  );
}

function OtherRow({ line }: { readonly line: OtherLine }) {
  return (
    <tr class="other">
      <td>{clock(line.at, true)}</td>
      <td colSpan={8}>{line.text}</td>
    </tr>
  );
}

function fits(line: Line, query: string): boolean {
  if (line.kind === "other") return matches(query, [line.text]);
  const { from, seq, codec, repair } = line.packet;
  return matches(query, [
    from.alias,
    from.fingerprint,
    String(seq),
    codec,
    repair ? "repair" : null,
    line.missing > 0 ? "gap missing" : null,
  ]);
}
