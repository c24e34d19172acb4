/** Rooms and their service in memory, for tests: the clock stands still until the test moves it. */
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import {
  type MemoryConnection,
  memoryPair,
  type MemoryPairOptions,
} from "../../quic/memory_pair.ts";
import { createCounters } from "../counters/counters.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import type { Authenticator } from "../ports/auth.ts";
import type { CallAccess } from "../ports/call_access.ts";
import { acceptKeys } from "../config/keys/accept_keys.ts";
import { roomKeys } from "../config/keys/room_keys.ts";
import { entriesOf, isDerived, type Schema } from "../config/schema.ts";
import { MediaService, type MediaSettings } from "./media_service.ts";
import { Rooms, type RoomsOptions } from "./rooms.ts";
import { TestClient, type TestClientOptions } from "./testing_client.ts";

const KEYS: Schema = { ...roomKeys, ...acceptKeys };
const PLAIN = new Map(entriesOf(KEYS).map(({ name, key }) => [name, key.default]));

/** The defaults of the configuration. */
export const DEFAULTS = Object.fromEntries(
  [...PLAIN].map(([name, standard]) => [
    name,
    isDerived(standard) ? standard.from((other) => PLAIN.get(other)) : standard,
  ]),
) as unknown as MediaSettings;

export const NO_AUTHENTICATION: Authenticator = {
  required: false,
  check: () => Promise.reject(new Error("Nobody is to be asked")),
};

export const NO_CALLS: CallAccess = {
  isSetUp: () => false,
  mayJoin: () => false,
  isAuthenticated: () => false,
};

export interface TestRelayOptions
  extends Partial<Pick<RoomsOptions, "remote" | "canonical" | "carriers">> {
  readonly authenticator?: Authenticator;
  readonly calls?: CallAccess;
}

/** What is in the house when somebody asks for a room. */
export class TestRelay {
  readonly clock = new ManualClock();
  readonly counters = createCounters();
  readonly identity = new Identity(nodeCrypto, new Uint8Array(32));
  readonly rooms: Rooms;
  readonly service: MediaService;
  /** Changes count at once, as after a reload. */
  settings: MediaSettings = DEFAULTS;
  /** Pieces of work a drain would wait for. */
  held = 0;
  /** Who is present, `fingerprint@room`. */
  readonly present: string[] = [];
  readonly #log = memoryLogger(this.clock);
  #arrivals = 0;

  constructor(options: TestRelayOptions = {}) {
    const { authenticator = NO_AUTHENTICATION, calls = NO_CALLS, ...more } = options;
    const { clock, counters, identity } = this;
    const settings = () => this.settings;
    this.rooms = new Rooms({
      clock,
      counters,
      settings,
      log: this.#log.log,
      presence: {
        enter: (fingerprint, _alias, room) => {
          const entry = `${fingerprint}@${room}`;
          this.present.push(entry);
          return () => void this.present.splice(this.present.indexOf(entry), 1);
        },
      },
      hold: () => {
        this.held += 1;
        return () => void (this.held -= 1);
      },
      ...more,
    });
    this.service = new MediaService({
      clock,
      counters,
      crypto: nodeCrypto,
      identity,
      rooms: this.rooms,
      authenticator,
      calls,
      settings,
      ...(options.carriers && { carriers: options.carriers }),
    });
  }

  /** A client whose connection is complete and asks for a room. */
  arrive(room: string, options: TestClientOptions = {}, pair: MemoryPairOptions = {}): Guest {
    const [client, server] = memoryPair({ serverName: room, ...pair });
    const guest = new Guest(client, server, { clock: this.clock, ...options });
    this.service.serve({
      id: `t-${++this.#arrivals}`,
      name: room,
      connection: server,
      log: this.#log.log,
    });
    return guest;
  }

  /** The same, joined. */
  async join(room: string, options: TestClientOptions = {}, pair: MemoryPairOptions = {}) {
    const guest = this.arrive(room, options, pair);
    await guest.join();
    return guest;
  }

  /** Lines of the log. */
  async logged(): Promise<readonly string[]> {
    await this.#log.log.flush(1_000);
    return this.#log.sink.lines;
  }
}

/** A test client with the relay's end of its connection. */
export class Guest extends TestClient {
  readonly server: MemoryConnection;

  constructor(client: MemoryConnection, server: MemoryConnection, options: TestClientOptions) {
    super(client, options);
    this.server = server;
  }
}

/** Lets everything that waits for nothing but other promises happen. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
