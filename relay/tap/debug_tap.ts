/** Writes every packet, signal and event of a room to the log, in the lines of the original relay. */
import { CODEC_IDS } from "../../proto/codec.ts";
import {
  codecOf,
  codecWireIdOf,
  fecBlockOf,
  fecSymbolOf,
  isRepair,
  payloadLengthOf,
  seqOf,
  timestampOf,
} from "../../proto/media_header.ts";
import { parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { addressText, type LogAddresses } from "../log/format.ts";
import type { Log } from "../ports/log.ts";
import type { ParticipantView, RoomObserver } from "../ports/room_observer.ts";
import { PerParticipant } from "./per_participant.ts";

/** The log area of the tap; give it to the log as one whose repeated lines are all wanted. */
export const DEBUG_TAP_AREA = "debug_tap";

/** Watches all rooms. */
export const ALL_ROOMS = "*";

export interface DebugTapParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Adds an observer to all rooms; the answer removes it. */
  readonly observe: (observer: RoomObserver) => () => void;
  /** How the operator wants addresses shown; asked for every event. */
  readonly addresses: () => LogAddresses;
}

interface Flow {
  readonly address: SocketAddress | string;
  /** Since the last statistics. */
  packetsIn: number;
  packetsOut: number;
  gaps: number;
  /** Over the whole stay: bit n is set when codec n was seen. */
  codecs: number;
  /** -1 before the first packet. */
  lastSeq: number;
}

/** Off until `watch` names something. */
export class DebugTap {
  readonly #parts: DebugTapParts;
  #filter: string | null = null;
  #stop: () => void = () => {};

  constructor(parts: DebugTapParts) {
    this.#parts = parts;
  }

  /** The rooms to watch: a name, `*` for all, null for none. While it is null no room knows of the tap. */
  watch(filter: string | null): void {
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.#stop();
    this.#stop = () => {};
    if (filter === null) return;
    const lines = new TapLines(this.#parts, filter);
    const remove = this.#parts.observe(lines);
    this.#stop = () => {
      remove();
      lines.end();
    };
  }
}

/** What is installed while a room is watched. */
class TapLines implements RoomObserver {
  readonly #log: Log;
  readonly #addresses: () => LogAddresses;
  readonly #filter: string;
  readonly #flows: PerParticipant<Flow>;

  constructor(parts: DebugTapParts, filter: string) {
    this.#log = parts.log.area(DEBUG_TAP_AREA);
    this.#addresses = parts.addresses;
    this.#filter = filter;
    this.#flows = new PerParticipant(
      parts.clock,
      newFlow,
      (participant, flow) => this.#statistics(participant, flow),
    );
  }

  end(): void {
    this.#flows.clear();
  }

  packet(from: ParticipantView, bytes: Uint8Array, fanOut: number): void {
    if (!this.#wants(from.room)) return;
    const flow = this.#flows.of(from);
    const seq = seqOf(bytes);
    flow.packetsIn += 1;
    flow.packetsOut += fanOut;
    flow.codecs |= 1 << codecWireIdOf(bytes);
    if (flow.lastSeq >= 0 && seq !== ((flow.lastSeq + 1) & 0xffff)) flow.gaps += 1;
    flow.lastSeq = seq;
    if (!this.#log.enabled("info")) return;
    this.#log.info("TAP", {
      room: from.room,
      dir: "in",
      addr: flow.address,
      seq,
      codec: codecOf(bytes),
      ts: timestampOf(bytes),
      fec_block: fecBlockOf(bytes),
      fec_sym: fecSymbolOf(bytes),
      repair: isRepair(bytes),
      len: payloadLengthOf(bytes),
      fan_out: fanOut,
    });
  }

  joined(participant: ParticipantView): void {
    this.#event(participant, "join", `alias=${participant.alias ?? "?"}`);
  }

  left(participant: ParticipantView, forwarded: number, roomClosed: boolean): void {
    this.#flows.end(participant);
    this.#event(participant, "leave", roomClosed ? "(room closed)" : `forwarded=${forwarded}`);
  }

  roomUpdate(room: string, aliases: readonly (string | null)[]): void {
    if (!this.#wants(room)) return;
    this.#log.info("TAP SIGNAL", {
      room,
      signal: "RoomUpdate",
      count: aliases.length,
      participants: aliases.map((alias) => alias ?? "?"),
    });
  }

  directive(room: string, codec: string, reason: string): void {
    if (!this.#wants(room)) return;
    this.#log.info("TAP SIGNAL", { room, signal: "QualityDirective", codec, reason });
  }

  #event(participant: ParticipantView, event: string, detail: string): void {
    const { room, id, address } = participant;
    if (!this.#wants(room)) return;
    const addr = parseSocketAddress(address);
    const shown = addr === null ? address : addressText(addr, this.#addresses());
    this.#log.info("TAP EVENT", {
      room,
      event,
      detail: `participant=${id} addr=${shown} ${detail}`,
    });
  }

  #statistics(participant: ParticipantView, flow: Flow): void {
    const { packetsIn, packetsOut, gaps } = flow;
    if (packetsIn === 0) return;
    flow.packetsIn = 0;
    flow.packetsOut = 0;
    flow.gaps = 0;
    this.#log.info("TAP STATS", {
      room: participant.room,
      period: "5s",
      in_pkts: packetsIn,
      out_pkts: packetsOut,
      fan_out_avg: (packetsOut / packetsIn).toFixed(1),
      seq_gaps: gaps,
      codecs_seen: CODEC_IDS.filter((_, wireId) => (flow.codecs & (1 << wireId)) !== 0),
    });
  }

  #wants(room: string): boolean {
    return this.#filter === ALL_ROOMS || this.#filter === room;
  }
}

function newFlow(participant: ParticipantView): Flow {
  return {
    // As an address, so that the log can mask it.
    address: parseSocketAddress(participant.address) ?? participant.address,
    packetsIn: 0,
    packetsOut: 0,
    gaps: 0,
    codecs: 0,
    lastSeq: -1,
  };
}
