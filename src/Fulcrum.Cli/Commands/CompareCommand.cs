using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Evaluation;
using Fulcrum.Statistics;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum compare</c></summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Argument<string> before = new("BEFORE") { Description = "A file of answers, or a run folder." };
        Argument<string?> after = new("AFTER") { Description = "The same of the other side; left out, a run folder's before/ and after/ are compared.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> json = new("--json") { Description = "Print JSON instead of a table." };
        Command verb = new("compare", "The paired comparison of two files of answers, or of two run folders (what their adapters reach).") { before, after, json };
        verb.SetAction(parsed =>
        {
            Comparison comparison = Compare(parsed.GetRequiredValue(before), parsed.GetValue(after));
            if (parsed.GetValue(json))
            {
                Console.Out.Write(ComparisonJson.Print(comparison));
                return;
            }

            ComparisonTable.Print(comparison);
        });
        return verb;
    }

    private static Comparison Compare(string before, string? after)
    {
        if (after is null && !Directory.Exists(before))
        {
            throw new InputException($"{before} is not a run folder; name a second file to compare it with");
        }

        return Directory.Exists(before)
            ? new Comparison(Folders(after is null ? Path.Combine(before, "before") : Path.Combine(before, "after"), Path.Combine(after ?? before, "after")))
            : new Comparison([Files(Path.GetFileNameWithoutExtension(before), before, after!)]);
    }

    private static BenchmarkComparison[] Folders(string before, string after)
    {
        string[] names = Directory.Exists(before) && Directory.Exists(after)
            ? [.. Directory.EnumerateFiles(before, "*.jsonl").Select(p => Path.GetFileName(p)).Where(n => File.Exists(Path.Combine(after, n))).Order(StringComparer.Ordinal)] : [];
        return names.Length == 0 ? throw new InputException($"{before} and {after} hold no answers to the same benchmark")
            : [.. names.Select(n => Files(Path.GetFileNameWithoutExtension(n), Path.Combine(before, n), Path.Combine(after, n)))];
    }

    private static BenchmarkComparison Files(string name, string before, string after)
    {
        IReadOnlyList<Answer> first = AnswerFile.Read(before), second = AnswerFile.Read(after);
        string?[] hashes = [.. first.Concat(second).Select(a => a.Protocol).Distinct()];
        return hashes.Length < 2 ? PairedComparison.Of(name, first, second)
            : throw new GuardException($"{name}: the two sides were measured under different protocols ({string.Join(", ", Differing(before, after))}), so their difference would mean nothing");
    }

    private static IEnumerable<string> Differing(string before, string after)
    {
        JsonObject? first = Fields(before), second = Fields(after);
        string[] differing = first is null || second is null ? []
            : [.. first.Select(f => f.Key).Union(second.Select(f => f.Key)).Where(k => (string?)first[k] != (string?)second[k]).Select(k => $"{k}: {first[k] ?? "none"} and {second[k] ?? "none"}")];
        return differing.Length > 0 ? differing : ["their hashes differ; the fields are not beside the answers"];
    }

    private static JsonObject? Fields(string answers) =>
        Path.ChangeExtension(answers, ".protocol.json") is var path && File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonObject : null;
}
