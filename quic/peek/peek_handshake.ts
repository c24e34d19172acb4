/**
 * The beginning of a QUIC v1 handshake, just far enough to read the server's certificate, as a state machine
 * over datagrams. Deno offers no way to accept an unknown certificate for one connection, so it is learned
 * here first and pinned then; the real handshake proves that the server owns its key.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";
import { Buffer } from "node:buffer";
import { QuicError } from "../errors.ts";
import { ByteReader } from "./byte_reader.ts";
import {
  type LongPacket,
  readLongHeader,
  TYPE_HANDSHAKE,
  TYPE_INITIAL,
  TYPE_RETRY,
  VERSION_1,
} from "./long_header.ts";
import {
  CERTIFICATE,
  clientHello,
  nextMessage,
  readLeafCertificate,
  readServerHello,
} from "./client_hello.ts";
import { CryptoStream } from "./crypto_stream.ts";
import {
  initialKeys,
  type PacketKeys,
  protect,
  serverHandshakeKeys,
  sha256,
  unprotect,
} from "./packet_keys.ts";

/** Reason in the close that ends a peek; lets a relay tell it from a failed handshake. */
export const PEEK_REASON = "certificate peek";

/** RFC 9000, 14.1: a client's Initial datagram must be at least this large. */
const MIN_INITIAL = 1200;
/** DER wrapping (SubjectPublicKeyInfo) of a raw X25519 public key. */
const SPKI_X25519 = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];

const FRAME_PADDING = 0;
const FRAME_PING = 1;
const FRAME_ACK = 2;
const FRAME_ACK_ECN = 3;
const FRAME_CRYPTO = 6;
const FRAME_CLOSE = 0x1c;
const ALERT_BASE = 0x100;
const ALERT_NO_APPLICATION_PROTOCOL = 0x178;

export interface PeekOptions {
  readonly serverName: string | null;
  readonly alpn: string;
}

export class PeekHandshake {
  readonly #scid: Uint8Array;
  #dcid: Uint8Array;
  readonly #keys: { client: PacketKeys; server: PacketKeys };
  readonly #pair = generateKeyPairSync("x25519");
  readonly #hello: Uint8Array;
  readonly #initial = new CryptoStream();
  readonly #handshake = new CryptoStream();
  #handshakeKeys: PacketKeys | null = null;
  /** Handshake packets that overtook the ServerHello. */
  #early: LongPacket[] = [];
  #sent = 0;

