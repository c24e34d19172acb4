/** The git hash in every state a checkout can be in. */
import assert from "node:assert/strict";
import { buildHash, gitHash } from "./build_hash.ts";

const HASH = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "fedcba9876543210fedcba9876543210fedcba98";

/** A directory with these files in it, removed after use. */
function checkout(files: Record<string, string>, check: (root: string) => void): void {
  const root = Deno.makeTempDirSync();
  try {
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(`${root}/${path.replace(/[^/]*$/, "")}`, { recursive: true });
      Deno.writeTextFileSync(`${root}/${path}`, text);
    }
    check(root);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("the hash comes from the branch HEAD names", () => {
  const files = { ".git/HEAD": "ref: refs/heads/a/b\n", ".git/refs/heads/a/b": `${HASH}\n` };
  checkout(files, (root) => assert.equal(gitHash(root), "0123456"));
});

Deno.test("a branch without a file of its own is looked up in packed-refs", () => {
  const packed =
    `# pack-refs with: peeled fully-peeled sorted\n${OTHER} refs/heads/main2\n${HASH} refs/heads/main\n^${OTHER}\n`;
  const files = { ".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": packed };
  checkout(files, (root) => assert.equal(gitHash(root), "0123456"));
});

Deno.test("a loose reference wins over an older packed one", () => {
  const files = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/packed-refs": `${OTHER} refs/heads/main\n`,
    ".git/refs/heads/main": HASH,
  };
  checkout(files, (root) => assert.equal(gitHash(root), "0123456"));
});

Deno.test("a detached HEAD is the hash itself", () => {
  checkout({ ".git/HEAD": `${HASH}\n` }, (root) => assert.equal(gitHash(root), "0123456"));
});

Deno.test("a linked worktree finds its branch in the common directory", () => {
  const files = {
    "main/.git/refs/heads/side": HASH,
    "main/.git/HEAD": "ref: refs/heads/main\n",
    "main/.git/refs/heads/main": OTHER,
    "main/.git/worktrees/side/HEAD": "ref: refs/heads/side\n",
    "main/.git/worktrees/side/commondir": "../..\n",
    "side/.git": "gitdir: ../main/.git/worktrees/side\n",
  };
  checkout(files, (root) => assert.equal(gitHash(`${root}/side`), "0123456"));
});

Deno.test("without a usable commit the hash is unknown", () => {
  const cases: Record<string, string>[] = [
    { "README.md": "" },
    { ".git/HEAD": "ref: refs/heads/unborn\n" },
    { ".git/HEAD": "ref: refs/heads/a\n", ".git/refs/heads/a": "ref: refs/heads/a\n" },
    { ".git/HEAD": "0123456" },
    { ".git": "gitdir: nowhere\n" },
  ];
  for (const files of cases) checkout(files, (root) => assert.equal(gitHash(root), "unknown"));
});

Deno.test("run from source, the hash is that of this checkout", () => {
  assert.equal(buildHash(), gitHash(decodeURIComponent(new URL("..", import.meta.url).pathname)));
});
