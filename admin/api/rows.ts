/** The views of the relay as rows of answers: Unix times, rounded numbers, nothing that is not meant to be shown. */
import type { EventRecord, LogRecord, SessionView } from "../../relay/ports/admin.ts";
import type { CallView } from "../../relay/ports/call_observer.ts";
import type { LinkView } from "../../relay/ports/federation.ts";
import type {
  CallRow,
  EventRow,
  LinkRow,
  LogLine,
  ParticipantRow,
  RoomDetail,
  RoomRow,
  SessionRow,
} from "./shapes.ts";
import type { SiteHost, SiteRoom } from "../site_host.ts";

/** So many people of one room are named in an answer. */
const MAX_PARTICIPANTS = 1_000;

/** A wall clock that was set has moved by more than this. */
const CLOCK_SET_MS = 1_000;
const offsets = new WeakMap<SiteHost["clock"], number>();

/** Turns clock times into Unix times, the same one always into the same. */
export function unixTime({ clock }: Pick<SiteHost, "clock">): (time: number) => number {
  const present = clock.wall() - clock.now();
  const known = offsets.get(clock);
  // Both clocks are rounded, so that their difference is a little another each time.
  const offset = known === undefined || Math.abs(known - present) > CLOCK_SET_MS ? present : known;
  offsets.set(clock, offset);
  return (time) => Math.round(offset + time);
}

/** What came over the network may be no number at all. */
export function amount(value: number | null): number | null {
  return value === null || !Number.isFinite(value) || value < 0
    ? null
    : Math.round(value * 10) / 10;
}

export function percent(value: number | null): number | null {
  const shown = amount(value);
  return shown === null ? null : Math.min(100, shown);
}

export function roomRow({ name, participants, remote, codec }: SiteRoom): RoomRow {
  return { name, participants: participants.length, remote: remote.length, codec };
}

export function sessionRow(host: SiteHost, view: SessionView): SessionRow {
  const { participant, packetsReceived, packetsForwarded, lossPct, rttMs, audioAgeMs } = view;
  const { session, room, fingerprint, alias, address } = participant;
  return {
    session,
    room,
    fingerprint,
    alias,
    address,
    since: unixTime(host)(view.since),
    packetsReceived,
    packetsForwarded,
    lossPct: percent(lossPct),
    rttMs: amount(rttMs),
    audioAgeMs: amount(audioAgeMs),
  };
}

/** Somebody of this relay. */
export function participantRow(host: SiteHost, view: SessionView): ParticipantRow {
  const { session, fingerprint, alias, address, since, lossPct, rttMs, audioAgeMs } = sessionRow(
    host,
    view,
  );
  const relayLabel = null;
  return { session, fingerprint, alias, address, since, lossPct, rttMs, audioAgeMs, relayLabel };
}

/** Somebody at another relay. */
export function remoteRow({ fingerprint, alias, relay_label }: SiteRoom["remote"][number]) {
  return {
    session: null,
    fingerprint,
    alias,
    address: null,
    since: null,
    lossPct: null,
    rttMs: null,
    audioAgeMs: null,
    relayLabel: relay_label ?? "",
  } satisfies ParticipantRow;
}

/** Null when there is no such room. */
export function roomDetail(host: SiteHost, name: string): RoomDetail | null {
  for (const room of host.rooms()) {
    if (room.name !== name) continue;
    const { participants, remote, codec } = room;
    const views = new Map<string, SessionView>();
    for (const view of host.sessions()) {
      if (view.participant.room === name) views.set(view.participant.session, view);
    }
    const here = participants.flatMap(({ session }) => views.get(session) ?? [])
      .slice(0, MAX_PARTICIPANTS)
      .map((view) => participantRow(host, view));
    const elsewhere = remote.slice(0, MAX_PARTICIPANTS - here.length).map(remoteRow);
    return {
      name,
      codec,
      participants: [...here, ...elsewhere],
      total: participants.length + remote.length,
    };
  }
  return null;
}

export function callRow(host: SiteHost, call: CallView): CallRow {
  const { id, caller, callee, state, offeredAt, acceptedAt } = call;
  const at = unixTime(host);
  return {
    id,
    caller,
    callee,
    state,
    offeredAt: at(offeredAt),
    acceptedAt: acceptedAt === null ? null : at(acceptedAt),
  };
}

export function linkRow(host: SiteHost, link: LinkView): LinkRow {
  const { relay, label, legacy, dialled, address, since, rttMs, lossPct } = link;
  return {
    relay,
    label,
    legacy,
    dialled,
    address,
    since: unixTime(host)(since),
    rttMs: amount(rttMs),
    lossPct: percent(lossPct),
  };
}

export function logLine({ id, at, level, area, message, fields }: LogRecord): LogLine {
  return { id, at, level, area, message, fields };
}

export function eventRow({ id, at, kind, fields }: EventRecord): EventRow {
  return { id, at, kind, fields };
}
