/** Which modules lead to a package. */
import assert from "node:assert/strict";
import { moduleGraph, reaches } from "./module_graph.ts";

Deno.test("a package is reached through any chain of imports, cycles included", () => {
  const graph = moduleGraph(
    new Map([
      ["a.ts", `import "./b.ts";\n`],
      ["b.ts", `import "./a.ts";\nconst c = ${"import"}("./sub/c.ts");\n`],
      ["sub/c.ts", `import { x } from "@matrixai/quic/lib";\nimport "../missing.ts";\n`],
      ["d.ts", `import "./e.ts";\n`],
      ["e.ts", `import "smol-toml";\n`],
    ]),
  );
  assert.equal(reaches(graph, "a.ts", "@matrixai/"), true);
  assert.equal(reaches(graph, "d.ts", "@matrixai/"), false);
});
