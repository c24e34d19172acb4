import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import {
  certificatePublicKey,
  formatTlsFingerprint,
  MAX_CERTIFICATE_BYTES,
  normalizeTlsFingerprint,
  parseTlsFingerprint,
  RelayCertificate,
  tlsSecret,
} from "./certificate.ts";
import { WireError } from "./errors.ts";
import { nodeCrypto as crypto } from "./node_crypto.ts";

const SEED_42 = new Uint8Array(32).fill(0x42);
const SEED_00 = new Uint8Array(32);
const SEED_COUNTING = Uint8Array.from({ length: 32 }, (_, i) => i);

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

Deno.test("the certificate of a known seed is the known one, byte for byte", () => {
  const certificate = new RelayCertificate(crypto, SEED_42);
  assert.equal(
    tlsSecret(crypto, SEED_42).toHex(),
    "9c4f8c388f636ec07e3d7d942d0fbf715b44a856077a553d73559ed128e48a53",
  );
  assert.equal(
    certificate.der.toHex(),
    "3082011d3081d0a003020102021460054f385ca92c2cbfa5af34c94e7d882cae9526300506032b6570302131" +
      "1f301d06035504030c16726367656e2073656c66207369676e656420636572743020170d3735303130313030" +
      "303030305a180f34303936303130313030303030305a3021311f301d06035504030c16726367656e2073656c" +
      "66207369676e65642063657274302a300506032b657003210009d69f870ab8414e5cf2156b4914c3ebd98451" +
      "0bc24edc964b754ecf0565b8cea318301630140603551d11040d300b82096c6f63616c686f7374300506032b" +
      "6570034100bdf8a3cb74e25a8fb9e8f27581fc727893c3b3cc725fd891d026b40c8565dfda9765fe9edf5694" +
      "f09f66da798f041f9f17f3c1e83c4a07d5f904cdafe9784400",
  );
});

Deno.test("three known seeds give the known TLS keys and fingerprints", () => {
  const vectors: [Uint8Array, string, string][] = [
    [
      SEED_42,
      "09d69f870ab8414e5cf2156b4914c3ebd984510bc24edc964b754ecf0565b8ce",
      "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b",
    ],
    [
      SEED_00,
      "57d559148bd5d2064acd4060c72801de8870f1c1cef6c8f840a6a73f2917b255",
      "7c:22:eb:d1:19:ad:95:b8:83:d0:e7:59:2b:b6:91:b0:80:ad:f3:ca:f8:57:66:f3:ac:4f:eb:93:12:74:ec:20",
    ],
    [
      SEED_COUNTING,
      "a5bf5c906f42a1f9665857d57530e9bbed1bef016d2864a91f001287bd6c5dda",
      "0c:62:cf:b5:b9:e3:7c:77:ae:81:3d:9b:c3:5d:5c:ef:53:e1:2b:0a:bb:d8:e6:3b:4b:42:99:95:7d:6f:37:a9",
    ],
  ];
  for (const [seed, publicKey, fingerprint] of vectors) {
    const certificate = new RelayCertificate(crypto, seed);
    assert.equal(certificate.publicKey.toHex(), publicKey);
    assert.equal(certificate.fingerprint, fingerprint);
    assert.deepEqual(certificate.fingerprintBytes, parseTlsFingerprint(fingerprint));
  }
});

/** A second encoder, hex by template: only the serial's bytes and the three lengths around it vary. */
function expectedDer(certificate: RelayCertificate, serial: string): string {
  const key = certificate.publicKey.toHex();
  const signature = certificate.der.subarray(-64).toHex();
  const name = "3021311f301d06035504030c16" + "726367656e2073656c66207369676e65642063657274";
  const body = "a003020102" + "02" + byteCount(serial) + serial + "300506032b6570" + name +
    "3020170d" + "3735303130313030303030305a" + "180f" + "34303936303130313030303030305a" + name +
    "302a300506032b6570032100" + key +
    "a318301630140603551d11040d300b8209" + "6c6f63616c686f7374";
  const rest = "3081" + byteCount(body) + body + "300506032b6570" + "034100" + signature;
  return "3082" + byteCount(rest).padStart(4, "0") + rest;
}

function byteCount(digits: string): string {
  const count = (digits.length / 2).toString(16);
  return count.padStart(count.length + count.length % 2, "0");
}

