using System.CommandLine;

namespace Fulcrum.Cli;

/// <summary>Examples for the help of each verb: they work as they stand in a fresh clone of the repository, those that
/// need an earlier one say so.</summary>
internal static class Examples
{
    private const string AfterRun = "after 'fulcrum run': ",
        Adapter = "runs/embedded/candidates/adapter/adapter";

    /// <summary>What is to be done, and the command that does it.</summary>
    public static IReadOnlyList<(string What, string Command)> Of(Command verb) =>
        NameOf(verb) switch
        {
            "run" =>
            [
                ("run the embedded study; repeat the command to resume an interrupted run", "fulcrum run"),
                (
                    "estimate the time and the minimum detectable differences before anything is measured",
                    "fulcrum run embedded --until prepare"
                ),
                (
                    "in a pipeline: exit code 3 unless the gain and the limit on the loss are both shown",
                    "fulcrum run embedded-gentle --quiet --require \"spider>=+5,mmlu>=-20\""
                ),
                ("the report in Brazilian Portuguese", "fulcrum run embedded --language pt-BR"),
            ],
            "check" =>
            [
                (
                    AfterRun + "judge its adapter like one from any trainer",
                    $"fulcrum check --base assets/model --adapter {Adapter} "
                        + "--target spider=assets/spider --general mmlu=assets/mmlu --output runs/judged"
                ),
            ],
            "export" =>
            [
                (
                    AfterRun + "write the model with its adapter as a GGUF file",
                    $"fulcrum export --model assets/model --adapter {Adapter} --to model.gguf --type q8_0"
                ),
            ],
            "trace" =>
            [
                (
                    "after 'fulcrum export': find where the file differs from the model and its adapter",
                    $"fulcrum trace --base assets/model --adapter {Adapter} --to model.gguf"
                ),
            ],
            "status" =>
            [
                (AfterRun + "show the state of every candidate, also while it runs", "fulcrum status runs/embedded"),
            ],
            "cancel" =>
            [
                ("stop a run and keep what was done; repeat its command to resume it", "fulcrum cancel runs/embedded"),
            ],
            "report" =>
            [
                (
                    AfterRun + "write its report again, in another language",
                    "fulcrum report runs/embedded --language pt-BR"
                ),
                (
                    AfterRun + "its targets and margins as test results for continuous integration",
                    "fulcrum report runs/embedded --junit fulcrum.xml"
                ),
            ],
            "view" => [("show the runs below the current folder in the browser", "fulcrum view")],
            "schema" => [("let an editor complete and check study files", "fulcrum schema > study.schema.json")],
            "compare" =>
            [
                (AfterRun + "compare its candidate with its base", "fulcrum compare runs/embedded"),
                (
                    AfterRun + "compare two answer files and print JSON",
                    "fulcrum compare runs/embedded/base/mmlu.jsonl runs/embedded/candidates/adapter/mmlu.jsonl --json"
                ),
                (
                    "after 'fulcrum run' and 'fulcrum run embedded-gentle': compare the two runs in one table",
                    "fulcrum compare runs/embedded runs/embedded-gentle --curve"
                ),
            ],
            "grade" =>
            [
                (
                    "find the option that a reply chose, and the rule that found it",
                    """echo '{"id":1,"options":["Paris","Oslo"],"answer":"B","reply":"I think it is B."}'"""
                        + " | fulcrum grade --task choice --input - --output -"
                ),
            ],
            "measure" =>
            [
                (
                    "measure the embedded model on 20 questions of each subject",
                    "fulcrum measure --model assets/model --task mmlu=assets/mmlu --items 20 --output measured"
                ),
            ],
            "items" =>
            [
                (
                    "print an item of a task with its prompt",
                    "fulcrum items --task mmlu=assets/mmlu --items 1 --output -"
                ),
            ],
            "tasks" => [("list the built-in tasks and the presets", "fulcrum tasks")],
            "score" =>
            [
                (
                    "compute the log-likelihoods of two continuations",
                    """echo '{"id":1,"prompt":"The answer is","continuations":[" A"," B"]}'"""
                        + " | fulcrum score --model assets/model --input - --output -"
                ),
            ],
            "generate" =>
            [
                (
                    "answer a conversation by greedy decoding",
                    """echo '{"id":1,"messages":[{"role":"user","content":"Hello"}]}'"""
                        + " | fulcrum generate --model assets/model --max-new-tokens 16 --input - --output -"
                ),
            ],
            "tokenize" =>
            [
                (
                    "convert a text to token ids",
                    """echo '{"text":"SELECT 1"}'""" + " | fulcrum tokenize --model assets/model --input - --output -"
                ),
            ],
            "sql" =>
            [
                (
                    "grade a prediction by executing it",
                    """echo '{"id":1,"db_id":"driver_car","gold":"SELECT count(*) """
                        + """FROM car","predicted":"SELECT count(id) FROM car"}'"""
                        + " | fulcrum sql --databases assets/spider/database --input - --output -"
                ),
            ],
            "train" =>
            [
                (
                    "train a LoRA adapter; repeat the command to resume an interrupted training",
                    """echo '{"prompt":"1 + 1 =","completion":" 2"}' > train.jsonl"""
                        + " && fulcrum train --model assets/model --data train.jsonl --output adapters/first"
                ),
            ],
            "merge" =>
            [
                (
                    AfterRun + "write a model folder with the adapter merged into the weights",
                    $"fulcrum merge --model assets/model --adapter {Adapter} --output models/merged"
                ),
            ],
            "bench" => [Scoring, Memory],
            "bench score" => [Scoring],
            "bench generate" =>
            [
                (
                    "measure the speed of generation",
                    """echo '{"prompt":[1,2,3,4],"new_tokens":16}'"""
                        + " | fulcrum bench generate --config assets/model/config.json --input -"
                ),
            ],
            "bench train" =>
            [
                (
                    "measure the speed of LoRA training",
                    """echo '{"db_id":"a","prompt":[1,2,3,4],"completion":[5,6]}'"""
                        + " | fulcrum bench train --config assets/model/config.json --input -"
                ),
            ],
            "bench memory" => [Memory],
            "bench engines" =>
            [
                (
                    "compare the speed of libtorch and llama.cpp at the same work",
                    """echo '{"subject":"a","prompt":[1,2,3,4],"letters":[5,6,7,8]}' > score.jsonl"""
                        + " && fulcrum bench engines --config assets/model/config.json --score score.jsonl"
                ),
            ],
            "stats" => [Holm],
            "stats boundaries" =>
            [
                (
                    "how clear must a difference be to stop at a fifth of the items?",
                    "fulcrum stats boundaries --looks 0.2,0.4,1"
                ),
            ],
            "stats holm" => [Holm],
            "stats pass-at-k" =>
            [
                (
                    "3 of 10 samples are correct: how likely is at least one correct among 5?",
                    "fulcrum stats pass-at-k --samples 10 --correct 3 --k 5"
                ),
            ],
            "pull" =>
            [
                ("fetch a model; the last line is its folder", "fulcrum pull Qwen/Qwen2-0.5B-Instruct"),
                ("fetch one subject of a data set", "fulcrum pull cais/mmlu --type dataset --include \"philosophy/*\""),
            ],
            "cache" => [("list the repositories in the cache with their sizes", "fulcrum cache")],
            "cache remove" => [("free the space of a repository", "fulcrum cache remove Qwen/Qwen2-0.5B-Instruct")],
            "login" => [("store a token for private and gated repositories", "fulcrum login")],
            "doctor" => [("print what a bug report should contain", "fulcrum doctor --json")],
            "" =>
            [
                ("is this machine ready?", "fulcrum doctor"),
                ("run the embedded study: measure, fine-tune, measure again, compare, report", "fulcrum run"),
                (AfterRun + "its comparison again", "fulcrum compare runs/embedded"),
            ],
            _ => [],
        };

    private static (string, string) Memory =>
        (
            "measure the peak memory of a QLoRA training and list its parts",
            "fulcrum bench memory --config assets/model/config.json --dtype f32 --quantization nf4 --tokens 128"
        );

    private static (string, string) Holm => ("adjust three p values", "fulcrum stats holm --p 0.01,0.04,0.03");

    private static (string, string) Scoring =>
        (
            "measure the speed of scoring",
            """echo '{"subject":"a","prompt":[1,2,3,4],"letters":[5,6,7,8]}'"""
                + " | fulcrum bench score --config assets/model/config.json --input -"
        );

    // "bench score" is another verb than "score".
    /// <summary>Returns what is typed after <c>fulcrum</c>; empty for the program itself.</summary>
    public static string NameOf(Command verb) =>
        verb is RootCommand ? ""
        : verb.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand
            ? $"{NameOf(parent)} {verb.Name}"
        : verb.Name;
}
