// The script that a browser must load before the first view works, gzipped, must stay below the limit.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));

/** Collect a chunk and all that it imports statically. */
function collect(key, files = new Set()) {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) collect(imported, files);
  return files;
}

const sizeKb = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`dist/${file}`)).length, 0) / 1000;
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = new Set(collect(entry));
console.log(`entry: ${sizeKb(first).toFixed(1)} kB`);
let largest = 0;
for (const key of manifest[entry].dynamicImports ?? []) {
  const total = sizeKb(collect(key, new Set(first)));
  largest = Math.max(largest, total);
  console.log(`entry with ${key}: ${total.toFixed(1)} kB`);
}
if (largest > LIMIT_KB) {
  console.error(`first load is ${largest.toFixed(1)} kB of gzipped script; the limit is ${LIMIT_KB} kB`);
  process.exit(1);
}
