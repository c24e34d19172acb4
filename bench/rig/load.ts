/** The load: participants in rooms that send packets by the clock and time those they get. */
import { encodeMedia } from "../../proto/media_packet.ts";
import { MEDIA_HEADER_BYTES } from "../../proto/media_header.ts";
import { qualityReportOf } from "../../proto/quality_report.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { type Connection, type Endpoint, SENT } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { TestClient } from "../../relay/rooms/testing_client.ts";
import { quantile } from "./figures.ts";
import { cpuSeconds, type Target } from "./processes.ts";

const PAYLOAD_BYTES = 100;
/** Backlog that is still made up for; a generator further behind offers less than asked. */
const MAKE_UP_MS = 20;
/** For what is still under way when sending ends. */
const STRAGGLERS_MS = 300;

/** What became of one run. */
export interface Outcome {
  /** Per second: packets sent times receivers each, and those that arrived. */
  readonly offered: number;
  readonly delivered: number;
  readonly deliveredShare: number;
  /** CPU of the target per packet that arrived. */
  readonly cpuMicroseconds: number;
  /** CPU of target and of this process as a share of one core. */
  readonly targetCpu: number;
  readonly ownCpu: number;
  /** From send to arrival, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Where a client of the load connects to; a path in between has another address than the target. */
export function dialOptions(target: Target, room: string, address: SocketAddress) {
  return { address, serverName: room, pin: target.pin, timeoutMs: 20_000 };
}

/** A connection that is in a room of the target, and says nothing of echoes unless told to. */
export async function connect(
  endpoint: Endpoint,
  target: Target,
  room: string,
  options: { readonly caps?: readonly string[]; readonly address?: SocketAddress } = {},
): Promise<Connection> {
  const { caps, address = target.address } = options;
  const connection = await endpoint.dial(dialOptions(target, room, address));
  if (target.joins) {
    await new TestClient(connection, caps === undefined ? {} : { caps }).join();
  }
  return connection;
}

/** A socket on loopback. */
export function openEndpoint(): Promise<Endpoint> {
  return systemTransport.open({ ip: "127.0.0.1", port: 0 });
}

/** Packets that say when they were sent and by which run. */
export class Stamp {
  readonly #scratch = new Float64Array(2);
  readonly #bytes = new Uint8Array(this.#scratch.buffer);
  readonly #template = encodeMedia({
    codec: "Opus24k",
    seq: 0,
    timestamp: 0,
    payload: new Uint8Array(PAYLOAD_BYTES),
  });

  packet(run: number, now: number): Uint8Array {
    this.#scratch[0] = now;
    this.#scratch[1] = run;
    const packet = this.#template.slice();
    packet.set(this.#bytes, MEDIA_HEADER_BYTES);
    return packet;
  }

  /** When it was sent; NaN when another run sent it, or it is no packet of ours. */
  sentAt(run: number, packet: Uint8Array): number {
    if (packet.length !== this.#template.length) return NaN;
    for (let i = 0; i < 16; i++) this.#bytes[i] = packet[MEDIA_HEADER_BYTES + i]!;
    return this.#scratch[1] === run ? this.#scratch[0]! : NaN;
  }
}

export class Load implements AsyncDisposable {
  readonly target: Target;
  readonly #endpoints: Endpoint[] = [];
  /** By room. */
  readonly #rooms: Connection[][] = [];
  readonly #fanOut: number;
  readonly #stamp = new Stamp();
  #run = 0;
  #next = 0;
  #received = 0;
  #delays = new Float64Array(0);

  private constructor(target: Target, roomSize: number) {
    this.target = target;
    this.#fanOut = roomSize - 1;
  }

  /** Fills rooms; one socket per room. */
  static async connect(target: Target, rooms: number, roomSize: number): Promise<Load> {
    const load = new Load(target, roomSize);
    for (let room = 0; room < rooms; room++) {
      const endpoint = await openEndpoint();
      load.#endpoints.push(endpoint);
      const joining = Array.from(
        { length: roomSize },
        () => connect(endpoint, target, `load-${room}`),
      );
      const members = await Promise.all(joining);
      members.forEach((member) => load.#receive(member));
      load.#rooms.push(members);
    }
    return load;
  }

  /** Lets the first rooms send for so long, spread evenly over time and senders, and waits for what arrives. */
  async run(rooms: number, forwardedPerSecond: number, seconds: number): Promise<Outcome> {
    this.#run += 1;
    this.#received = 0;
    this.#delays = new Float64Array(Math.ceil(forwardedPerSecond * seconds * 1.1));
    const { pid } = this.target;
    const [targetBefore, ownBefore] = [await cpuSeconds(pid), await cpuSeconds(Deno.pid)];
    const began = performance.now();
    const sent = await this.#send(
      inTurn(this.#rooms.slice(0, rooms)),
      1000 * this.#fanOut / forwardedPerSecond,
      seconds * 1000,
    );
    const took = (performance.now() - began) / 1000;
    await new Promise((resolve) => setTimeout(resolve, STRAGGLERS_MS));
    const received = this.#received;
    const targetCpu = await cpuSeconds(pid) - targetBefore;
    const ownCpu = await cpuSeconds(Deno.pid) - ownBefore;
    const delays = this.#delays.subarray(0, received).sort();
    return {
      offered: sent * this.#fanOut / took,
      delivered: received / took,
      deliveredShare: received / (sent * this.#fanOut),
      cpuMicroseconds: 1e6 * targetCpu / received,
      targetCpu: targetCpu / took,
      ownCpu: ownCpu / took,
      p50: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      p999: quantile(delays, 0.999),
    };
  }

  /** Everybody reports a good path once, so that each session has metrics of its own. */
  async report(): Promise<void> {
    const packet = encodeMedia({
      codec: "Opus24k",
      seq: 0,
      timestamp: 0,
      payload: new Uint8Array(1),
      quality: qualityReportOf({ lossPercent: 0, rttMs: 20, jitterMs: 1 }),
    });
    for (const members of this.#rooms) {
      for (const member of members) member.sendDatagram(packet);
      // All at once would be more than the receive buffer of a socket holds.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
  }

  #receive(connection: Connection): void {
    connection.onDatagram((bytes) => {
      const sentAt = this.#stamp.sentAt(this.#run, bytes);
      if (Number.isNaN(sentAt)) return;
      this.#delays[this.#received++] = performance.now() - sentAt;
    });
  }

  /** How many packets went out. */
  async #send(senders: Connection[], gapMs: number, durationMs: number): Promise<number> {
    let sent = 0;
    let due = performance.now();
    const end = due + durationMs;
    for (let now = due; now < end; now = performance.now()) {
      due = Math.max(due, now - MAKE_UP_MS);
      for (; due <= now; due += gapMs) {
        const sender = senders[this.#next++ % senders.length]!;
        if (sender.sendDatagram(this.#stamp.packet(this.#run, performance.now())) === SENT) sent++;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return sent;
  }
}

/**
 * One of each room, then the next of each. A timer sends two or three packets at once; were they of one room, each receiver
 * would get them in one QUIC packet, at half the cost that packets of independent speakers have.
 */
function inTurn(rooms: Connection[][]): Connection[] {
  return rooms[0]!.flatMap((_, place) => rooms.map((members) => members[place]!));
}
