/** Exits 0 when node_modules holds every package of package-lock.json this platform needs, in its version. */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const wrong = Object.entries(lock.packages).filter(([path, entry]) => {
  if (path === "" || !isForThisPlatform(entry)) return false;
  const installed = installedVersion(path);
  return installed === null ? !canDoWithout(path, entry) : installed !== entry.version;
});
if (wrong.length > 0 && process.argv.includes("--explain")) {
  console.error(
    `install: missing or of another version: ${wrong.map(([path]) => path).join(", ")}`,
  );
}
process.exit(wrong.length === 0 ? 0 : 1);

/** Some registries lack optional packages of some platforms; only the tools themselves cannot do without theirs. */
function canDoWithout(path, { optional }) {
  return optional === true && !/\/@(deno|esbuild)\//.test(path);
}

function isForThisPlatform({ os, cpu }) {
  return (!os || os.includes(process.platform)) && (!cpu || cpu.includes(process.arch));
}

function installedVersion(path) {
  const manifest = `${path}/package.json`;
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : null;
}
