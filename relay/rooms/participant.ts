/** One session in a room: who it is, its connection, and what is known of how it sends and receives. */
import {
  canonicalIp,
  formatSocketAddress,
  type SocketAddress,
} from "../../proto/socket_address.ts";
import type { Connection } from "../../quic/port.ts";
import { QueueAge } from "../../quic/queue_age.ts";
import type { SignalChannel } from "../../quic/signal_channel.ts";
import type { ParticipantView } from "../ports/room_observer.ts";
import { type PacketLimits, PacketRate } from "./packet_rate.ts";
import { SlowReceiver } from "./slow_receiver.ts";

/** Between two echo requests; a reply counts as missing when the next is due. */
export const ECHO_PERIOD_MS = 500;

/** A client that has been let in. */
export interface Newcomer {
  /** Name of the connection in log, API and metrics. */
  readonly session: string;
  readonly fingerprint: string;
  readonly alias: string | null;
  readonly connection: Connection;
  readonly channel: SignalChannel;
  /** What it announced in its CallOffer. */
  readonly understands: { readonly drain: boolean; readonly echo: boolean };
}

/** The room as a participant needs it. */
interface Home {
  readonly name: string;
  readonly members: readonly Participant[];
}

export class Participant implements ParticipantView {
  readonly id: number;
  readonly session: string;
  readonly room: string;
  readonly fingerprint: string;
  readonly alias: string | null;
  readonly address: string;
  readonly connection: Connection;
  readonly channel: SignalChannel;
  readonly understandsDrain: boolean;
  /** Everybody in the room, this one too; the room's own list, so that no packet has to look for it. */
  readonly members: readonly Participant[];
  readonly rate: PacketRate;
  readonly slow = new SlowReceiver();
  /** Null for a client that knows no echoes. */
  readonly age: QueueAge | null;
  /** Clock time of joining. */
  readonly since: number;
  /** Packets of this one, whatever became of them. */
  received = 0;
  /** Packets of this one that reached somebody. */
  forwarded = 0;
  /** 1 while in the list of members, else 0. */
  places: 0 | 1 = 1;

  constructor(id: number, newcomer: Newcomer, room: Home, limits: PacketLimits, now: number) {
    const { session, fingerprint, alias, connection, channel, understands } = newcomer;
    this.id = id;
    this.since = now;
    this.session = session;
    this.room = room.name;
    this.members = room.members;
    this.fingerprint = fingerprint;
    this.alias = alias;
    this.address = addressText(connection.remoteAddress);
    this.connection = connection;
    this.channel = channel;
    this.understandsDrain = understands.drain;
    this.age = understands.echo ? new QueueAge(ECHO_PERIOD_MS) : null;
    this.rate = new PacketRate(limits, now);
  }
}

/** Link-local addresses come with a zone, which means nothing to others. */
function addressText({ ip, port }: SocketAddress): string {
  const bare = ip.split("%", 1)[0]!;
  return canonicalIp(bare) === null ? `${bare}:${port}` : formatSocketAddress({ ip: bare, port });
}
