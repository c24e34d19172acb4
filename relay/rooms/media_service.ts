/** Media connections: from the first message to the place in a room, or to a refusal. */
import { boundedAlias } from "../../proto/alias.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import { hasCapability } from "../../proto/signal/mod.ts";
import type { Identity } from "../../proto/identity.ts";
import { callIdOf, roomOfServerName } from "../../proto/room_name.ts";
import type { Clock } from "../../quic/clock.ts";
import type { SignalChannel } from "../../quic/signal_channel.ts";
import { clientChannel } from "../client_channel.ts";
import { isAddressDenied } from "../denied.ts";
import type { acceptKeys } from "../config/keys/accept_keys.ts";
import type { ConfigOf } from "../config/schema.ts";
import type { Authenticator } from "../ports/auth.ts";
import type { CallAccess } from "../ports/call_access.ts";
import type { Counters } from "../ports/counters.ts";
import type { Arrival, Service } from "../ports/service.ts";
import { sourceKey } from "../source_key.ts";
import { closeReason, type Refusal, type RoomSettings } from "./admission.ts";
import { answerTo } from "./call_answer.ts";
import { readMediaSignals } from "./media_signals.ts";
import { type Identified, identify, mayEnter } from "./room_handshake.ts";
import type { Rooms } from "./rooms.ts";
import { Tally } from "./tally.ts";

export type MediaSettings =
  & RoomSettings
  & Pick<ConfigOf<typeof acceptKeys>, "handshake_timeout" | "max_handshakes_per_source">;

export interface MediaServiceOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly crypto: Crypto;
  /** The relay's own. */
  readonly identity: Identity;
  readonly rooms: Rooms;
  readonly authenticator: Authenticator;
  readonly calls: CallAccess;
  /** Where else a room is carried, `name|addr|fingerprint`; nowhere by default. */
  readonly carriers?: (room: string) => readonly string[];
  /** Asked whenever it matters, so that a reload counts. */
  readonly settings: () => MediaSettings;
}

/** How long a party waits for news of its own call that are on their way to this relay. */
const EARLY_MS = 1_000;

/** Service for rooms and, as `calls`, for the rooms of direct calls. */
export class MediaService implements Service {
  readonly kind = "room";
  readonly judgesDrain = true;
  /** The same service, counted as calls. */
  readonly calls: Service = {
    kind: "call",
    judgesDrain: true,
    serve: (arrival) => this.serve(arrival),
  };
  readonly #options: MediaServiceOptions;
  /** Connections that have not joined yet, by source. */
  readonly #pending = new Tally();

  constructor(options: MediaServiceOptions) {
    this.#options = options;
  }

