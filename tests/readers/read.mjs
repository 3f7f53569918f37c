// Prints as JSON what other programs' parsers make of a file: node read.mjs junit|card FILE
import { readFileSync } from "node:fs";

const [form, file] = process.argv.slice(2);
const text = readFileSync(file, "utf8");
let value;
if (form === "junit") {
  const { parse } = await import("junit2json");
  value = await parse(text);
} else {
  const { load } = await import("js-yaml");
  value = load(text.split("---\n")[1]);
}
console.log(JSON.stringify(value));
