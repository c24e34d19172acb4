/**
 * Server-sent events for one viewer. Nothing is made before the viewer has taken what came before, so a slow one costs
 * no memory: it is told later, and less.
 */
import type { AdminHost } from "../../relay/ports/admin.ts";

/** Proxies end what is silent for a minute, and a viewer wants to know sooner. */
const BEAT_MS = 10_000;
/** What is handed over at once. */
const CHUNK_CHARS = 16_384;

/** What a viewer is told. */
export interface Speaker {
  /** The next event as text, or null while there is nothing to say. */
  next(): string | null;
  /** Whether there will be nothing more after what `next` has. */
  readonly ended: boolean;
  /** The viewer is gone, or everything was said. Called once. */
  close(): void;
}

/** One event. The data is JSON, so it has no line breaks. */
export function sseEvent(name: string, json: string, id?: string): string {
  return `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${json}\n\n`;
}

/** `start` is given a function to call whenever there may be something new to say. */
export function eventStream(
  { clock }: Pick<AdminHost, "clock">,
  start: (wake: () => void) => Speaker,
): Response {
  const encoder = new TextEncoder();
  let woken = Promise.withResolvers<void>();
  const wake = () => woken.resolve();
  const speaker = start(wake);
  let open = true;
  let spokeAt = clock.now();
  const say = (controller: ReadableStreamDefaultController<Uint8Array>, text: string) => {
    spokeAt = clock.now();
    controller.enqueue(encoder.encode(text));
  };
  const close = () => {
    if (!open) return;
    open = false;
    speaker.close();
    wake();
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (open) {
        woken = Promise.withResolvers();
        const text = gather(speaker);
        if (text !== "") return say(controller, text);
        if (speaker.ended) {
          close();
          return controller.close();
        }
        let beat = false;
        const timer = clock.after(spokeAt + BEAT_MS - clock.now(), () => {
          beat = true;
          wake();
        });
        await woken.promise;
        timer.cancel();
        if (beat && open) return say(controller, ": beat\n\n");
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" },
  });
}

function gather(speaker: Speaker): string {
  let text = "";
  while (text.length < CHUNK_CHARS) {
    const event = speaker.next();
    if (event === null) break;
    text += event;
  }
  return text;
}