  serve(arrival: Arrival): void {
    const { connection, log, id } = arrival;
    this.#serve(arrival).catch((error) => {
      log.error("joining a room failed", { conn: id, error });
      connection.close(0, "internal error");
    });
  }

  async #serve(arrival: Arrival): Promise<void> {
    const { clock, settings } = this.#options;
    const { connection, name } = arrival;
    const since = clock.now();
    const { ip } = connection.remoteAddress;
    const room = roomOfServerName(name);
    if (room === null) return this.#refuse(arrival, "bad_room_name");
    const refusal = this.#refusalAtTheDoor(room, ip);
    if (refusal !== null) return this.#refuse(arrival, refusal);

    const channel = clientChannel(connection, clock);
    const done = this.#pending.add(sourceKey(ip));
    const limit = clock.after(settings().handshake_timeout * 1000, () => {
      this.#refuse(arrival, "handshake_timeout");
    });
    let result;
    try {
      result = await identify(channel, room, { ...this.#options, ip });
      if (result !== null && !("refusal" in result)) {
        await this.#untilAnswered(room, result.fingerprint);
      }
    } finally {
      limit.cancel();
      done();
    }
    if (connection.closeInfo !== null || result === null) return this.#gone(arrival);
    if ("refusal" in result) return this.#refuse(arrival, result.refusal, result.detail);
    this.#join(arrival, room, channel, result, since);
  }

  /** A party may come from another relay a moment before this one hears that the call is accepted. */
  async #untilAnswered(room: string, fingerprint: string): Promise<void> {
    const { calls, clock } = this.#options;
    const call = callIdOf(room);
    const answered = call === null ? null : calls.answered?.(call, fingerprint) ?? null;
    if (answered === null) return;
    const late = Promise.withResolvers<void>();
    const limit = clock.after(EARLY_MS, late.resolve);
    await Promise.race([answered, late.promise]);
    limit.cancel();
  }

  /** What can be said without hearing the client. */
  #refusalAtTheDoor(room: string, ip: string): Refusal | null {
    const { calls, rooms, settings } = this.#options;
    const { max_pending_joins, max_handshakes_per_source } = settings();
    if (rooms.draining) {
      // A call that is set up goes on, so its parties may still come in.
      const call = callIdOf(room);
      if (call === null || !calls.isSetUp(call)) return "draining";
    }
    if (isAddressDenied(settings(), ip)) return "denied";
    const busy = this.#pending.total >= max_pending_joins ||
      this.#pending.of(sourceKey(ip)) >= max_handshakes_per_source;
    return busy ? "server_busy" : null;
  }

  /** Everything from the last checks to the place in the room happens at once. */
  #join(
    arrival: Arrival,
    room: string,
    channel: SignalChannel,
    client: Identified,
    since: number,
  ): void {
    const { calls, clock, counters, crypto, identity, rooms, settings } = this.#options;
    const { connection, id, log } = arrival;
    const { fingerprint, keyFingerprint, offer } = client;
    if (fingerprint !== keyFingerprint) {
      log.warn("the token is of another identity than the key; the token counts", {
        conn: id,
        fingerprint,
        key: keyFingerprint,
      });
    }
    // Whoever is denied by the key does not come in with somebody's token.
    if (settings().deny_fingerprints.includes(keyFingerprint)) {
      return this.#refuse(arrival, "denied");
    }
    if (!mayEnter(room, fingerprint, calls)) {
      const refusal = rooms.draining ? "draining" : "denied";
      return this.#refuse(arrival, refusal, "not a party of the call");
    }
    const joined = rooms.join(room, {
      session: id,
      fingerprint,
      alias: boundedAlias(client.alias),
      connection,
      channel,
      understands: {
        drain: hasCapability(offer.ext, "drain"),
        echo: hasCapability(offer.ext, "echo"),
      },
    }, () => {
      const { carriers = () => [] } = this.#options;
      const relays = () => carriers(room);
      channel.send(answerTo(offer, settings().max_profile, identity, crypto, relays));
      counters.roomHandshakeDuration.observe((clock.now() - since) / 1000);
    });
    if (typeof joined === "string") return this.#refuse(arrival, joined);
    readMediaSignals(joined, counters).catch((error) => {
      log.error("reading signals failed", { conn: id, error });
      connection.close(0, "internal error");
    });
  }

  #refuse({ connection, id, log, name }: Arrival, refusal: Refusal, detail?: string): void {
    this.#options.counters.joins.add(refusal);
    const reason = closeReason(refusal);
    log.info("client refused", {
      conn: id,
      addr: connection.remoteAddress,
      room: name,
      reason,
      detail,
    });
    connection.close(0, reason);
  }

  /** Closing without a CallOffer is normal: clients open connections for calls that end otherwise. */
  #gone({ connection, id, log, name }: Arrival): void {
    const { closeInfo } = connection;
    // Refused by the time limit, and counted as that.
    if (closeInfo?.kind === "local") return;
    this.#options.counters.joins.add("gone");
    log.debug("client left before joining", { conn: id, room: name, by: closeInfo?.kind });
  }
}
