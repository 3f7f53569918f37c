#!/usr/bin/env python3
"""Sends every case of the reference results through the commands of the tool and compares within the tolerances of their README.

    tests/golden.py [--tool "PATH or command"] [--shared DIR] [NAME...]

NAME: models lora merge training nf4 tokenizer chat templates mmlu requests statistics sql stories; all when none is given. Without --tool the
tool is published from src/Fulcrum.Cli into a folder that is removed afterwards. Plain Python 3.9+, no packages. What a command cannot show is left
to the tests of the library: ids with special tokens, gradients, packed NF4 codes and the states of the 8-bit optimiser. One line a group; exit code 1
when one falls short.
"""
import argparse, array, glob, json, math, os, shlex, shutil, struct, subprocess, sys, tempfile, time

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POSITIONS = 6    # of every sequence whose whole distribution over the vocabulary is asked for


class Short(Exception):
    """The tool fell short; the text says how."""


class Golden:
    def __init__(self, command, shared, work):
        self.command, self.shared, self.golden, self.work, self.calls = command, shared, f"{shared}/golden", work, 0

    def run(self, *args):
        self.calls += 1
        return subprocess.run(self.command + [str(a) for a in args], capture_output=True, text=True, timeout=1800)

    def call(self, *args):
        r = self.run(*args)
        if r.returncode: raise Short(f"{args[0]}: exit {r.returncode}: {' '.join(r.stderr.split())[-300:]}")
        return r.stdout

    def ask(self, verb, rows, *args):
        """One answer a row, in order."""
        if not rows: return []
        given, out = f"{self.work}/in.jsonl", f"{self.work}/out.jsonl"
        with open(given, "w", encoding="utf-8") as f: f.writelines(json.dumps(r) + "\n" for r in rows)
        self.call(verb, *args, "--input", given, "--output", out)
        answers = lines(out)
        if len(answers) != len(rows): raise Short(f"{verb}: {len(answers)} answers for {len(rows)} lines")
        return answers

    def distributions(self, golden, logits, *model):
        """The largest difference of log-probabilities: of every next token, and of the whole vocabulary at some positions."""
        ids, values = golden["input_ids"], golden[logits]
        (count, length), size = ids.shape, values.shape[2]
        rows, wanted = [], []
        for i in range(count):
            tokens = ids.data[i * length:(i + 1) * length].tolist()
            for at in range(1, length):
                row = values.data[((i * length) + at - 1) * size:((i * length) + at) * size]
                total = max(row) + math.log(sum(math.exp(v - max(row)) for v in row))
                asked = range(size) if at % (length // POSITIONS) == 0 else [tokens[at]]
                rows.append({"prompt_ids": tokens[:at], "continuation_ids": [[t] for t in asked]})
                wanted.append([row[t] - total for t in asked])
        return largest(self.ask("score", rows, *model), wanted)

    # --- the groups: the number of cases, their worst disagreement, what is wrong ------------------------------------------------------

    def models(self):
        """Logits and 60 greedy tokens of every family."""
        n, worst, wrong = 0, 0.0, []
        for file in sorted(glob.glob(f"{self.golden}/models/*/golden.safetensors")):
            folder = os.path.dirname(file)
            name, golden, model = os.path.basename(folder), safetensors(folder), ["--model", folder, "--dtype", "f32"]
            error = self.distributions(golden, "logits", *model)
            prompt, generated = golden["prompt"].data.tolist(), golden["generated"].data.tolist()
            ends = json.load(open(f"{folder}/generation_config.json")).get("eos_token_id")
            ends = [ends] if isinstance(ends, int) else ends or []
            got = self.ask("generate", [{"prompt_ids": prompt}], *model, "--max-new-tokens", len(generated) - len(prompt))[0]["ids"]
            n, worst = n + golden["input_ids"].shape[0] + 1, max(worst, error)
            wrong += [name] * (error > 1e-4) + [f"greedy {name}"] * (until(got, ends) != until(generated[len(prompt):], ends))
        older = f"{self.work}/older"
        shutil.copytree(f"{self.golden}/models/llama3-scaled", older)
        shutil.copy(f"{older}/config.older-layout.json", f"{older}/config.json")
        error = self.distributions(safetensors(older), "logits", "--model", older, "--dtype", "f32")
        return n + 3, max(worst, error), wrong + ["older layout"] * (error > 1e-4)

    def lora(self):
        """Adapters beside their base."""
        return self.adapters("logits", lambda folder: ["--model", f"{self.golden}/models/qwen2-tied", "--adapter", folder, "--dtype", "f32"])

    def merge(self):
        """The same merged into a model folder."""
        def merged(folder):
            out = f"{self.work}/merged-{os.path.basename(folder)}"
            self.call("merge", "--model", f"{self.golden}/models/qwen2-tied", "--adapter", folder, "--dtype", "f32", "--output", out)
            return ["--model", out, "--dtype", "f32"]
        return self.adapters("merged_logits", merged)

    def adapters(self, logits, model):
        n, worst, wrong = 0, 0.0, []
        for folder in sorted(glob.glob(f"{self.golden}/lora/*")):
            golden = safetensors(folder)
            error = self.distributions(golden, logits, *model(folder))
            n, worst = n + golden["input_ids"].shape[0], max(worst, error)
            wrong += [os.path.basename(folder)] * (error > 1e-4)
        return n, worst, wrong

    def training(self):
        """Losses, gradient norms and rates of 24 steps, and the adapter that they lead to."""
        t = json.load(open(f"{self.golden}/training/training.json"))
        data, out, config = (f"{self.work}/{name}" for name in ("train.jsonl", "trained", "train.json"))
        with open(data, "w") as f:
            for i in (i for step in t["log"] for i in step["examples"]):
                e = t["examples"][i]
                f.write(json.dumps({"prompt_ids": e["tokens"][:e["completion_start"]], "completion_ids": e["tokens"][e["completion_start"]:]}) + "\n")
        json.dump({"epochs": 1, "batchSize": 8, "learningRate": 5e-3, "weightDecay": .01, "schedule": "linear", "warmupSteps": 4, "maxGradientNorm": None, "optimizer": "adamw"}, open(config, "w"))
        self.call("train", "--model", f"{self.golden}/models/qwen2-tied", "--dtype", "f32", "--data", data, "--initial-adapter", f"{self.golden}/training/initial", "--order", "given", "--config", config, "--output", out)
        got, wrong = [x for x in lines(f"{out}/train.jsonl") if "loss" in x], []
        if len(got) != len(t["log"]): raise Short(f"{len(got)} steps instead of {len(t['log'])}")
        worst = 0.0
        for k, (a, b) in enumerate(zip(got, t["log"])):
            error = abs(a["loss"] - b["loss"]) / b["loss"]
            worst = max(worst, error)
            ok = error < 1e-4 + 9e-4 * k / 23 and abs(a["grad_norm"] - b["grad_norm"]) < 1e-3 * b["grad_norm"] and abs(a["learning_rate"] - b["lr"]) <= 1e-9
            wrong += [] if ok else [f"step {k + 1}"]
        mine, theirs = safetensors(out, "adapter_model"), safetensors(f"{self.golden}/training/final", "adapter_model")
        apart = max(max(abs(x - y) for x, y in zip(mine[k].data, theirs[k].data)) for k in theirs)
        return len(got) + 1, worst, wrong + [f"final adapter {apart:.2g}"] * (apart > 1e-3 or mine.keys() != theirs.keys())

    def nf4(self):
        """Logits after the projections went through NF4 with double quantisation."""
        golden = safetensors(f"{self.golden}/nf4", "qwen2-untied-nf4-logits")
        error = self.distributions(golden, "logits", "--model", f"{self.golden}/models/qwen2-untied", "--dtype", "f32", "--quantization", "nf4-double")
        return golden["input_ids"].shape[0], error, ["logits"] * (error > 1e-4)

    def tokenizer(self):
        """Texts to ids and ids to texts, of every layout."""
        qwen, n, wrong = f"{self.shared}/data/qwen2-tokenizer", 0, []
        sets = [("qwen2", qwen, f"{self.golden}/tokenizer/qwen2.jsonl"), ("qwen2-decode", qwen, f"{self.golden}/tokenizer/qwen2-decode.jsonl")]
        sets += [(os.path.basename(d[:-1]), d, f"{d}cases.jsonl") for d in sorted(glob.glob(f"{self.golden}/tokenizer/*/"))]
        for name, model, file in sets:
            cases = lines(file)
            texts = [c for c in cases if "text" in c]
            got = self.ask("tokenize", [{"text": c["text"]} for c in texts], "--model", model)
            back = self.ask("tokenize", [{"ids": c["ids"]} for c in cases], "--model", model)
            bad = sum(a["ids"] != c["ids"] for a, c in zip(got, texts)) + sum(a["text"] != c["decoded"] for a, c in zip(back, cases))
            n, wrong = n + len(texts) + len(cases), wrong + [f"{name} {bad}"] * (bad > 0)
        return n, 0.0, wrong

    def chat(self):
        """Conversations through Qwen2's template, and greedy continuations of such prompts with their log-likelihoods."""
        cases = lines(f"{self.golden}/chat/qwen2.jsonl")
        got = self.ask("tokenize", [{k: c[k] for k in ("messages", "add_generation_prompt")} for c in cases], "--model", f"{self.shared}/data/qwen2-tokenizer")
        bad = sum((a["text"], a["ids"]) != (c["text"], c["ids"]) for a, c in zip(got, cases))
        greedy = lines(f"{self.golden}/chat/greedy.jsonl")
        got = self.ask("generate", [{"prompt_ids": c["prompt"]} for c in greedy], "--model", f"{self.golden}/models/qwen2-full-vocabulary", "--dtype", "f32", "--max-new-tokens", 24)
        ended = [until(c["generated"], [151645, 151643]) for c in greedy]
        other = sum(until(a["ids"], [151645, 151643]) != e for a, e in zip(got, ended))
        worst = max(abs(x - y) for a, c, e in zip(got, greedy, ended) for x, y in zip(a["log_likelihoods"], c["log_likelihoods"][:len(e)]))
        return len(cases) + len(greedy), worst, [f"prompts {bad}"] * (bad > 0) + [f"greedy {other}"] * (other > 0) + ["log-likelihoods"] * (worst > 1e-3)

    def templates(self):
        """Templates of other families: what they render, and every complaint of theirs (exit code 2, with its words)."""
        n, wrong = 0, []
        for file in sorted(glob.glob(f"{self.golden}/chat/templates/*.jinja")):
            folder, cases, name = tempfile.mkdtemp(dir=self.work), lines(file[:-6] + ".jsonl"), os.path.basename(file)[:-6]
            shutil.copy(f"{self.shared}/data/qwen2-tokenizer/tokenizer.json", folder)
            json.dump({"chat_template": open(file, newline="").read(), "bos_token": "<s>", "eos_token": "</s>"}, open(f"{folder}/tokenizer_config.json", "w"))
            row = lambda x: {"messages": x["messages"], "add_generation_prompt": x["add_generation_prompt"], "variables": {k: x[k] for k in ("date_string", "enable_thinking") if k in x}}
            fine = [x for x in cases if "text" in x]
            bad = sum(a["text"] != x["text"] for a, x in zip(self.ask("tokenize", [row(x) for x in fine], "--model", folder), fine))
            for x in (x for x in cases if "error" in x):
                with open(f"{self.work}/in.jsonl", "w") as f: f.write(json.dumps(row(x)) + "\n")
                r = self.run("tokenize", "--model", folder, "--input", f"{self.work}/in.jsonl", "--output", "-")
                bad += r.returncode != 2 or x["error"] not in r.stderr
            n, wrong = n + len(cases), wrong + [f"{name} {bad}"] * (bad > 0)
        return n, 0.0, wrong

    def mmlu(self):
        """Prompts of lm-evaluation-harness as text, with the likelihoods of the four letters."""
        cases = lines(f"{self.golden}/mmlu/lm-eval.jsonl")
        got = self.ask("score", [{"prompt": c["prompt"], "continuations": c["continuations"]} for c in cases], "--model", f"{self.golden}/models/qwen2-full-vocabulary", "--dtype", "f32")
        worst = largest(got, [c["log_likelihoods"] for c in cases])
        return len(cases), worst, ["log-likelihoods"] * (worst > 1e-3)

    def requests(self):
        """The files of score and generate requests."""
        n, worst, wrong = 0, 0.0, []
        for file in sorted(glob.glob(f"{self.golden}/requests/score-*.jsonl")):
            c, rows = json.load(open(file[:-1])), lines(file)
            model = ["--model", f"{self.golden}/models/{c['model']}", "--dtype", "f32"] + (["--adapter", f"{self.golden}/{c['adapter']}"] if "adapter" in c else [])
            model += ["--quantization", "nf4-double" if c["quantization"] is True else c["quantization"]] if c.get("quantization") else []
            error = largest(self.ask("score", [{k: v for k, v in r.items() if k != "expected"} for r in rows], *model), [r["expected"] for r in rows])
            n, worst, wrong = n + len(rows), max(worst, error), wrong + [os.path.basename(file)] * (error > 1e-3)
        for file in sorted(glob.glob(f"{self.golden}/requests/generate-*.jsonl")):
            rows = lines(file)
            for r in rows:
                got = self.ask("generate", [{k: v for k, v in r.items() if k != "expected"}], "--model", f"{self.golden}/models/{os.path.basename(file)[9:-6]}", "--dtype", "f32", "--max-new-tokens", len(r["expected"]))[0]
                wrong += [os.path.basename(file)] * (until(got["ids"], [2]) != until(r["expected"], [2]))
            n += len(rows)
        return n, worst, wrong

    def statistics(self):
        """Pairs of answer files against scipy."""
        expected, wrong, near = json.load(open(f"{self.golden}/statistics/expected.json")), [], lambda a, b: a is not None and abs(a - b) <= 1e-6
        for name, e in expected.items():
            got = json.loads(self.call("compare", f"{self.golden}/statistics/{name}-before.jsonl", f"{self.golden}/statistics/{name}-after.jsonl", "--json"))["benchmarks"][0]
            k, n = e["clusters"], e["items"]
            ok = (got["items"], got["unscored"], got["mcnemar"]["gained"], got["mcnemar"]["lost"]) == (n, e["unscored"], e["gained"], e["lost"])
            ok &= near(got["mcnemar"]["p"], e["mcnemar_exact"]) and all(near(got[s]["score"], e[s]) and near(got[s]["low"], e[f"{s}_wilson"][0]) and near(got[s]["high"], e[f"{s}_wilson"][1]) for s in ("before", "after"))
            ok &= k < 2 or near(got["difference"]["standard_error"], e["clustered_se"] * math.sqrt(k / (k - 1) * (n - 1) / n)) or near(got["difference"]["standard_error"], e["clustered_se"] * math.sqrt(k / (k - 1)))
            wrong += [] if ok else [name]
        return len(expected), 0.0, wrong

    def sql(self):
        """Every pair of queries: the official verdict and the notebook's."""
        pairs, n, wrong = lines(f"{self.shared}/data/spider/official_eval/pairs.jsonl"), 0, []
        for semantics, key in (("official", "exec_match"), ("notebook", "set_match")):
            rows = [x for x in pairs if not (semantics == "notebook" and x.get("gold_error_raw"))]
            got = self.ask("sql", [{"id": i, "db_id": x["db_id"], "gold": x["gold"], "predicted": x["predicted"]} for i, x in enumerate(rows)], "--databases", f"{self.shared}/data/spider/database", "--semantics", semantics)
            bad = sum(a["score"] != x[key] for a, x in zip(got, rows))
            n, wrong = n + len(rows), wrong + [f"{semantics} {bad}"] * (bad > 0)
        return n, 0.0, wrong

    def stories(self):
        """The real small model: 256 greedy tokens, and its logits at 64 positions."""
        folder = f"{self.shared}/data/stories260k"
        tokens = [int(t) for t in open(f"{folder}/greedy-tokens.txt").read().split()]
        model = ["--model", folder, "--dtype", "f32"]
        written = self.ask("generate", [{"prompt_ids": tokens[:1]}], *model, "--max-new-tokens", len(tokens) - 1)[0]["ids"]
        logits = array.array("f", open(f"{folder}/reference-logits.f32", "rb").read())
        golden = {"input_ids": Tensor(array.array("q", tokens[:64]), (1, 64)), "logits": Tensor(logits, (1, 64, 512))}
        error = self.distributions(golden, "logits", *model)
        return len(tokens) - 1 + 64, error, ["greedy"] * (written != tokens[1:]) + ["logits"] * (error > 1e-3)


class Tensor:
    def __init__(self, data, shape): self.data, self.shape = data, tuple(shape)


def safetensors(folder, name="golden"):
    with open(f"{folder}/{name}.safetensors", "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        start, out = f.tell(), {}
        for key, t in header.items():
            if key == "__metadata__": continue
            f.seek(start + t["data_offsets"][0])
            out[key] = Tensor(array.array({"F32": "f", "I64": "q"}[t["dtype"]], f.read(t["data_offsets"][1] - t["data_offsets"][0])), t["shape"])
        return out


def lines(path):
    with open(path, encoding="utf-8") as f: return [json.loads(x) for x in f]


def until(ids, ends):
    at = next((i for i, t in enumerate(ids) if t in ends), len(ids))
    return ids[:at]


def largest(answers, wanted):
    worst = 0.0
    for a, w in zip(answers, wanted):
        if len(a["log_likelihoods"]) != len(w): raise Short(f"{len(a['log_likelihoods'])} log-likelihoods for {len(w)} continuations")
        worst = max([worst] + [abs(x - y) if isinstance(x, (int, float)) and math.isfinite(x) else math.inf for x, y in zip(a["log_likelihoods"], w)])
    return worst


def main():
    names = ["models", "lora", "merge", "training", "nf4", "tokenizer", "chat", "templates", "mmlu", "requests", "statistics", "sql", "stories"]
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", nargs="*", metavar="NAME")
    p.add_argument("--tool")
    p.add_argument("--shared", default=os.path.join(PROJECT, "..", "shared"))
    a, short = p.parse_args(), False
    if unknown := [x for x in a.name if x not in names]: p.error(f"unknown {unknown[0]}; known are {', '.join(names)}")
    if not os.path.isdir(f"{a.shared}/golden"): p.error(f"the reference results are not in {a.shared}/golden; name their folder by --shared")
    with tempfile.TemporaryDirectory() as work:
        if a.tool: command = shlex.split(a.tool)
        else:
            subprocess.run(["dotnet", "publish", f"{PROJECT}/src/Fulcrum.Cli", "-c", "Release", "-o", f"{work}/tool", "--nologo", "-v", "q"], check=True, stdout=subprocess.DEVNULL)
            command = [f"{work}/tool/fulcrum"]
        golden = Golden(command, os.path.abspath(a.shared), work)
        for name in a.name or names:
            start, golden.calls = time.time(), 0
            try: n, worst, wrong = getattr(golden, name)()
            except Short as e: n, worst, wrong = 0, math.nan, [str(e)]
            short |= bool(wrong)
            print(f"{name:<10} {n:>6} cases, {golden.calls:>3} calls, largest difference {worst:.1e}, {time.time() - start:4.0f} s: {'equal' if not wrong else 'WRONG: ' + ', '.join(wrong)}", flush=True)
    sys.exit(short)


if __name__ == "__main__":
    main()
