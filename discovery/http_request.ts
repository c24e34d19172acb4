/** One request over HTTP, its answer read as fast as it is used and no faster. */
import http from "node:http";
import https from "node:https";

export interface HttpQuestion {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly etag: string | null;
  /** Who stops before its end is rid of the rest. */
  readonly body: AsyncIterable<Uint8Array>;
  /** It is not wanted. */
  discard(): void;
}

/**
 * Redirects are answers like others. This is not `fetch`: where there is a debugger, as in the packed executable, that
 * reads the whole body for it at once, which an endless one turns into all the memory of the machine.
 */
export function ask({ url, method, headers, body, signal }: HttpQuestion): Promise<HttpAnswer> {
  const { request } = url.startsWith("https:") ? https : http;
  const length = body === null
    ? {}
    : { "content-length": `${new TextEncoder().encode(body).length}` };
  return new Promise((resolve, reject) => {
    // Connections are not kept: one that the registry closed meanwhile would cost a beat.
    const options = { method, headers: { ...headers, ...length }, signal, agent: false as const };
    const asked = request(url, options, (answer) => {
      // Whoever reads it is told; nobody else needs to be.
      answer.on("error", () => {});
      resolve({
        status: answer.statusCode ?? 0,
        etag: answer.headers.etag ?? null,
        body: answer,
        discard: () => void answer.destroy(),
      });
    });
    asked.on("error", reject);
    if (body === null) asked.end();
    else asked.end(body);
  });
}
