/** The rooms of a relay of the original kind, and the clients in them. */
import { PROFILES } from "../../../proto/codec.ts";
import { WireError } from "../../../proto/errors.ts";
import { signAnswer, verifyOffer } from "../../../proto/handshake.ts";
import { fingerprintOf, type Identity } from "../../../proto/identity.ts";
import { validateMedia } from "../../../proto/media_header.ts";
import { nodeCrypto } from "../../../proto/node_crypto.ts";
import { isCallRoom, roomOfServerName } from "../../../proto/room_name.ts";
import type { KnownSignal, RoomParticipant } from "../../../proto/signal/mod.ts";
import type { Clock } from "../../../quic/clock.ts";
import type { Connection } from "../../../quic/port.ts";
import { SignalChannel } from "../../../quic/signal_channel.ts";
import { decodeAsOriginal, nextMessage } from "./serial_intake.ts";

interface Guest {
  readonly fingerprint: string;
  readonly alias: string | null;
  readonly connection: Connection;
  readonly channel: SignalChannel;
}

/** What the rooms want of the rest of the relay. */
export interface Surroundings {
  /** Whether this may be a party of the call whose room it is. */
  mayJoin(room: string, fingerprint: string): boolean;
  /** Participants at other relays. */
  remote(room: string): readonly RoomParticipant[];
  /** The first one has come, or the last one has gone. */
  filled(room: string): void;
  emptied(room: string): void;
  /** A valid packet of somebody here, after everybody else in the room has got it. */
  spoke(room: string, packet: Uint8Array): void;
  changed(): void;
}

const CALL_CAPACITY = 2;

export class OriginalRooms {
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #around: Surroundings;
  /** In the order of joining. */
  readonly #rooms = new Map<string, Guest[]>();

  constructor(identity: Identity, clock: Clock, around: Surroundings) {
    this.#identity = identity;
    this.#clock = clock;
    this.#around = around;
  }

  /** Names as the first one joined under them. */
  names(): string[] {
    return [...this.#rooms.keys()];
  }

  local(room: string): RoomParticipant[] {
    return (this.#rooms.get(room) ?? []).map(({ fingerprint, alias }) => ({
      fingerprint,
      alias,
      relay_label: null,
    }));
  }

  /** To everybody in the room. How many there are. */
  deliver(room: string, packet: Uint8Array): number {
    const guests = this.#rooms.get(room) ?? [];
    for (const { connection } of guests) connection.sendDatagram(packet);
    return guests.length;
  }

  /** Tells everybody who is here and, unless told otherwise, who is elsewhere. */
  announce(room: string, remote: readonly RoomParticipant[] = this.#around.remote(room)): void {
    const known = new Map<string, RoomParticipant>();
    for (const one of [...this.local(room), ...remote]) {
      if (!known.has(one.fingerprint)) known.set(one.fingerprint, one);
    }
    const participants = [...known.values()];
    const update: KnownSignal = { type: "RoomUpdate", count: participants.length, participants };
    for (const { channel } of this.#rooms.get(room) ?? []) channel.send(update);
    this.#around.changed();
  }

  /** Serves one client until it goes. */
  async serve(connection: Connection): Promise<void> {
    const room = roomOfServerName(connection.serverName) ?? "default";
    const guest = await this.#greet(connection);
    const present = this.#rooms.get(room) ?? [];
    const refused = isCallRoom(room) && guest !== null &&
      (present.length >= CALL_CAPACITY || !this.#around.mayJoin(room, guest.fingerprint));
    if (guest === null || refused) return connection.close(0, "normal close");
    this.#rooms.set(room, [...present, guest]);
    this.announce(room);
    if (present.length === 0) this.#around.filled(room);
    // From now on it reads datagrams and no signal.
    connection.onDatagram((packet) => this.#packet(room, guest, packet));
    await connection.closed;
    const left = this.#rooms.get(room)!.filter((other) => other !== guest);
    if (left.length > 0) {
      this.#rooms.set(room, left);
      // It forgets those at other relays when somebody leaves.
      this.announce(room, []);
    } else {
      this.#rooms.delete(room);
      this.#around.emptied(room);
    }
    this.#around.changed();
  }

  async #greet(connection: Connection): Promise<Guest | null> {
    const channel = new SignalChannel(connection, { clock: this.#clock, maxQueued: 10_000 });
    try {
      const body = await nextMessage(connection);
      if (body === null) return null;
      const offer = decodeAsOriginal(body);
      if (offer.type !== "CallOffer") return null;
      const { identity_pub, ephemeral_pub, signature, alias } = offer;
      if (!verifyOffer(nodeCrypto, identity_pub, ephemeral_pub, signature)) return null;
      const ephemeral = nodeCrypto.x25519Public(nodeCrypto.random(32));
      channel.send({
        type: "CallAnswer",
        identity_pub: this.#identity.publicKey,
        ephemeral_pub: ephemeral,
        signature: signAnswer(this.#identity, ephemeral),
        chosen_profile: PROFILES.GOOD,
        ext: null,
      });
      const fingerprint = fingerprintOf(nodeCrypto, identity_pub);
      return { fingerprint, alias, connection, channel };
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  }

  #packet(room: string, from: Guest, packet: Uint8Array): void {
    if (validateMedia(packet) !== 0) return;
    for (const guest of this.#rooms.get(room) ?? []) {
      if (guest !== from) guest.connection.sendDatagram(packet);
    }
    this.#around.spoke(room, packet);
  }
}
