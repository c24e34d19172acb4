/** The cryptography port on top of `node:crypto`: what the relay and the client run with. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { Crypto } from "./crypto_port.ts";

type Curve = "ed25519" | "x25519";

interface CachedKey {
  readonly bytes: Uint8Array;
  readonly key: KeyObject;
}

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TAG_BYTES = 16;
/**
 * Ed25519 keys of small order by their y coordinate, spelled canonically or not. Under such a key one signature
 * can be valid for many messages, so it proves nothing.
 */
const SMALL_ORDER_KEYS: ReadonlySet<string> = new Set([
  "00".repeat(32),
  "01" + "00".repeat(31),
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ec" + "ff".repeat(30) + "7f",
  "ed" + "ff".repeat(30) + "7f",
  "ee" + "ff".repeat(30) + "7f",
]);
const CIPHER = "chacha20-poly1305";

/** PKCS#8 and SubjectPublicKeyInfo up to the 32 key bytes; the curves differ in the last byte of the OID. */
const DER_PREFIX = {
  ed25519: {
    private: Uint8Array.fromHex("302e020100300506032b657004220420"),
    public: Uint8Array.fromHex("302a300506032b6570032100"),
  },
  x25519: {
    private: Uint8Array.fromHex("302e020100300506032b656e04220420"),
    public: Uint8Array.fromHex("302a300506032b656e032100"),
  },
} as const;

/**
 * Private key objects by the array that holds the secret, since making one costs more than signing with it.
 * They go when the array goes; the copy shows when somebody changed the array meanwhile.
 */
const privateKeys = {
  ed25519: new WeakMap<Uint8Array, CachedKey>(),
  x25519: new WeakMap<Uint8Array, CachedKey>(),
} as const;

/** Cryptography of the relay's own runtime. */
export const nodeCrypto: Crypto = {
  random(length) {
    return plainBytes(randomBytes(length));
  },

  sha256(data) {
    return plainBytes(createHash("sha256").update(data).digest());
  },

  hkdf(ikm, salt, info, length) {
    return new Uint8Array(hkdfSync("sha256", ikm, salt, info, length));
  },

  ed25519Public(seed) {
    return publicBytes(privateKey("ed25519", seed));
  },

  ed25519Sign(seed, message) {
    return plainBytes(sign(null, message, privateKey("ed25519", seed)));
  },

  ed25519Verify(key, message, signature) {
    if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
    if (hasSmallOrder(key)) return false;
    try {
      return verify(null, message, publicKey("ed25519", key), signature);
    } catch {
      return false; // not a point of the curve
    }
  },

  x25519Public(secret) {
    return publicBytes(privateKey("x25519", secret));
  },

  x25519(secret, peerPublic) {
    const own = privateKey("x25519", secret);
    if (peerPublic.length !== KEY_BYTES) return null;
    let shared: Uint8Array;
    try {
      shared = plainBytes(
        diffieHellman({ privateKey: own, publicKey: publicKey("x25519", peerPublic) }),
      );
    } catch {
      return null; // OpenSSL refuses keys of low order
    }
    return timingSafeEqual(shared, new Uint8Array(KEY_BYTES)) ? null : shared;
  },

  seal(key, nonce, aad, plain) {
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(aad, { plaintextLength: plain.length });
    const sealed = new Uint8Array(plain.length + TAG_BYTES);
    sealed.set(cipher.update(plain));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plain.length);
    return sealed;
  },

  open(key, nonce, aad, sealed) {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return null;
    const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(aad, { plaintextLength: length });
    cipher.setAuthTag(sealed.subarray(length));
    const plain = plainBytes(cipher.update(sealed.subarray(0, length)));
    try {
      cipher.final();
    } catch {
      return null;
    }
    return plain;
  },

  equal(a, b) {
    return a.length === b.length && timingSafeEqual(a, b);
  },
};

function privateKey(curve: Curve, secret: Uint8Array): KeyObject {
  if (secret.length !== KEY_BYTES) {
    throw new RangeError(
      `Cannot use the ${curve} secret: ${secret.length} bytes, not ${KEY_BYTES}`,
    );
  }
  const cached = privateKeys[curve].get(secret);
  if (cached !== undefined && timingSafeEqual(cached.bytes, secret)) return cached.key;
  const der = withPrefix(DER_PREFIX[curve].private, secret);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  privateKeys[curve].set(secret, { bytes: secret.slice(), key });
  return key;
}

function publicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  const der = withPrefix(DER_PREFIX[curve].public, bytes);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

function hasSmallOrder(key: Uint8Array): boolean {
  const coordinate = key.slice();
  coordinate[KEY_BYTES - 1] = (coordinate[KEY_BYTES - 1] ?? 0) & 0x7f; // the top bit is the sign of x
  return SMALL_ORDER_KEYS.has(coordinate.toHex());
}

function publicBytes(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({ format: "der", type: "spki" });
  return plainBytes(der).subarray(-KEY_BYTES);
}

function withPrefix(prefix: Uint8Array, key: Uint8Array): Buffer {
  const der = Buffer.alloc(prefix.length + KEY_BYTES);
  der.set(prefix);
  der.set(key, prefix.length);
  return der;
}

/** A `Buffer` may be a window into a pool and prints, slices and compares differently: callers get neither. */
function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}
