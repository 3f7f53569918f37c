using System.CommandLine;

namespace Fulcrum.Cli;

/// <summary>Examples for the help of each verb: they work as they stand in a fresh clone of the repository, those that
/// need an earlier one say so.</summary>
internal static class Examples
{
    private const string AfterRun = "after 'fulcrum run': ";

    /// <summary>What is to be done, and the command that does it.</summary>
    public static IReadOnlyList<(string What, string Command)> Of(Command verb) =>
        NameOf(verb) switch
        {
            "run" =>
            [
                (
                    "the whole experiment of the embedded study; killed or interrupted, "
                        + "the same command goes on where it stopped",
                    "fulcrum run"
                ),
                (
                    "what a study will take and the smallest difference it can show, before anything is measured",
                    "fulcrum run embedded --until prepare"
                ),
                (
                    "in a pipeline: exit code 3 unless the gain and the limit on the loss are shown",
                    "fulcrum run embedded-gentle --quiet --require \"spider>=+5,mmlu>=-20\""
                ),
                ("the report in Brazilian Portuguese", "fulcrum run embedded --language pt-BR"),
            ],
            "report" =>
            [
                (
                    AfterRun + "write its report again, in another language",
                    "fulcrum report runs/embedded --language pt-BR"
                ),
            ],
            "compare" =>
            [
                (AfterRun + "before and after of that run", "fulcrum compare runs/embedded"),
                (
                    AfterRun + "two files of answers, for a program to read",
                    "fulcrum compare runs/embedded/before/mmlu.jsonl runs/embedded/after/mmlu.jsonl --json"
                ),
                (
                    "after 'fulcrum run' and 'fulcrum run embedded-gentle': what the two adapters reach, in one table",
                    "fulcrum compare runs/embedded runs/embedded-gentle --curve"
                ),
            ],
            "grade" =>
            [
                (
                    "which option a reply chose, and by which rule",
                    """echo '{"id":1,"options":["Paris","Oslo"],"answer":"B","reply":"I think it is B."}'"""
                        + " | fulcrum grade --task choice --input - --output -"
                ),
            ],
            "measure" =>
            [
                (
                    "the embedded model on twenty questions of each subject of its data",
                    "fulcrum measure --model assets/model --task mmlu=assets/mmlu --items 20 --output measured"
                ),
            ],
            "items" =>
            [
                (
                    "what a task would ask, without a model",
                    "fulcrum items --task mmlu=assets/mmlu --items 1 --output -"
                ),
            ],
            "tasks" => [("the built-in tasks and the presets", "fulcrum tasks")],
            "score" =>
            [
                (
                    "log-likelihoods of two continuations",
                    """echo '{"id":1,"prompt":"The answer is","continuations":[" A"," B"]}'"""
                        + " | fulcrum score --model assets/model --input - --output -"
                ),
            ],
            "generate" =>
            [
                (
                    "answer a conversation, greedily",
                    """echo '{"id":1,"messages":[{"role":"user","content":"Hello"}]}'"""
                        + " | fulcrum generate --model assets/model --max-new-tokens 16 --input - --output -"
                ),
            ],
            "tokenize" =>
            [
                (
                    "token ids of a text",
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
                    "a LoRA adapter from prompts and completions; the same command goes on after an interruption",
                    """echo '{"prompt":"1 + 1 =","completion":" 2"}' > train.jsonl"""
                        + " && fulcrum train --model assets/model --data train.jsonl --output adapters/first"
                ),
            ],
            "merge" =>
            [
                (
                    AfterRun + "a model folder with its adapter in the weights",
                    "fulcrum merge --model assets/model --adapter runs/embedded/adapter --output models/merged"
                ),
            ],
            "bench" =>
            [
                Scoring,
                (
                    "peak memory of a QLoRA training, and what it consists of",
                    "fulcrum bench memory --config assets/model/config.json --dtype f32 --quantization nf4 --tokens 128"
                ),
            ],
            "bench score" => [Scoring],
            "bench generate" =>
            [
                (
                    "how fast tokens come out",
                    """echo '{"prompt":[1,2,3,4],"new_tokens":16}'"""
                        + " | fulcrum bench generate --config assets/model/config.json --input -"
                ),
            ],
            "bench train" =>
            [
                (
                    "how fast a LoRA training is",
                    """echo '{"db_id":"a","prompt":[1,2,3,4],"completion":[5,6]}'"""
                        + " | fulcrum bench train --config assets/model/config.json --input -"
                ),
            ],
            "bench memory" =>
            [
                (
                    "peak memory of a QLoRA training, and what it consists of",
                    "fulcrum bench memory --config assets/model/config.json --dtype f32 --quantization nf4 --tokens 128"
                ),
            ],
            "pull" =>
            [
                ("fetch a model; the last line is its folder", "fulcrum pull Qwen/Qwen2-0.5B-Instruct"),
                ("fetch one subject of a data set", "fulcrum pull cais/mmlu --type dataset --include \"philosophy/*\""),
            ],
            "cache" => [("repositories in the cache, with sizes", "fulcrum cache")],
            "cache remove" => [("free the space of a repository", "fulcrum cache remove Qwen/Qwen2-0.5B-Instruct")],
            "login" => [("store a token for private and gated repositories", "fulcrum login")],
            "doctor" => [("what a bug report should contain", "fulcrum doctor --json")],
            "" =>
            [
                ("is this machine ready?", "fulcrum doctor"),
                (
                    "the whole experiment on the embedded study: measure, fine-tune, measure again, compare, report",
                    "fulcrum run"
                ),
                (AfterRun + "its comparison again", "fulcrum compare runs/embedded"),
            ],
            _ => [],
        };

    private static (string, string) Scoring =>
        (
            "how fast a model of this size reads",
            """echo '{"subject":"a","prompt":[1,2,3,4],"letters":[5,6,7,8]}'"""
                + " | fulcrum bench score --config assets/model/config.json --input -"
        );

    // "bench score" is another verb than "score".
    /// <summary>What is typed behind <c>fulcrum</c>; empty for the program itself.</summary>
    public static string NameOf(Command verb) =>
        verb is RootCommand ? ""
        : verb.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand
            ? $"{NameOf(parent)} {verb.Name}"
        : verb.Name;
}
