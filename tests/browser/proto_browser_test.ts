import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { RelayCertificate } from "../../proto/certificate.ts";
import { federationTranscript } from "../../proto/federation_proof.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { presenceTranscript } from "../../proto/presence_signature.ts";
import { bundleForBrowser } from "./bundle.ts";
import { browserTest, withPage } from "./chromium.ts";
import type { ProtoInput, runProtoChecks } from "./proto_checks.ts";

const PROTO = fileURLToPath(new URL("../../proto", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle leaves in the page. */
declare const wzp: {
  readonly modules: Readonly<Record<string, object>>;
  readonly runProtoChecks: typeof runProtoChecks;
};

/** Every module of `proto/` but the one that is the relay's own cryptography. */
function protoModules(folder = PROTO): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return protoModules(path);
    return /^(?!node_crypto).*(?<!_test)\.ts$/.test(name) ? [path] : [];
  }).sort();
}

/** An entry that keeps every export of every module, so that nothing escapes the checks by not being used. */
function entrySource(): string {
  const modules = protoModules();
  return [
    ...modules.map((path, i) => `import * as module${i} from ${JSON.stringify(path)};`),
    `export const modules = {`,
    ...modules.map((path, i) => `  ${JSON.stringify(path.slice(PROTO.length + 1))}: module${i},`),
    `};`,
    `export { runProtoChecks } from "./proto_checks.ts";`,
  ].join("\n");
}

Deno.test("all of proto/ but its node:crypto port bundles for a browser", async () => {
  const script = await bundleForBrowser(entrySource(), HERE, "wzp");
  assert.doesNotMatch(script, /\bimport\b.*\bfrom\b|["']node:/);
});

Deno.test("the bundler refuses node: modules and globals of server runtimes, and only those", async () => {
  const bundle = (source: string) => bundleForBrowser(source, HERE, "wzp");
  const port = JSON.stringify(`${PROTO}/node_crypto.ts`);
  await assert.rejects(bundle(`export * from ${port}`), /Could not resolve "node:crypto"/);
  await assert.rejects(bundle("export const here = () => Deno.cwd()"), /uses Deno/);
  await assert.rejects(bundle("export const b = Buffer.from([])"), /uses Buffer/);
  await bundle(`export const o = { Deno: "Deno", process: 1 }; /* Deno.cwd() */ o.process++;`);
});

browserTest("proto/ computes the known vectors in a browser", async () => {
  const script = await bundleForBrowser(entrySource(), HERE, "wzp");
  const seed = new Uint8Array(32).fill(0x42);
  const certificate = new RelayCertificate(nodeCrypto, seed);
  const identityPublic = "a37a947ca8cc01976b7859cfb52eec500627d4c1a1e13c5ee6f7aa3b5c706909";
  const input: ProtoInput = {
    seed: seed.toHex(),
    identityPublic,
    certificate: certificate.der.toHex(),
    tlsFingerprint: certificate.fingerprintBytes.toHex(),
    shared: "2ed76ab549b1e73c031eb49c9448f0798aea81b698279a0c3dc3e49fbfc4b953",
    rekeyShared: "40e47a3f525bdcac491d418978d7db5af623ac7afe7623c6d78a5d4fce9d0f63",
    frame: "0000001f" + "7b2250696e67223a7b2274696d657374616d705f6d73223a31323334357d7d",
    packets: [
      "000000010000001400000000",
      "02a83039000f120607030000" + "191914c8",
      "51fcffffffffffffffffff00",
      "140000070000015400000000" + "32",
      "200000000000000000000000",
    ],
  };
  const found = await withPage(script, (page) =>
    page.evaluate((input) => ({
      loaded: Object.keys(wzp.modules),
      results: wzp.runProtoChecks(input),
    }), input));
  assert.deepEqual(found.loaded, protoModules().map((path) => path.slice(PROTO.length + 1)));
  const nonce = seed.slice(0, 16);
  assert.deepEqual(found.results, {
    seed: "42".repeat(32),
    signingSecret: "c420846dcde8fecab9b1fba9ce5186e5dad835391ad615d2f42cfdd6f52033f9",
    tlsSecret: "9c4f8c388f636ec07e3d7d942d0fbf715b44a856077a553d73559ed128e48a53",
    fingerprint: "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384",
    mnemonic: "abandon ".repeat(23) + "art",
    mnemonicBack: "42".repeat(32),
    certificateKey: "09d69f870ab8414e5cf2156b4914c3ebd984510bc24edc964b754ecf0565b8ce",
    certificateMatches: "true",
    tlsFingerprint:
      "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b",
    sessionKey: "92eaaffae7c421e9a926f9c0cea20c20d0d61c3b46f8a4d26f8b91ed7b16281f",
    sessionId: "1e613c37",
    sas: "2374",
    rekeyed: "80a50ffa447479bb72967a3b611d3dc9310abf9ca4e10eabecc18807c919b5de",
    federation: federationTranscript(nodeCrypto, {
      diallerFingerprint: certificate.fingerprintBytes,
      acceptorFingerprint: seed,
      diallerNonce: nonce,
      acceptorNonce: certificate.fingerprintBytes.slice(0, 16),
    }).toHex(),
    presence: presenceTranscript({
      identityPublic: Uint8Array.fromHex(identityPublic),
      issuedAt: 1_800_000_000_000,
      nonce,
    }, certificate.fingerprintBytes).toHex(),
    replay: "true,true,false,false,true",
    signal: `{"type":"Ping","timestamp_ms":12345}`,
    frame: input.frame,
    packets: "Opus24k 1 20 false false, Opus24k 12345 987654 false true, " +
      "Codec2_1200 65535 4294967295 true false, ComfortNoise 7 340 false false, " +
      "Opus64k 0 0 false false",
    packetsBack: input.packets.join(),
    badSeed: "malformed",
  });
});
