/** A `_signal` service with clients in memory, for the tests of direct calls. */
import { WireError } from "../../proto/errors.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { PresenceVerifier, signPresence } from "../../proto/presence_signature.ts";
import type { KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import {
  type MemoryConnection,
  memoryPair,
  type MemoryPairOptions,
} from "../../quic/memory_pair.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { createCounters } from "../counters/counters.ts";
import type { Authenticator, AuthOutcome } from "../ports/auth.ts";
import type { CallView } from "../ports/call_observer.ts";
import { type Fields, type Log, silentLog } from "../ports/log.ts";
import type { MeetingPlaces, RemoteCalls } from "../ports/remote_calls.ts";
import type { SignalRules } from "./signal_rules.ts";
import { SignalService } from "./signal_service.ts";

export const RELAY_FINGERPRINT = new Uint8Array(32).fill(0xaa);
export const ADVERTISED = "203.0.113.5:4433";

/** An identity whose seed is this byte 32 times. */
export function person(seed: number): Identity {
  return new Identity(nodeCrypto, new Uint8Array(32).fill(seed));
}

/** Lets everything that waits for nothing but other promises happen. */
export const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

const RULES: SignalRules = {
  timeoutMs: 45_000,
  oneAtATime: false,
  maxPerClient: 16,
  maxCalls: 1_000,
  requireSigned: false,
  denials: { deny_fingerprints: [], deny_addresses: [] },
  maxRegistrations: 1_000,
  maxRegistrationsPerSource: 1_000,
};

/** No relay but one's own. */
export const NO_PLACES: MeetingPlaces = {
  find: (_, done) => done(null),
  decided: () => null,
  end: () => {},
  guests: () => [],
};

/** The service, everything it was given, and what it did with it. */
export class Rig {
  readonly clock = new ManualClock();
  readonly counters = createCounters();
  readonly lines: [message: string, fields: Fields][] = [];
  /** `+ fingerprint alias` and `- fingerprint`, as the presence registry was told. */
  readonly presence: string[] = [];
  readonly changes: string[] = [];
  rules = RULES;
  region: string | null = null;
  relays: readonly string[] = [];
  /** Where else a room may be joined. */
  carriers: (room: string) => readonly string[] = () => [];
  held = 0;
  hold = (): () => void => {
    this.held++;
    return () => void this.held--;
  };
  /** What tokens are good for; null: no authentication. */
  tokens: Map<string, AuthOutcome> | null = null;
  /** Ways to other relays; null: there are none. */
  remote: RemoteCalls | null = null;
  readonly service: SignalService;
  #connections = 0;

  constructor(rules: Partial<SignalRules> = {}) {
    this.rules = { ...RULES, ...rules };
    this.service = new SignalService({
      clock: this.clock,
      log: this.#log(),
      counters: this.counters,
      crypto: nodeCrypto,
      verifier: new PresenceVerifier(nodeCrypto, RELAY_FINGERPRINT),
      auth: this.#auth(),
      presence: {
        enter: (fingerprint, alias) => {
          this.presence.push(`+ ${fingerprint} ${alias}`);
          return () => this.presence.push(`- ${fingerprint}`);
        },
      },
      hold: () => this.hold(),
      rules: () => this.rules,
      build: "abc1234",
      region: () => this.region,
      relays: () => this.relays,
      advertised: () => ADVERTISED,
      carriers: (room) => this.carriers(room),
      ownEntry: () => `own|${ADVERTISED}|${RELAY_FINGERPRINT.toHex()}`,
      remote: () => this.remote,
      observer: { changed: ({ id, state }: CallView) => this.changes.push(`${id} ${state}`) },
    });
  }

  /** A client whose connection is open, and which has said nothing yet. */
  connect(options: MemoryPairOptions = {}): Client {
    const [client, server] = memoryPair({ serverName: "_signal", ...options });
    const id = `c${++this.#connections}`;
    this.service.serve({ id, name: "_signal", connection: server, log: silentLog });
    return new Client(id, client, server);
  }

  /** A registered client that has read its Ack. */
  async register(identity: Identity, how: RegisterOptions = {}): Promise<Client> {
    const client = this.connect(how);
    client.say(registerPresence(identity, { ...how, now: this.clock.wall() }));
    await settle();
    const [ack] = client.heard.splice(0, 1);
    if (ack?.type !== "RegisterPresenceAck" || !ack.success) {
      throw new Error(`The client was not registered: ${JSON.stringify(ack)}`);
    }
    return client;
  }

  /** The fields of the log lines with this message. */
  logged(message: string): Fields[] {
    return this.lines.filter(([line]) => line === message).map(([, fields]) => fields);
  }

  #auth(): Authenticator {
    const tokens = () => this.tokens;
    return {
      get required() {
        return tokens() !== null;
      },
      check: (token) => {
        return Promise.resolve(tokens()?.get(token) ?? { ok: false, reason: "token_rejected" });
      },
    };
  }

  #log(): Log {
    const line = (message: string, fields: Fields = {}) => void this.lines.push([message, fields]);
    return {
      debug: line,
      info: line,
      warn: line,
      error: line,
      area: () => this.#log(),
      enabled: () => true,
    };
  }
}

