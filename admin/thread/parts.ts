/** The parts of the relay that the site can read, as rows of plain data: what a thread is sent is copied as it is. */
import type { AdminHost, EventRecord, LogRecord, SessionView } from "../../relay/ports/admin.ts";
import type { CallView } from "../../relay/ports/call_observer.ts";
import type { Metric, PackedSamples } from "../../relay/ports/counters.ts";
import type { LinkView, MeshRelayView } from "../../relay/ports/federation.ts";
import type { PresencePeer } from "../../relay/ports/presence.ts";
import type { RegistrationView, RegistryStats } from "../../relay/ports/registry.ts";
import type { ParticipantView } from "../../relay/ports/room_observer.ts";
import type { UdpRelayView } from "../../relay/ports/udp_relay.ts";
import { SESSION_LABEL } from "../metrics/session_series.ts";
import type { Part, ProcessFacts, SiteRoom } from "../site_host.ts";

/** A metric; `texts` is null where they are those of the last time. */
export interface PackedMetric
  extends Pick<Metric, "name" | "type" | "help">, Omit<PackedSamples, "texts"> {
  readonly texts: readonly string[] | null;
}

interface Rows {
  state: ReturnType<AdminHost["state"]>;
  metrics: PackedMetric;
  sessionMetrics: PackedMetric;
  /** Sessions by name. */
  rooms: Omit<SiteRoom, "participants"> & { readonly sessions: readonly string[] };
  sessions: SessionView;
  calls: CallView;
  links: LinkView;
  mesh: MeshRelayView;
  /** A fingerprint, then its relay: 100,000 strings cost a fraction of as many objects. */
  directory: string;
  /** A fingerprint, then its relay, which is empty for who is here. */
  presence: string;
  /** Of one with many names several in a row. */
  peers: PresencePeer;
  probes: ReturnType<AdminHost["probes"]>[number];
  log: LogRecord;
  events: EventRecord;
  config: { readonly text: string; readonly invitation: string };
  registration: RegistrationView | null;
  registry: RegistryStats | null;
  udpRelay: UdpRelayView | null;
  process: ProcessFacts;
}

export type PartRow<Name extends Part> = Rows[Name];

/** `after` is the number of the last record known, for parts that are records. */
type Reader<Name extends Part> = (after: number) => Iterable<PartRow<Name>>;

export type Readers = { readonly [Name in Part]: Reader<Name> };

/** Names of a peer in one row. */
const NAMES_PER_ROW = 500;

/** For one reader. Rows are made while they are taken, so that a long part can be taken bit by bit. */
export function readersOf(host: AdminHost): Readers {
  const { presence, federation } = host;
  const told = new Map<string, readonly string[]>();
  return {
    state: () => [host.state()],
    metrics: () => packed(host.metrics(), false, told),
    sessionMetrics: () => packed(host.metrics(), true, told),
    rooms: function* () {
      for (const { name, participants, remote, codec } of host.rooms()) {
        yield { name, sessions: participants.map(({ session }) => session), remote, codec };
      }
    },
    sessions: function* () {
      for (const view of host.sessions()) {
        const { since, packetsReceived, packetsForwarded, lossPct, rttMs, audioAgeMs } = view;
        const participant = plainParticipant(view.participant);
        yield { participant, since, packetsReceived, packetsForwarded, lossPct, rttMs, audioAgeMs };
      }
    },
    calls: function* () {
      for (const { id, caller, callee, state, outcome, offeredAt, acceptedAt } of host.calls()) {
        yield { id, caller, callee, state, outcome, offeredAt, acceptedAt };
      }
    },
    links: () => federation.links(),
    mesh: () => federation.mesh(),
    directory: function* () {
      for (const { fingerprint, relay } of federation.directory()) {
        yield fingerprint;
        yield relay;
      }
    },
    presence: function* () {
      for (const fingerprint of presence.fingerprints()) {
        const place = presence.find(fingerprint);
        if (place === null) continue;
        yield fingerprint;
        yield place.at === "local" ? "" : place.relay;
      }
    },
    peers: function* () {
      for (const peer of presence.peers()) {
        const { fingerprints } = peer;
        for (let at = 0; at === 0 || at < fingerprints.length; at += NAMES_PER_ROW) {
          yield { ...peer, fingerprints: fingerprints.slice(at, at + NAMES_PER_ROW) };
        }
      }
    },
    probes: () => host.probes(),
    log: (after) => host.logTail.since(after, Infinity).items,
    events: (after) => host.eventTail.since(after, Infinity).items,
    config: () => [{ text: host.configText(), invitation: host.invitation() }],
    registration: () => [host.registration()],
    registry: () => [host.registry?.stats() ?? null],
    udpRelay: () => [host.udpRelay()],
    process: () => [processFacts()],
  };
}

export function processFacts(): ProcessFacts {
  return {
    heapBytes: Deno.memoryUsage().heapUsed,
    startedSeconds: performance.timeOrigin / 1_000,
  };
}

/** What others know as one object for the whole stay may hold far more than it shows. */
export function plainParticipant(
  { id, session, room, fingerprint, alias, address }: ParticipantView,
): ParticipantView {
  return { id, session, room, fingerprint, alias, address };
}

/** Labels hardly ever change, and are most of a metric. */
function* packed(
  families: Iterable<Metric>,
  perSession: boolean,
  told: Map<string, readonly string[]>,
): Generator<PackedMetric> {
  for (const { name, type, help, pack } of families) {
    const { texts, ...samples } = pack();
    if ((samples.names[0] === SESSION_LABEL) !== perSession) continue;
    yield { name, type, help, ...samples, texts: told.get(name) === texts ? null : texts };
    told.set(name, texts);
  }
}