Deno.test("serials that begin with zero bytes or a top bit are encoded in their shortest form", () => {
  // Seeds found by search; first bytes of the key's hash, and how the serial then starts.
  const cases: [number, string, string][] = [
    [209, "003125d2", "3125d2"],
    [379, "00ef68fe", "00ef68fe"],
    [68, "806ec5f0", "6ec5f0"],
    [64, "80d0ee1f", "00d0ee1f"],
    [157_634, "00000950", "0950"],
    [172_990, "0000d947", "00d947"],
    [134_661, "80008b92", "008b92"],
  ];
  for (const [counter, hashStart, serialStart] of cases) {
    const seed = new Uint8Array(32);
    new DataView(seed.buffer).setUint32(28, counter);
    const certificate = new RelayCertificate(crypto, seed);
    const hash = crypto.sha256(certificate.publicKey).toHex();
    assert(hash.startsWith(hashStart));
    const serial = serialStart + hash.slice(hashStart.length, 40);
    assert.equal(certificate.der.toHex(), expectedDer(certificate, serial));
    assert.equal(certificate.der.length, 289 - 20 + serial.length / 2);
    checkIndependently(certificate, serial);
  }
});

/** OpenSSL's opinion: parses, verifies with its own key, and has the fields of the table. */
function checkIndependently(certificate: RelayCertificate, serial: string): void {
  const parsed = new X509Certificate(certificate.der);
  assert.equal(BigInt(`0x${parsed.serialNumber}`), BigInt(`0x${serial}`));
  assert(parsed.verify(parsed.publicKey));
  assert.equal(parsed.fingerprint256, certificate.fingerprint.toUpperCase());
  assert.equal(parsed.subject, "CN=rcgen self signed cert");
  assert.equal(parsed.issuer, parsed.subject);
  assert.equal(parsed.subjectAltName, "DNS:localhost");
  assert.equal(parsed.validFrom, "Jan  1 00:00:00 1975 GMT");
  assert.equal(parsed.validTo, "Jan  1 00:00:00 4096 GMT");
}

Deno.test("the certificate of any seed passes an independent parser and gives its key back", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const certificate = new RelayCertificate(crypto, seed);
      const hash = crypto.sha256(certificate.publicKey);
      const serial = hash.slice(0, 20).with(0, (hash[0] ?? 0) & 0x7f).toHex();
      checkIndependently(certificate, serial);
      assert.deepEqual(certificatePublicKey(certificate.der), certificate.publicKey);
    }),
    { numRuns: 100 },
  );
  // The independent check can fail: one byte of the body changed.
  const certificate = new RelayCertificate(crypto, SEED_42);
  const changed = certificate.der.with(20, 0x61);
  const parsed = new X509Certificate(changed);
  assert(!parsed.verify(parsed.publicKey));
});

Deno.test("the private key belongs to the certificate, as DER", () => {
  const certificate = new RelayCertificate(crypto, SEED_42);
  assert.equal(
    certificate.privateKeyDer().toHex(),
    "302e020100300506032b657004220420" + tlsSecret(crypto, SEED_42).toHex(),
  );
  const pkcs8 = Buffer.from(certificate.privateKeyDer());
  const key = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
  assert(key.equals(new X509Certificate(certificate.der).publicKey));
  const message = new TextEncoder().encode("message");
  assert(crypto.ed25519Verify(certificate.publicKey, message, certificate.sign(message)));
});

Deno.test("a certificate shows its fingerprint and no secret when printed or turned into JSON", () => {
  const certificate = new RelayCertificate(crypto, SEED_42);
  assert.equal(Deno.inspect(certificate), `RelayCertificate ${certificate.fingerprint}`);
  assert.equal(JSON.stringify(certificate), `{"fingerprint":"${certificate.fingerprint}"}`);
  const everything = Deno.inspect(Object.getOwnPropertyDescriptors(certificate), {
    depth: 10,
    iterableLimit: 1000,
    showHidden: true,
  }).replace(/\s+/g, "");
  assert(everything.includes(certificate.publicKey.slice(0, 8).join(",")));
  for (const secret of [SEED_42, tlsSecret(crypto, SEED_42)]) {
    assert(!everything.includes(secret.slice(0, 8).join(",")));
  }
});

Deno.test("a TLS fingerprint is read in colon form or bare, in either case, and nothing else is", () => {
  fc.assert(fc.property(seeds, (bytes) => {
    const text = formatTlsFingerprint(bytes);
    assert.equal(text.length, 95);
    for (const spelling of [text, text.replaceAll(":", "")]) {
      assert.deepEqual(parseTlsFingerprint(spelling), bytes);
      assert.deepEqual(parseTlsFingerprint(spelling.toUpperCase()), bytes);
      assert.equal(normalizeTlsFingerprint(` ${spelling.toUpperCase()}\n`), text);
    }
  }));
  const text = formatTlsFingerprint(SEED_COUNTING);
  const wrong = [
    "",
    text.slice(1),
    text.slice(3),
    text + ":00",
    text.replace(":", ""),
    text.replace(":", "-"),
    text.replace("0", "g"),
    "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384",
    " ".repeat(300) + text,
  ];
  for (const spelling of wrong) assert.throws(() => parseTlsFingerprint(spelling), WireError);
  assert.throws(() => formatTlsFingerprint(new Uint8Array(31)), RangeError);
});

