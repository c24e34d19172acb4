/** Long answers piece by piece, so that nobody is kept waiting for the one of another. */

/** About one turn of the event loop's worth of text. */
const CHUNK_CHARS = 16_384;

/** A body of many small texts; between pieces of it the server lets others have their turn. */
export function chunked(
  texts: Iterable<string> | AsyncIterable<string>,
): ReadableStream<Uint8Array> {
  const iterator: Iterator<string> | AsyncIterator<string> = Symbol.asyncIterator in texts
    ? texts[Symbol.asyncIterator]()
    : texts[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let piece = "";
      while (piece.length < CHUNK_CHARS) {
        const step = iterator.next();
        // Waiting for what is there already would cost more than making it.
        const { done, value } = step instanceof Promise ? await step : step;
        if (done) {
          if (piece !== "") controller.enqueue(encoder.encode(piece));
          return controller.close();
        }
        piece += value;
      }
      controller.enqueue(encoder.encode(piece));
    },
    cancel: () => void iterator.return?.(),
  }, { highWaterMark: 0 });
}
