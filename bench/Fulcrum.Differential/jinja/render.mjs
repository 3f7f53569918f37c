// Reads a line of JSON per pair from standard input, {"template", "variables"}, and writes {"text"} or {"error"}.
// The first argument is a folder with node_modules that holds @huggingface/jinja.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "package.json"));
const { Template } = require("@huggingface/jinja");

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { template, variables } = JSON.parse(line);
  let answer;
  try {
    answer = { text: new Template(template).render(variables) };
  } catch (e) {
    answer = { error: String(e?.message ?? e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
