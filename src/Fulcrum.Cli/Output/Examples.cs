using System.CommandLine;

namespace Fulcrum.Cli;

/// <summary>Examples for the help of each verb.</summary>
internal static class Examples
{
    /// <summary>What is to be done, and the command that does it.</summary>
    public static IReadOnlyList<(string What, string Command)> Of(Command verb) => verb.Name switch
    {
        "run" =>
        [
            ("the whole experiment of a study; killed or interrupted, the same command goes on where it stopped", "fulcrum run studies/smoke.json --output runs/smoke"),
            ("measure the base model and stop before the training", "fulcrum run study.json --until before"),
            ("in a pipeline: exit code 3 unless the gain and the limit on the loss are shown", "fulcrum run study.json --quiet --require \"spider>=+5,mmlu>=-1\""),
            ("the report in Brazilian Portuguese", "fulcrum run study.json --language pt-BR"),
        ],
        "report" =>
        [
            ("write the report of a run again, in another language", "fulcrum report runs/smoke --language pt-BR"),
        ],
        "compare" =>
        [
            ("before and after of one run", "fulcrum compare runs/smoke"),
            ("two files of answers, for a program to read", "fulcrum compare base.jsonl tuned.jsonl --json"),
        ],
        "score" =>
        [
            ("log-likelihoods of two continuations", """echo '{"id":1,"prompt":"2 + 2 =","continuations":[" 4"," 5"]}' | fulcrum score --model models/qwen --input - --output -"""),
        ],
        "generate" =>
        [
            ("answer a conversation, greedily", """echo '{"id":1,"messages":[{"role":"user","content":"Hello"}]}' | fulcrum generate --model models/qwen --max-new-tokens 64 --input - --output -"""),
        ],
        "tokenize" =>
        [
            ("token ids of a text", """echo '{"text":"SELECT 1"}' | fulcrum tokenize --model models/qwen --input - --output -"""),
        ],
        "sql" =>
        [
            ("grade predictions by executing them", "fulcrum sql --databases spider/database --semantics official --input predictions.jsonl --output verdicts.jsonl"),
        ],
        "train" =>
        [
            ("a LoRA adapter from prompts and completions; the same command goes on after an interruption", "fulcrum train --model models/qwen --data train.jsonl --output adapters/first"),
        ],
        "merge" =>
        [
            ("a model folder with the adapter in its weights", "fulcrum merge --model models/qwen --adapter adapters/first --output models/qwen-sql"),
        ],
        "doctor" => [("what a bug report should contain", "fulcrum doctor --json")],
        _ when verb is RootCommand =>
        [
            ("is this machine ready?", "fulcrum doctor"),
            ("the whole experiment: measure, fine-tune, measure again, compare, report", "fulcrum run studies/smoke.json"),
            ("the paired comparison of two files of answers", "fulcrum compare before.jsonl after.jsonl"),
        ],
        _ => [],
    };
}
