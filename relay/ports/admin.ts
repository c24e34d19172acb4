/** What the relay gives to its HTTP server: views to read and a few things an operator may do. */
import type { Clock } from "../../quic/clock.ts";
import type { CallView } from "./call_observer.ts";
import type { Metric } from "./counters.ts";
import type { FederationView } from "./federation.ts";
import type { SocketAddress } from "./addresses.ts";
import type { Fields, Level, Log } from "./log.ts";
import type { PresenceView } from "./presence.ts";
import type { ParticipantView } from "./room_observer.ts";
import type { RegistrationView, Registry } from "./registry.ts";
import type { Tap } from "./tap.ts";
import type { UdpRelayView } from "./udp_relay.ts";

export interface AdminSettings {
  /** Addresses to listen on, none when it is off. Port 0: any. */
  readonly listen: readonly { readonly ip: string; readonly port: number }[];
  /** Whether the port was not named but follows from the QUIC port, for the error when it is taken. */
  readonly implied: boolean;
  /** Null: `admin-token` in the state directory, created at first start. */
  readonly tokenFile: string | null;
  readonly stateDir: string;
  readonly behindTls: boolean;
  /** Names that may stand in `Host` besides loopback literals and the listening addresses. */
  readonly hosts: readonly string[];
  readonly metricsPublic: boolean;
  readonly sessionMetrics: "auto" | "on" | "off";
  /** Whether anybody may read the registry and be in it. */
  readonly registryPublic: boolean;
}

/** Somebody in a room, as the API shows it. */
export interface SessionView {
  readonly participant: ParticipantView;
  /** Clock time of joining. */
  readonly since: number;
  readonly packetsReceived: number;
  readonly packetsForwarded: number;
  /** What its own quality reports said last; null for who sends none. */
  readonly lossPct: number | null;
  readonly rttMs: number | null;
  /** Age of the sound queued for it; null for clients without echo. */
  readonly audioAgeMs: number | null;
}

export interface RouteView {
  readonly kind: "local" | "direct_peer" | "chain" | "not_found";
  readonly relayChain: readonly string[];
}

/** One line of the log, kept for a while. */
export interface LogRecord {
  /** Grows by one a line; where to go on reading. */
  readonly id: number;
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly level: Level;
  readonly area: string;
  readonly message: string;
  /** As text, addresses masked where the operator wants that; secrets never. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Something that happened and is worth a line on the page: join, leave, call, link, operation. */
export interface EventRecord {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** The newest records, oldest first; bounded. */
export interface Tail<Item> {
  /** Those with an id above `after`, at most `max`; `skipped` counts what is not kept any more. */
  since(after: number, max: number): { readonly items: readonly Item[]; readonly skipped: number };
  /** Called when there is something new; must not wait. Call the answer to end that. */
  onNew(listener: () => void): () => void;
}

export interface OperateOutcome {
  readonly ok: boolean;
  /** One sentence for the operator. */
  readonly detail: string;
}

/** What only an operator with the token may do. Each leaves a line in the log that says who asked. */
export interface Operations {
  drain(reason: string): OperateOutcome;
  reload(): Promise<OperateOutcome>;
  setLogLevel(levels: string): OperateOutcome;
  /** Closes a session; with `refuseMs` its fingerprint is not let in again for so long. */
  kick(session: string, refuseMs: number): OperateOutcome;
  closeLink(relay: string): OperateOutcome;
  /** Has the UDP relay take nothing from this address, for so long or, with null, until it is lifted. */
  blockUdp(ip: string, ms: number | null): OperateOutcome;
  unblockUdp(ip: string): OperateOutcome;
}

export interface AdminHost {
  readonly clock: Clock;
  readonly log: Log;
  /** Writes a line whatever the log levels are, and however many are like it. */
  readonly audit: (message: string, fields: Fields) => void;
  /** Something of ours went wrong and was survived: a line in the log, and counted. */
  readonly fault: (error: unknown) => void;
  readonly build: string;
  /** Colon form. */
  readonly tlsFingerprint: string;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  readonly quicPort: number;
  readonly settings: () => AdminSettings;
  /** Random bytes for the token. */
  readonly random: (bytes: number) => Uint8Array;
  readonly state: () => {
    readonly life: "starting" | "serving" | "draining" | "stopped";
    readonly full: boolean;
    /** Sentences: what of the configuration does not work. */
    readonly misconfigured: readonly string[];
  };
  readonly metrics: () => Iterable<Metric>;
  readonly rooms: () => Iterable<{
    readonly name: string;
    readonly participants: readonly ParticipantView[];
    /** Of other relays. */
    readonly remote: readonly {
      readonly fingerprint: string;
      readonly alias: string | null;
      readonly relay_label: string | null;
    }[];
    /** The codec everybody was told to use last; null before the first directive. */
    readonly codec: string | null;
  }>;
  readonly sessions: () => Iterable<SessionView>;
  readonly calls: () => Iterable<CallView>;
  readonly presence: PresenceView;
  readonly route: (fingerprint: string) => RouteView;
  readonly federation: FederationView;
  readonly probes: () => readonly {
    readonly target: string;
    readonly up: boolean;
    readonly rttMs: number | null;
    readonly lossPct: number | null;
    readonly jitterMs: number | null;
  }[];
  readonly tap: Tap;
  readonly logTail: Tail<LogRecord>;
  readonly eventTail: Tail<EventRecord>;
  /** Effective configuration as `--print-config` prints it, secrets masked. */
  readonly configText: () => string;
  /** TOML another operator can paste to link to this relay. */
  readonly invitation: () => string;
  /** Null when this relay is none. */
  readonly registry: Registry | null;
  /** This relay's entry in a registry; null when it has none. */
  readonly registration: () => RegistrationView | null;
  /** Null when it is off. */
  readonly udpRelay: () => UdpRelayView | null;
  readonly operations: Operations;
}

/** The HTTP server once it has its ports. */
export interface Admin {
  /** Where it listens, none when it is off. */
  readonly addresses: readonly SocketAddress[];
  /** Answers from now on; until then it says 503. Rejects with `StartError` when the token cannot be had. */
  serve(host: AdminHost): Promise<void>;
  /** The configuration was reloaded. */
  apply(): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Takes the ports and writes nothing yet. Rejects with `StartError`. */
export type OpenAdmin = (
  settings: Pick<AdminSettings, "listen" | "implied">,
) => Promise<Admin>;