export interface RegisterOptions extends MemoryPairOptions {
  readonly alias?: string;
  readonly signed?: boolean;
  readonly caps?: readonly string[];
}

/** The message an original client sends, or with `caps` and `signed` one of ours. */
export function registerPresence(
  identity: Identity,
  { alias, signed, caps, now = 0 }: RegisterOptions & { readonly now?: number } = {},
): SignalOf<"RegisterPresence"> {
  const proof = signed ? signPresence(nodeCrypto, identity, RELAY_FINGERPRINT, now) : null;
  const announced = signed ? ["signed", ...caps ?? []] : caps;
  return {
    type: "RegisterPresence",
    identity_pub: identity.publicKey,
    signature: proof?.signature ?? new Uint8Array(0),
    alias: alias ?? null,
    ext: announced === undefined ? null : {
      v: 1,
      caps: announced,
      issued_at: proof?.claim.issuedAt ?? null,
      nonce: proof?.claim.nonce ?? null,
    },
  };
}

/** The client's end of a connection; `heard` is everything the relay sent, in order. */
export class Client {
  readonly heard: Signal[] = [];
  readonly #channel: SignalChannel;
  #listens = true;

  constructor(
    readonly id: string,
    readonly connection: MemoryConnection,
    /** The relay's end. */
    readonly server: MemoryConnection,
  ) {
    // Clients of tests are not slowed down; the relay's own pace is under test.
    const pace = { perSecond: 1e6, burst: 1e6, maxQueued: 10_000 };
    this.#channel = new SignalChannel(connection, { clock: new ManualClock(), ...pace });
    this.#listen();
  }

  /** Why the relay closed the connection; null while it is open. */
  get closed(): string | null {
    return this.connection.closeInfo?.reason ?? null;
  }

  /** Takes what was heard so far. */
  take(): Signal[] {
    return this.heard.splice(0);
  }

  say(message: KnownSignal): void {
    this.#channel.send(message);
  }

  /** Says it and takes what is heard next. */
  async ask(message: KnownSignal): Promise<Signal[]> {
    this.say(message);
    await settle();
    return this.take();
  }

  /** Sends bytes that need not be a message. */
  async sayBytes(bytes: Uint8Array): Promise<void> {
    const stream = await this.connection.openBidi();
    await stream.send.finish(bytes);
  }

  async leave(): Promise<void> {
    this.connection.close(0, "bye");
    await settle();
  }

  /** Takes no streams any more, apart from the one it is waiting for. */
  deafen(): void {
    this.#listens = false;
  }

  async #listen(): Promise<void> {
    while (this.#listens) {
      const message = await this.#channel.receive();
      if (message === null) return;
      // A close can cut the last message short.
      if (!(message instanceof WireError)) this.heard.push(message);
    }
  }
}

/** An offer as original clients send it. */
export function offer(
  caller: string,
  callee: string,
  change: Partial<SignalOf<"DirectCallOffer">> = {},
): SignalOf<"DirectCallOffer"> {
  return {
    type: "DirectCallOffer",
    caller_fingerprint: caller,
    caller_alias: null,
    target_fingerprint: callee,
    call_id: "18a5f2c3d4e5f607",
    identity_pub: new Uint8Array(32),
    ephemeral_pub: new Uint8Array(32),
    signature: new Uint8Array(0),
    supported_profiles: [],
    caller_reflexive_addr: null,
    caller_local_addrs: [],
    caller_build_version: null,
    ext: null,
    ...change,
  };
}

/** An answer as original clients send it. */
export function answer(
  accept_mode: SignalOf<"DirectCallAnswer">["accept_mode"],
  change: Partial<SignalOf<"DirectCallAnswer">> = {},
): SignalOf<"DirectCallAnswer"> {
  return {
    type: "DirectCallAnswer",
    call_id: "18a5f2c3d4e5f607",
    accept_mode,
    identity_pub: null,
    ephemeral_pub: null,
    signature: null,
    chosen_profile: null,
    callee_reflexive_addr: null,
    callee_local_addrs: [],
    callee_build_version: null,
    ext: null,
    ...change,
  };
}

export const hangup = (
  reason: SignalOf<"Hangup">["reason"],
  call_id: string | null = null,
): SignalOf<"Hangup"> => ({ type: "Hangup", reason, call_id });

export const typesOf = (messages: readonly Signal[]): string[] => messages.map(({ type }) => type);
