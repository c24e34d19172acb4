import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { NewsFilter } from "./news_filter.ts";

const OURS = Uint8Array.of(1, 2, 3);
const THEIRS = Uint8Array.of(4, 5, 6);

Deno.test("what waited in a relay that stood still is not heard when it comes back through another one", () => {
  const news = new NewsFilter(nodeCrypto);
  news.sent(OURS, 0);
  news.several();
  news.single(1_600);
  assert.equal(news.isNews(OURS, 1, 4_200), false);
  assert.equal(news.isNews(THEIRS, 1, 4_200), true);
});

Deno.test("over one relay alone nothing comes back, so the very same is somebody else's", () => {
  const news = new NewsFilter(nodeCrypto);
  news.sent(OURS, 0);
  assert.equal(news.isNews(OURS, 0, 10), true);
});

Deno.test("a copy over another relay is no news, a repetition over the same one is left to the receiver", () => {
  const news = new NewsFilter(nodeCrypto);
  news.several();
  assert.deepEqual([0, 1, 0].map((session) => news.isNews(THEIRS, session, 10)), [
    true,
    false,
    true,
  ]);
});
