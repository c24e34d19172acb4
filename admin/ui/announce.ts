/** Says what changed to those who do not see it, and shows what an operation came to. */
import { signal } from "@preact/signals";

/** Read aloud by screen readers. */
export const announced = signal("");

/** Sentences said at once are said together. */
export function announce(sentences: readonly string[]): void {
  if (sentences.length > 0) announced.value = sentences.join(". ");
}

export interface Notice {
  readonly id: number;
  readonly ok: boolean;
  readonly text: string;
}

export const notices = signal<readonly Notice[]>([]);

const SHOWN_MS = 6_000;
const MOST = 4;
let lastId = 0;

/** Shows a sentence for a while; failures stay until they are dismissed. */
export function notify(ok: boolean, text: string): void {
  const id = ++lastId;
  notices.value = [...notices.value, { id, ok, text }].slice(-MOST);
  if (ok) setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
