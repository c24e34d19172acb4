import assert from "node:assert/strict";
import { Admission } from "./admission.ts";

const limits = { total: 6, keptForLoopback: 2, perSource: 2, perLoopbackSource: 5 };

Deno.test("sources elsewhere share what is not kept for this machine", () => {
  const admission = new Admission(limits);
  const places = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"].map((ip) =>
    admission.take(ip)
  );
  assert(places.every((place) => place !== null));
  assert.equal(admission.take("192.0.2.4"), null);
  assert(admission.take("127.0.0.1") && admission.take("::1"));
  assert.equal(admission.take("127.0.0.1"), null);
  assert.equal(admission.open, 6);
});

Deno.test("one source has a few places, this machine more of them", () => {
  const admission = new Admission(limits);
  const release = admission.take("192.0.2.1")!;
  assert(admission.take("192.0.2.1"));
  assert.equal(admission.take("192.0.2.1"), null);
  release();
  release();
  assert.equal(admission.open, 1);
  assert(admission.take("192.0.2.1"));
  const own = new Admission(limits);
  for (let n = 0; n < 5; n += 1) assert(own.take("127.0.0.1"));
  assert.equal(own.take("127.0.0.1"), null);
  assert(own.take("::1"));
});