  constructor(options: PeekOptions) {
    const random = crypto.getRandomValues(new Uint8Array(48));
    this.#dcid = random.slice(32, 40);
    this.#scid = random.slice(40, 48);
    this.#keys = initialKeys(this.#dcid);
    const spki = this.#pair.publicKey.export({ format: "der", type: "spki" });
    this.#hello = clientHello({
      random: random.slice(0, 32),
      keyShare: new Uint8Array(spki.subarray(SPKI_X25519.length)),
      serverName: options.serverName,
      alpn: options.alpn,
      sourceConnectionId: this.#scid,
    });
  }

  /** The datagram that asks; send it again while nothing comes back. */
  request(): Uint8Array {
    const size = this.#hello.length;
    return this.#packet([FRAME_CRYPTO, 0, 0x40 | size >> 8, size & 0xff, ...this.#hello]);
  }

  /** The datagram that ends the attempt, so that the server keeps no state for it; a reason has up to 63 bytes. */
  farewell(reason = PEEK_REASON): Uint8Array {
    const bytes = new TextEncoder().encode(reason);
    return this.#packet([FRAME_CLOSE, 0, 0, bytes.length, ...bytes]);
  }

  /**
   * Takes a datagram from the server; answers the leaf certificate (DER) once it is known.
   * Anything that does not carry this attempt's connection id is noise and ignored.
   */
  receive(datagram: Uint8Array): Uint8Array | null {
    let rest = datagram;
    for (let packet = readLongHeader(rest); packet !== null; packet = readLongHeader(rest)) {
      if (!same(packet.dcid, this.#scid)) break;
      this.#take(packet);
      rest = rest.subarray(packet.bytes.length);
    }
    return this.#certificate();
  }

  #take(packet: LongPacket): void {
    if (packet.version !== VERSION_1) {
      throw new QuicError("handshake_failed", "The server does not speak QUIC version 1.");
    }
    if (packet.type === TYPE_RETRY) {
      throw new QuicError("handshake_failed", "The server asks for address validation (Retry).");
    }
    if (packet.type === TYPE_INITIAL) {
      const payload = unprotect(this.#keys.server, packet.bytes, packet.numberAt);
      if (payload === null) return;
      this.#dcid = packet.scid.slice();
      this.#frames(payload, this.#initial);
      this.#deriveHandshakeKeys();
    } else if (packet.type === TYPE_HANDSHAKE) {
      if (this.#handshakeKeys !== null) this.#openHandshake(packet);
      else if (this.#early.length < 8) this.#early.push(packet);
    }
  }

  #openHandshake(packet: LongPacket): void {
    const payload = unprotect(this.#handshakeKeys!, packet.bytes, packet.numberAt);
    if (payload !== null) this.#frames(payload, this.#handshake);
  }

  #deriveHandshakeKeys(): void {
    const message = this.#handshakeKeys === null ? nextMessage(this.#initial.ready) : null;
    if (message === null) return;
    const peer = Buffer.from([...SPKI_X25519, ...readServerHello(message)]);
    let shared: Uint8Array;
    try {
      shared = new Uint8Array(diffieHellman({
        privateKey: this.#pair.privateKey,
        publicKey: createPublicKey({ key: peer, format: "der", type: "spki" }),
      }));
    } catch {
      throw new QuicError("protocol", "The server's key share is not usable.");
    }
    this.#handshakeKeys = serverHandshakeKeys(shared, sha256(this.#hello, message));
    for (const packet of this.#early) this.#openHandshake(packet);
    this.#early = [];
  }

  #frames(payload: Uint8Array, stream: CryptoStream): void {
    const reader = new ByteReader(payload);
    while (reader.left > 0) {
      const type = reader.varint();
      if (type === FRAME_PADDING || type === FRAME_PING) continue;
      if (type === FRAME_ACK || type === FRAME_ACK_ECN) {
        reader.varint();
        reader.varint();
        const ranges = reader.varint();
        const numbers = 1 + 2 * ranges + (type === FRAME_ACK_ECN ? 3 : 0);
        for (let i = 0; i < numbers; i++) reader.varint();
      } else if (type === FRAME_CRYPTO) {
        const offset = reader.varint();
        stream.add(offset, reader.take(reader.varint()));
      } else if (type === FRAME_CLOSE) {
        throw refused(reader.varint());
      } else {
        throw new QuicError("protocol", `The server sent frame type ${type} during the handshake.`);
      }
    }
  }

  #certificate(): Uint8Array | null {
    let stream = this.#handshake.ready;
    for (let message = nextMessage(stream); message !== null; message = nextMessage(stream)) {
      if (message[0] === CERTIFICATE) return readLeafCertificate(message);
      stream = stream.subarray(message.length);
    }
    return null;
  }

  #packet(frames: number[]): Uint8Array {
    const numberBytes = 2;
    const head = 1 + 4 + 1 + this.#dcid.length + 1 + this.#scid.length + 1 + 2 + numberBytes;
    const payload = new Uint8Array(MIN_INITIAL - head - 16);
    payload.set(frames);
    const length = numberBytes + payload.length + 16;
    const number = this.#sent++;
    const header = Uint8Array.from([
      0xc0 | (numberBytes - 1),
      0,
      0,
      0,
      VERSION_1,
      this.#dcid.length,
      ...this.#dcid,
      this.#scid.length,
      ...this.#scid,
      0,
      0x40 | length >> 8,
      length & 0xff,
      number >> 8,
      number & 0xff,
    ]);
    return protect(this.#keys.client, header, number, numberBytes, payload);
  }
}

function refused(code: number): QuicError {
  const why = code === ALERT_NO_APPLICATION_PROTOCOL
    ? "it does not speak the protocol wzp (ALPN)"
    : code >= ALERT_BASE
    ? `TLS alert ${code - ALERT_BASE}`
    : `QUIC error ${code}`;
  return new QuicError("handshake_failed", `The server refused the handshake: ${why}.`);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
