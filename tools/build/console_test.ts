import assert from "node:assert/strict";
import { stop } from "esbuild";
import { root } from "../house/root.ts";
import { sources } from "../house/sources.ts";
import { buildConsole } from "./console.ts";

/** Minified, before compression. */
const MAX_BYTES = 150_000;

Deno.test("the console is small, asks nobody else and has no inline code", async () => {
  const { html, js, css } = await buildConsole();
  await stop();
  assert(js.length + css.length < MAX_BYTES, `${js.length} + ${css.length} bytes`);
  // Names of XML namespaces are never fetched.
  const addresses = (js + css + html).replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, "")
    .match(/(?:https?|wss?):\/\/[^\s"'`)]*|url\([^)]*\)/g);
  assert.equal(addresses, null);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
  assert.doesNotMatch(html, /(?:src|href)="(?:\/|\w+:)/);
  assert.doesNotMatch(js, /\beval\(|new Function\(/);
});

Deno.test("text of the network cannot become markup or style: nothing in the console does that", () => {
  const ui = [...sources(`${root}/admin`)].filter(([path]) => path.startsWith("ui/"));
  assert(ui.length > 30);
  for (const [path, text] of ui) {
    assert.doesNotMatch(
      text,
      /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\bstyle=/,
      path,
    );
  }
});
