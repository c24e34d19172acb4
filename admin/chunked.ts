/** Long answers piece by piece, so that voice is never kept waiting for one. */

/** About one turn of the event loop's worth of text. */
const CHUNK_CHARS = 16_384;

/** A body of many small texts; between pieces of it the server lets others have their turn. */
export function chunked(texts: Iterable<string>): ReadableStream<Uint8Array> {
  const iterator = texts[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      let piece = "";
      while (piece.length < CHUNK_CHARS) {
        const { done, value } = iterator.next();
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
