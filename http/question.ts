/** One question over HTTP to somebody who is not trusted: its answer is read as fast as it is used and no faster. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";

export interface HttpQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** What is used of `fetch`. */
export type AskHttp = (url: string, question: HttpQuestion) => Promise<Response>;

/** Statuses whose answers have no body. */
const BODILESS = [204, 205, 304];

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
    const asked = request(url, options, (answer) => {
      // Whoever reads it is told; nobody else needs to be.
      answer.on("error", () => {});
      const { headers: { etag }, statusCode: status = 0 } = answer;
      if (status >= 200 && status <= 599) return resolve(responseOf(answer, status, etag));
      answer.destroy();
      reject(new TypeError(`${status} is no status of an answer`));
    });
    asked.on("error", reject);
    if (body === undefined) asked.end();
    else asked.end(body);
  });
};

/** With the only header that anybody asks for. */
function responseOf(answer: IncomingMessage, status: number, etag?: string): Response {
  const init = { status, headers: etag === undefined ? {} : { etag } };
  if (!BODILESS.includes(status)) {
    return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, init);
  }
  answer.resume();
  return new Response(null, init);
}
