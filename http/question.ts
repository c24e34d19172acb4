/** One question over HTTP to somebody who is not trusted: its answer is read as fast as it is used and no faster. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";

export interface HttpQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** What is used of `fetch`. */
export type AskHttp = (url: string, question: HttpQuestion) => Promise<Response>;

/** Statuses whose answers have no body. */
const BODILESS: readonly number[] = [204, 205, 304];

/** Of all that is no body: status line, headers, answers before the answer, and what stands between parts of a body ... */
const MAX_FRAMING_BYTES = 32_768;
/** ... which is more where there is more of it; a part of a byte takes five times as much. */
const FRAMING_SHARE = 0.25;

/**
 * Redirects are answers like others: whoever can redirect could send tokens anywhere. This is not `fetch`: where there is
 * a debugger, as in the packed executable, that reads whole bodies at once, and an endless one is all the memory of the
 * machine.
 */
export const askHttp: AskHttp = (url, { method, headers, body, signal }) => {
  const { request } = url.startsWith("https:") ? https : http;
  const length = body === undefined
    ? {}
    : { "content-length": `${new TextEncoder().encode(body).length}` };
  return new Promise((resolve, reject) => {
    // Connections are not kept: one that the other side closed meanwhile would cost a question.
    const options = { method, headers: { ...headers, ...length }, signal, agent: false as const };
    const asked = request(url, options);
    let [came, taken] = [0, 0];
    let answered: IncomingMessage | null = null;
    asked.on("socket", (socket) => {
      socket.on("data", ({ length }: Uint8Array) => {
        came += length;
        // When the parser has seen it. Each part of a body may be a byte, and waits are for bodies only.
        queueMicrotask(() => {
          const body = taken + (answered?.readableLength ?? 0);
          if (came - body <= MAX_FRAMING_BYTES + FRAMING_SHARE * body) return;
          asked.destroy(new Error("more around its answer than there is in it"));
        });
      });
    });
    asked.on("response", (answer) => {
      answered = answer;
      // Whoever reads it is told; nobody else needs to be.
      answer.on("error", () => {});
      const { headers: { etag }, statusCode: status = 0 } = answer;
      const init = { status, headers: etag === undefined ? {} : { etag } };
      if (status >= 200 && status <= 599 && !BODILESS.includes(status)) {
        const parts = bodyOf(answer, signal, (bytes) => taken += bytes);
        return resolve(new Response(parts, init));
      }
      answer.destroy();
      if (BODILESS.includes(status)) resolve(new Response(null, init));
      else reject(new TypeError(`${status} is no status of an answer`));
    });
    asked.on("error", reject);
    // The only word of an answer that turns the connection into something else.
    asked.on("close", () => reject(new Error("the connection ended without an answer")));
    if (body === undefined) asked.end();
    else asked.end(body);
  });
};

function bodyOf(
  answer: IncomingMessage,
  signal: AbortSignal,
  onTaken: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let wake = () => {};
  for (const event of ["readable", "end", "close"]) answer.on(event, () => wake());
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        // One that ends with the connection would look whole.
        signal.throwIfAborted();
        const part: Uint8Array | null = answer.read();
        if (part !== null) {
          onTaken(part.length);
          return controller.enqueue(part);
        }
        if (answer.readableEnded) return controller.close();
        if (answer.destroyed) throw answer.errored ?? new Error("the answer ended too early");
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    cancel: () => void answer.destroy(),
  }, { highWaterMark: 0 });
}
