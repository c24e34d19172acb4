/** What `--self-test` does: shows that the platform inside this executable works, one line for each part. */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

/** Runs all parts, prints one line for each, and tells whether all worked. */
export async function selfTest(print: (line: string) => void): Promise<boolean> {
  let good = true;
  for (const [name, part] of PARTS) {
    try {
      await within(PART_LIMIT_MS, part());
      print(`${name}: ok`);
    } catch (error) {
      good = false;
      print(`${name}: failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return good;
}

/** Far above what a part takes, so that only a hang reaches it. */
const PART_LIMIT_MS = 20_000;

const PARTS: readonly (readonly [string, () => Promise<void>])[] = [
  ["worker", worker],
  ["wasm", wasm],
  ["udp", udp],
  ["ed25519", ed25519],
];

/** Inlined as a data: URL, the one form that works packed, compiled and from source. */
async function worker(): Promise<void> {
  const source = "onmessage = (event) => postMessage(event.data * 2); postMessage('ready');";
  const thread = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
    type: "module",
  });
  try {
    const answer = await new Promise<unknown>((resolve, reject) => {
      thread.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      thread.onmessage = ({ data }) => data === "ready" ? thread.postMessage(21) : resolve(data);
    });
    expect(answer === 42, `it answered ${answer}`);
  } finally {
    thread.terminate();
  }
}

/** A module that exports `add(a: i32, b: i32): i32`. */
const ADD = "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b";

async function wasm(): Promise<void> {
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(Buffer.from(ADD, "hex")));
  const { add } = instance.exports;
  expect(typeof add === "function", "the export is missing");
  const sum: unknown = (add as (a: number, b: number) => unknown)(40, 2);
  expect(sum === 42, `it computed ${sum}`);
}

async function udp(): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    await socket.send(new Uint8Array([1, 2, 3]), socket.addr);
    const [bytes] = await socket.receive();
    expect(bytes.join() === "1,2,3", `other bytes came back: ${bytes.join()}`);
  } finally {
    socket.close();
  }
}

/** RFC 8032, section 7.1, test 2. */
const SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const SIGNATURE = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

function ed25519(): Promise<void> {
  const key = createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${SEED}`, "hex"),
    format: "der",
    type: "pkcs8",
  });
  const message = Buffer.from("72", "hex");
  const signature = sign(null, message, key);
  expect(signature.toString("hex") === SIGNATURE, "the signature is not that of RFC 8032");
  expect(verify(null, message, createPublicKey(key), signature), "the signature was not accepted");
  return Promise.resolve();
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
