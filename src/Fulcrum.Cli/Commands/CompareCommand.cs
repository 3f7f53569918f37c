using System.CommandLine;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum compare</c></summary>
internal static class CompareCommand
{
    private static readonly Argument<string[]> Paths = new("PATH")
    {
        Description =
            "BEFORE AFTER: two files of answers, or two run folders; one run folder: its two sides; three and more run folders: all in one picture.",
        Arity = ArgumentArity.OneOrMore,
    };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of a table." };
    private static readonly Option<bool> Curve = new("--curve")
    {
        Description = "Put every measured point of the run folders into one picture, also of one or two.",
    };
    private static readonly Option<double?> Margin = new("--margin")
    {
        Description = "The loss, in points, that is accepted outside the task; the study's when not given.",
    };

    public static Command Create()
    {
        Command verb = new(
            "compare",
            "The paired comparison of two files of answers, or of run folders (what their adapters reach)."
        )
        {
            Paths,
            Json,
            Curve,
            Margin,
        };
        verb.SetAction(parsed =>
        {
            string[] paths = parsed.GetRequiredValue(Paths);
            if (paths.FirstOrDefault(p => !Path.Exists(p)) is { } missing)
            {
                throw new InputException($"there is no file and no run folder {missing}");
            }

            double? margin = parsed.GetValue(Margin) is not (< 0 or double.NaN) and var given
                ? given
                : throw new InputException("--margin: wanted 0 or more points");
            if (paths.Length > 2 || parsed.GetValue(Curve))
            {
                Show(RunsComparison.Of(paths, margin), parsed.GetValue(Json));
                return;
            }

            Show(Compare(paths[0], paths.ElementAtOrDefault(1), margin), parsed.GetValue(Json));
        });
        return verb;
    }

    private static void Show(RunsComparison comparison, bool json)
    {
        if (json)
        {
            Console.Out.Write(comparison.Print());
            return;
        }

        RunsTable.Print(comparison);
    }

    private static void Show(Comparison comparison, bool json)
    {
        if (json)
        {
            Console.Out.Write(ComparisonJson.Print(comparison));
            return;
        }

        ComparisonTable.Print(comparison);
    }

    private static Comparison Compare(string before, string? after, double? margin)
    {
        if (after is null && !Directory.Exists(before))
        {
            throw new InputException($"{before} is not a run folder; name a second file to compare it with");
        }

        if (!Directory.Exists(before))
        {
            return new Comparison([Files(Path.GetFileNameWithoutExtension(before), before, after!, margin)]);
        }

        Study? study =
            Path.Combine(before, "study.json") is var path && File.Exists(path)
                ? StudyFile.Parse(File.ReadAllText(path), path)
                : null;
        BenchmarkComparison[] benchmarks = Adjusted(
            Folders(
                Path.Combine(before, after is null ? "before" : "after"),
                Path.Combine(after ?? before, "after"),
                margin ?? study?.Margin
            )
        );
        IReadOnlyList<string> tasks = study?.TaskNames ?? [];
        return new Comparison(
            benchmarks,
            benchmarks.Any(b => tasks.Contains(b.Benchmark))
                ? Judgement.Of(benchmarks, tasks, margin ?? study!.Margin)
                : null
        );
    }

    private static BenchmarkComparison[] Adjusted(BenchmarkComparison[] benchmarks)
    {
        IReadOnlyList<double> adjusted = Proportion.Holm([.. benchmarks.Select(b => b.Mcnemar.P)]);
        return [.. benchmarks.Select((b, i) => b with { AdjustedP = adjusted[i] })];
    }

    private static BenchmarkComparison[] Folders(string before, string after, double? margin)
    {
        string[] names =
            Directory.Exists(before) && Directory.Exists(after)
                ?
                [
                    .. Directory
                        .EnumerateFiles(before, "*.jsonl")
                        .Select(p => Path.GetFileName(p))
                        .Where(n => File.Exists(Path.Combine(after, n)))
                        .Order(StringComparer.Ordinal),
                ]
                : [];
        return names.Length == 0
            ? throw new InputException($"{before} and {after} hold no answers to the same benchmark")
            :
            [
                .. names.Select(n =>
                    Files(Path.GetFileNameWithoutExtension(n), Path.Combine(before, n), Path.Combine(after, n), margin)
                ),
            ];
    }

    private static BenchmarkComparison Files(string name, string before, string after, double? margin)
    {
        IReadOnlyList<Answer> first = AnswerFile.Read(before),
            second = AnswerFile.Read(after);
        string?[] hashes = [.. first.Concat(second).Select(a => a.Protocol).Distinct()];
        return hashes.Length < 2
            ? PairedComparison.Of(name, first, second, new PairedComparison.Settings(margin))
            : throw new GuardException(
                $"{name}: the two sides were measured under different protocols ({string.Join("; ", Differing(before, after))}), so their difference would mean nothing"
            );
    }

    private static IReadOnlyList<string> Differing(string before, string after)
    {
        IReadOnlyList<string> differing = Protocol.Differences(
            Path.ChangeExtension(before, ".protocol.json"),
            Path.ChangeExtension(after, ".protocol.json")
        );
        return differing.Count > 0 ? differing : ["their hashes differ; the fields do not stand beside the answers"];
    }
}
