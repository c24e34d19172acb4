/** The TLS 1.3 messages a certificate peek needs: the ClientHello it sends, ServerHello and Certificate it reads. */
import { QuicError } from "../errors.ts";
import { ByteReader } from "./byte_reader.ts";

export const SERVER_HELLO = 2;
export const CERTIFICATE = 11;

const AES_128_GCM_SHA256 = 0x1301;
const X25519 = 0x001d;
const TLS_1_3 = 0x0304;
const EXT_SERVER_NAME = 0;
const EXT_SUPPORTED_GROUPS = 10;
const EXT_SIGNATURE_ALGORITHMS = 13;
const EXT_ALPN = 16;
const EXT_SUPPORTED_VERSIONS = 43;
const EXT_KEY_SHARE = 51;
const EXT_QUIC_PARAMETERS = 57;
const INITIAL_SOURCE_CONNECTION_ID = 0x0f;
/** ECDSA P-256 and P-384, Ed25519, RSA-PSS and RSA-PKCS1: all that a relay or a client's acceptor may have. */
const SIGNATURE_ALGORITHMS = [
  0x0403,
  0x0503,
  0x0807,
  0x0804,
  0x0805,
  0x0806,
  0x0401,
  0x0501,
  0x0601,
];

export interface ClientHelloFields {
  readonly random: Uint8Array;
  readonly keyShare: Uint8Array;
  readonly serverName: string | null;
  readonly alpn: string;
  readonly sourceConnectionId: Uint8Array;
}

export function clientHello(fields: ClientHelloFields): Uint8Array {
  const scid = fields.sourceConnectionId;
  const name = ascii(fields.serverName ?? "");
  const extensions = [
    ...(name.length === 0 ? [] : extension(EXT_SERVER_NAME, sized(2, [0, ...sized(2, name)]))),
    ...extension(EXT_SUPPORTED_GROUPS, sized(2, u16(X25519))),
    ...extension(EXT_SIGNATURE_ALGORITHMS, sized(2, SIGNATURE_ALGORITHMS.flatMap(u16))),
    ...extension(EXT_ALPN, sized(2, sized(1, ascii(fields.alpn)))),
    ...extension(EXT_SUPPORTED_VERSIONS, sized(1, u16(TLS_1_3))),
    ...extension(EXT_KEY_SHARE, sized(2, [...u16(X25519), ...sized(2, [...fields.keyShare])])),
    ...extension(EXT_QUIC_PARAMETERS, [INITIAL_SOURCE_CONNECTION_ID, scid.length, ...scid]),
  ];
  const body = [
    ...u16(0x0303),
    ...fields.random,
    0,
    ...sized(2, u16(AES_128_GCM_SHA256)),
    ...sized(1, [0]),
    ...sized(2, extensions),
  ];
  return Uint8Array.from([1, ...sized(3, body)]);
}

/** One complete handshake message at the start of `stream`, header included, or null when more bytes are needed. */
export function nextMessage(stream: Uint8Array): Uint8Array | null {
  if (stream.length < 4) return null;
  const length = 4 + (stream[1]! << 16 | stream[2]! << 8 | stream[3]!);
  return stream.length < length ? null : stream.subarray(0, length);
}

/** The server's X25519 key share. */
export function readServerHello(message: Uint8Array): Uint8Array {
  const reader = new ByteReader(message);
  if (reader.uint(1) !== SERVER_HELLO) throw unexpected();
  reader.take(3 + 2 + 32);
  reader.take(reader.uint(1));
  if (reader.uint(2) !== AES_128_GCM_SHA256) throw unexpected();
  reader.take(1);
  const extensions = new ByteReader(reader.take(reader.uint(2)));
  while (extensions.left > 0) {
    const kind = extensions.uint(2);
    const body = new ByteReader(extensions.take(extensions.uint(2)));
    // A HelloRetryRequest carries a group without a key and is refused here too.
    if (kind === EXT_KEY_SHARE && body.uint(2) === X25519) return body.take(body.uint(2)).slice();
  }
  throw unexpected();
}

/** The leaf certificate (DER) of a Certificate message. */
export function readLeafCertificate(message: Uint8Array): Uint8Array {
  const reader = new ByteReader(message);
  if (reader.uint(1) !== CERTIFICATE) throw unexpected();
  reader.take(3);
  reader.take(reader.uint(1));
  reader.take(3);
  const leaf = reader.take(reader.uint(3));
  if (leaf.length === 0) throw unexpected();
  return leaf.slice();
}

function unexpected(): QuicError {
  return new QuicError("protocol", "The server's TLS answer is not one this client understands.");
}

function extension(kind: number, body: number[]): number[] {
  return [...u16(kind), ...sized(2, body)];
}

function sized(lengthBytes: 1 | 2 | 3, body: number[]): number[] {
  const length: number[] = [];
  for (let shift = (lengthBytes - 1) * 8; shift >= 0; shift -= 8) {
    length.push(body.length >> shift & 0xff);
  }
  return [...length, ...body];
}

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
