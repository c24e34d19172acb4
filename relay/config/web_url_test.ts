import assert from "node:assert/strict";
import { webUrl } from "./web_url.ts";

const read = (raw: unknown) => {
  const reading = webUrl.read(raw);
  return "value" in reading ? reading.value : null;
};

Deno.test("http and https URLs are accepted in one spelling", () => {
  const cases: [string, string][] = [
    ["https://chat.example.org/v1/auth?key=1", "https://chat.example.org/v1/auth?key=1"],
    ["HTTP://Chat.Example.org", "http://chat.example.org/"],
    ["http://[::1]:8080/x", "http://[::1]:8080/x"],
    ["http://127.0.0.1:80/", "http://127.0.0.1/"],
  ];
  for (const [text, href] of cases) assert.equal(read(text), href);
});

Deno.test("anything else is refused", () => {
  const bad = ["", "chat.example.org", "/path", "ftp://h/", "file:///etc/passwd", "data:,{}"];
  const worse = ["https://", "https:///x", "https:h", "http://h:99999/", "http://a b/", 5, null];
  const worst = ["https://u@h/", "https://u:p@h/", "https://:p@h/", "https://h/#part"];
  const longest = `https://h/${"x".repeat(2_048)}`;
  for (const raw of [...bad, ...worse, ...worst, longest, "wss://h/", "javascript:1"]) {
    assert.equal(read(raw), null, String(raw));
  }
});

Deno.test("a password in a URL is not in the sentence about it", () => {
  for (const raw of ["https://me:hunter3@registry.example", "http://hunter3@[::1]:80/x@y"]) {
    const read = webUrl.read(raw);
    assert.ok(!("value" in read));
    assert.ok(!JSON.stringify(read).includes("hunter3"), JSON.stringify(read));
  }
});
