/** Asks a registry over HTTP: every request has a time limit, every answer a bound. */
import { askHttp } from "../http/question.ts";
import { reasonOf } from "../relay/ports/start_error.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { ObjectStream } from "./object_stream.ts";
import { ToldGroups } from "./told_groups.ts";

/** With the public keys of every party there may be. */
const MAX_ANSWER_BYTES = 4_194_304;
/** Of an answer without its groups; parsed in one go. */
const MAX_WORDS_BYTES = 16_384;
/** With the most keys that a party has. */
const MAX_GROUP_BYTES = 16_384;
/** 20,000 relays. */
const MAX_LIST_BYTES = 16_777_216;
const MAX_RECORD_BYTES = 4_096;
const MAX_RELAYS = 20_000;
/** Of a long answer, what is looked at before others have their turn. */
const SLICE_BYTES = 16_384;
const MAX_TOKEN_FILE_BYTES = 16_384;

export interface RegistryAddress {
  readonly url: string;
  readonly tokenFile: string | null;
}

export type Told =
  | {
    readonly outcome: "registered";
    readonly heartbeatS: unknown;
    /** Null when the registry does not tell them. */
    readonly groups: readonly UdpGroup[] | null;
  }
  /** The registry is there and does not want this; `reason` is its sentence. */
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "failed"; readonly reason: string };

export class RegistryClient {
  #tag: string | null = null;
  #tagOf = "";

  /** `rest` lets others have their turn. Never rejects. */
  async register(
    at: RegistryAddress,
    body: unknown,
    rest: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<Told> {
    try {
      const answer = await this.#ask(at, "POST", "relays", body, signal);
      const { told, groups } = await readTold(answer, rest);
      if (answer.status === 200 && told?.status === "registered") {
        return { outcome: "registered", heartbeatS: told.heartbeat_s, groups };
      }
      const reason = sentenceOf(told) ?? `it answered with status ${answer.status}`;
      // What may be otherwise in a moment is no word against this relay.
      const passing = answer.status >= 500 || answer.status === 429 || answer.status < 400;
      return { outcome: passing ? "failed" : "refused", reason };
    } catch (error) {
      return { outcome: "failed", reason: reasonFor(error, signal) };
    }
  }

  /** Never rejects. */
  async remove(at: RegistryAddress, fingerprint: string, body: unknown, signal: AbortSignal) {
    try {
      const answer = await this.#ask(at, "DELETE", `relays/${fingerprint}`, body, signal);
      await answer.body?.cancel();
    } catch {
      // The entry expires by itself.
    }
  }

  /** Hands over the texts of all records, a few at a time; `rest` lets others have their turn. Never rejects. */
  async list(
    at: RegistryAddress,
    onRecord: (text: string) => void,
    rest: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly fresh: boolean } | { readonly problem: string }> {
    try {
      if (this.#tagOf !== at.url) this.#tag = null;
      const answer = await this.#ask(at, "GET", "relays", undefined, signal, this.#tag);
      if (answer.status === 304) return { fresh: false };
      if (answer.status !== 200) {
        const { told } = await readTold(answer, rest);
        return { problem: sentenceOf(told) ?? `it answered with status ${answer.status}` };
      }
      const problem = await readList(answer.body, onRecord, rest);
      if (problem !== null) return { problem };
      this.#tag = answer.headers.get("etag");
      this.#tagOf = at.url;
      return { fresh: true };
    } catch (error) {
      return { problem: reasonFor(error, signal) };
    }
  }

  async #ask(
    { url, tokenFile }: RegistryAddress,
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
    tag: string | null = null,
  ): Promise<Response> {
    const token = tokenFile === null ? null : await readToken(tokenFile);
    return await askHttp(endpointOf(url, path), {
      method,
      signal,
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(tag !== null && { "if-none-match": tag }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

function endpointOf(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url.href;
}

async function readList(
  body: Response["body"],
  onRecord: (text: string) => void,
  rest: () => Promise<void>,
): Promise<string | null> {
  const objects = new ObjectStream(MAX_RECORD_BYTES);
  let [bytes, count] = [0, 0];
  for await (const slice of slices(body, rest)) {
    bytes += slice.length;
    if (bytes > MAX_LIST_BYTES) return `its list is larger than ${MAX_LIST_BYTES} bytes`;
    const fits = objects.push(slice, (text) => {
      count += 1;
      if (count <= MAX_RELAYS) onRecord(text);
    });
    if (count >= MAX_RELAYS) return null;
    if (!fits) return `its list has a relay of more than ${MAX_RECORD_BYTES} bytes`;
  }
  return objects.ended ? null : "its list ends in the middle";
}

/** What is no answer of a registry is null. */
async function readTold(
  { body }: Response,
  rest: () => Promise<void>,
): Promise<{
  readonly told: Record<string, unknown> | null;
  readonly groups: readonly UdpGroup[] | null;
}> {
  const objects = new ObjectStream(MAX_GROUP_BYTES, MAX_WORDS_BYTES);
  const groups = new ToldGroups();
  let bytes = 0;
  for await (const slice of slices(body, rest)) {
    bytes += slice.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new Error(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
    if (!objects.push(slice, (text) => groups.add(text))) return { told: null, groups: null };
  }
  const told = parseObject(objects.frame);
  return { told, groups: Array.isArray(told?.groups) ? groups.all : null };
}

/** Voice waits for one of them at most. */
async function* slices(
  body: Response["body"],
  rest: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body ?? []) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      yield chunk.subarray(at, at + SLICE_BYTES);
      await rest();
    }
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value as Record<string, unknown> | null : null;
  } catch {
    return null;
  }
}

/** Of `application/problem+json`. */
function sentenceOf(told: Record<string, unknown> | null): string | null {
  const words = told?.detail ?? told?.title;
  return typeof words === "string" ? words.slice(0, 300) : null;
}

/** The first token of the file; the word "read" may stand before it, as in the file of the registry. */
async function readToken(path: string): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_TOKEN_FILE_BYTES) throw new Error(`it is ${size} bytes long`);
    const text = await Deno.readTextFile(path);
    const line = text.split("\n").map((line) => line.trim()).find((line) => line !== "") ?? "";
    const token = line.replace(/^read\s+/, "");
    if (!/^[\x21-\x7e]+$/.test(token)) throw new Error("it holds no token");
    return token;
  } catch (error) {
    throw new Error(`the token file ${path} cannot be used: ${reasonOf(error)}`);
  }
}

function reasonFor(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "it did not answer in time";
  return reasonOf(error).replaceAll(/\s+/g, " ").slice(0, 300);
}