/** Self-signed P-256 certificate for `localhost`, as the original's tests and callees use. */
const P256_CERTIFICATE =
  "MIIBfzCCASWgAwIBAgIUJCGEL1Qhi419n1NXSBxMa3RodBcwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxo" +
  "b3N0MCAXDTI2MTEyMDAzMTg1NloYDzIxMjYxMDI3MDMxODU2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcq" +
  "hkjOPQIBBggqhkjOPQMBBwNCAAQbjtNSDqK/skj74owPlxEVZy4CNHVLXsnJlAm9GynSznp7xs8cofBh944ptjfF" +
  "T7pNGFLdKiDfjuXGjqK96nVBo1MwUTAdBgNVHQ4EFgQUySsNZgLu535M2uBhj/W6VGEztS0wHwYDVR0jBBgwFoAU" +
  "ySsNZgLu535M2uBhj/W6VGEztS0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAqMdg3a0f0jigr" +
  "9eNfmRq/39JfCAs90WpXQDVkTIQrwgIhAPfzDpYNdY90EqXlsKNDFL7cOXezOA7PPDrtrkcfQoa5";

Deno.test("a certificate with a key of another kind is refused", () => {
  const other = Uint8Array.fromBase64(P256_CERTIFICATE);
  assert.equal(new X509Certificate(other).publicKey.asymmetricKeyType, "ec");
  assert.throws(() => certificatePublicKey(other), /not Ed25519/);
});

/** Ed25519 certificate made by OpenSSL: other names, key identifiers and basic constraints. */
const OPENSSL_CERTIFICATE =
  "MIIBpTCCAVegAwIBAgIUB3hsh/Ic5TtiJ+F0X1g9N80KhtMwBQYDK2VwMDcxCzAJBgNVBAYTAlhYMRAwDgYDVQQK" +
  "DAdFeGFtcGxlMRYwFAYDVQQDDA1yZWxheS5leGFtcGxlMCAXDTI2MTEyMDAzMTg1NloYDzIxMjYxMDI3MDMxODU2" +
  "WjA3MQswCQYDVQQGEwJYWDEQMA4GA1UECgwHRXhhbXBsZTEWMBQGA1UEAwwNcmVsYXkuZXhhbXBsZTAqMAUGAytl" +
  "cAMhAD9RSGPxZiOdXiwyOSfUbdfLgGq634JTOCtjdMCy6VFgo3MwcTAdBgNVHQ4EFgQUvDiNZDE/gq9AWR6YOh/g" +
  "8OwBO78wHwYDVR0jBBgwFoAUvDiNZDE/gq9AWR6YOh/g8OwBO78wDwYDVR0TAQH/BAUwAwEB/zAeBgNVHREEFzAV" +
  "gg1yZWxheS5leGFtcGxlhwR/AAABMAUGAytlcANBAHUL2zHo2oPEDJFsRNUzp1XGgixAWYfQpVY88iti7C5fXjxp" +
  "Mx2zsYBB5HOvbMTQe8Drx271U7otYNw820FnLAw=";

Deno.test("a certificate made by another program gives its Ed25519 key", () => {
  const other = Uint8Array.fromBase64(OPENSSL_CERTIFICATE);
  const spki = new X509Certificate(other).publicKey.export({ format: "der", type: "spki" });
  assert.deepEqual(certificatePublicKey(other), new Uint8Array(spki).slice(-32));
});

Deno.test("arbitrary and mutated certificates throw nothing but the wire error", () => {
  const real = new RelayCertificate(crypto, SEED_42).der;
  const edit = fc.record({ at: fc.nat(real.length - 1), byte: fc.nat(255) });
  const mutated = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    const bytes = real.slice();
    for (const { at, byte } of edits) bytes[at] = byte;
    return bytes;
  });
  const inputs = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    mutated,
    fc.nat(real.length).map((length) => real.slice(0, length)),
  );
  fc.assert(
    fc.property(inputs, (bytes) => {
      try {
        assert.equal(certificatePublicKey(bytes).length, 32);
      } catch (error) {
        assert(error instanceof WireError);
      }
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("a certificate that is too large, cut short or followed by more is refused", () => {
  const real = new RelayCertificate(crypto, SEED_42).der;
  const code = (bytes: Uint8Array) => {
    try {
      certificatePublicKey(bytes);
    } catch (error) {
      return error instanceof WireError ? error.code : "other";
    }
    return "accepted";
  };
  assert.equal(code(real), "accepted");
  assert.equal(code(new Uint8Array(MAX_CERTIFICATE_BYTES + 1)), "too_large");
  assert.equal(code(new Uint8Array(0)), "truncated");
  for (let length = 1; length < real.length; length++) {
    assert.equal(code(real.slice(0, length)), "truncated");
  }
  assert.equal(code(Uint8Array.from([...real, 0])), "malformed");
  // The unused-bits octet of the key, and one byte less of it.
  const at = real.toHex().indexOf("03210009d6") / 2;
  assert.equal(code(real.with(at + 2, 1)), "malformed");
});
