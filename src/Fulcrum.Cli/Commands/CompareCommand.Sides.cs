using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Cli.Commands;

/// <content>Reading the two sides: files, folders of answers, runs and logs.</content>
internal static partial class CompareCommand
{
    private static TasksComparison Pair(string before, string? after, ComparisonSettings settings)
    {
        if (after is not null && OtherLogs.Is(before) && OtherLogs.Is(after))
        {
            return new TasksComparison(Logs(before, after, settings));
        }

        if (!Directory.Exists(before))
        {
            return after is null
                ? throw new InputException($"{before} is not a run folder; name a second file to compare it with")
                : OfFiles(before, after, settings);
        }

        Study? study = StudyOf(before);
        if (after is null && study is { Decide: true } or { Selects: true })
        {
            return OfRun(new RunLayout(Path.GetFullPath(before)));
        }

        double? margin = settings.Margin ?? study?.Margin;
        IReadOnlyList<string> targets = study?.Targets ?? [];
        string first = after is null ? Path.Combine(before, RunLayout.Base) : AnswersOf(before, study),
            second = AnswersOf(after ?? before, StudyOf(after ?? before));
        PairedResult[] results = Adjusted(
            Folders(
                first,
                second,
                name =>
                    settings with
                    {
                        // As in the run: a target is held against 0, not against the margin.
                        Margin = targets.Contains(name) ? null : margin,
                        Estimand = settings.Estimand ?? study?.Tasks.GetValueOrDefault(name)?.Generalises(),
                    }
            )
        );
        return new TasksComparison(
            results,
            results.Any(b => targets.Contains(b.Task)) ? Judgement.Of(results, targets, margin!.Value) : null
        )
        {
            IsSame =
                after is not null
                && results.All(r => GivesSameAnswers(r, FileOf(first, r.Task), FileOf(second, r.Task))),
        };
    }

    private static TasksComparison OfFiles(string before, string after, ComparisonSettings settings)
    {
        PairedResult result = Files(Path.GetFileNameWithoutExtension(before), before, after, settings);
        return new TasksComparison([result]) { IsSame = GivesSameAnswers(result, before, after) };
    }

    private static string FileOf(string folder, string task) => Path.Combine(folder, task + ".jsonl");

    /// <summary>Whether two files hold the same answers to the same items.</summary>
    private static bool GivesSameAnswers(PairedResult result, string first, string second)
    {
        IEnumerable<(string, double?, string, string?)> Of(string file) =>
            AnswerFile
                .Read(file)
                .Select(a => (a.Id, a.Score, a.Prediction, a.Output))
                .OrderBy(a => a.Id, StringComparer.Ordinal);
        return result.Gained + result.Lost == 0 && Of(first).SequenceEqual(Of(second));
    }

    /// <summary>A study with early decision or selection is compared as its run compared it: which items count, and at
    /// which level, is part of its result.</summary>
    private static TasksComparison OfRun(RunLayout run)
    {
        Comparison comparison = ComparisonJson.Read(run.Comparison);
        CandidateComparison first = comparison.Candidates[0];
        return new TasksComparison(first.Tasks, first.Verdict);
    }

    private static Study? StudyOf(string folder)
    {
        PlainFolder.Require(folder);
        string file = new RunLayout(folder).Study;
        return File.Exists(file) ? StudyFile.Load(file) : null;
    }

    // Of a run the answers of its first candidate; any other folder holds answers itself.
    private static string AnswersOf(string folder, Study? study) =>
        study?.Candidates.Keys.FirstOrDefault() is { } candidate
            ? Path.Combine(folder, RunLayout.Candidate(candidate))
            : folder;

    /// <summary>The tasks that two logs of another program have in common.</summary>
    private static PairedResult[] Logs(string before, string after, ComparisonSettings settings)
    {
        Dictionary<string, LoggedTask> second = OtherLogs.Read(after).ToDictionary(t => t.Name, StringComparer.Ordinal);
        LoggedTask[] both = [.. OtherLogs.Read(before).Where(t => second.ContainsKey(t.Name))];
        return both.Length > 0
            ? Adjusted([.. both.Select(t => Logged(t, second[t.Name], settings))])
            : throw new InputException($"{before} and {after} hold no scores of the same task");
    }

    private static PairedResult Logged(LoggedTask before, LoggedTask after, ComparisonSettings settings)
    {
        OtherLogs.CheckSame(before, after);
        return PairedComparison.Of(before.Name, AnswersOf(before), AnswersOf(after), settings with { Threshold = 0 });
    }

    private static IReadOnlyList<Answer> AnswersOf(LoggedTask task) => [.. task.ToAnswers()];

    private static PairedResult[] Adjusted(PairedResult[] results)
    {
        IReadOnlyList<double> adjusted = Proportion.Holm([.. results.Select(b => b.P)]);
        return [.. results.Select((b, i) => b with { AdjustedP = adjusted[i] })];
    }

    private static PairedResult[] Folders(string before, string after, Func<string, ComparisonSettings> settings)
    {
        string[] names =
            Directory.Exists(before) && Directory.Exists(after)
                ?
                [
                    .. Directory
                        .EnumerateFiles(before, "*.jsonl")
                        .Select(p => Path.GetFileNameWithoutExtension(p))
                        .Where(n => File.Exists(FileOf(after, n)))
                        .Order(StringComparer.Ordinal),
                ]
                : [];
        return names.Length == 0
            ? throw new InputException($"{before} and {after} hold no answers to the same task")
            : [.. names.Select(n => Files(n, FileOf(before, n), FileOf(after, n), settings(n)))];
    }

    private static PairedResult Files(string name, string before, string after, ComparisonSettings settings)
    {
        IReadOnlyList<Answer> first = Given(before);
        return PairedComparison.Of(name, first, Measured(name, before, first, after), settings);
    }

    private static IReadOnlyList<Answer> Given(string file) =>
        AnswerFile.Read(file) is { Count: > 0 } answers
            ? answers
            : throw new InputException($"{file} holds no answer: write one JSON object per line, with id and score");

    /// <summary>The answers of a file that was measured under the same protocol as the base's.</summary>
    private static IReadOnlyList<Answer> Measured(string name, string before, IReadOnlyList<Answer> first, string after)
    {
        IReadOnlyList<Answer> second = AnswerFile.Read(after);
        string?[] hashes = [.. first.Concat(second).Select(a => a.Protocol).Distinct()];
        IReadOnlyList<ProtocolDifference> differing = Protocol.Differences(
            Path.ChangeExtension(before, ".protocol.json"),
            Path.ChangeExtension(after, ".protocol.json")
        );
        if (hashes.Length < 2)
        {
            return second;
        }

        if (differing.Count == 0 || differing.Any(d => !d.IsOfForm))
        {
            throw new GuardException(
                $"{name}: {before} and {after} were measured under different protocols ({Fields(differing)}), so "
                    + "their difference would mean nothing"
            );
        }

        Notices.Say($"{name}: {after} differs from {before} in {Fields(differing)}");
        return second;
    }

    private static void RefuseTooFew(Estimand? asked, string name, int clusters)
    {
        if (asked == Estimand.Clusters && clusters < Estimator.LeastClusters)
        {
            string found = clusters < 2 ? "does not name several clusters" : $"has {clusters} clusters";
            throw new InputException(
                $"--estimand clusters: {name} {found}"
                    + $". Nothing can be said of other clusters with fewer than {Estimator.LeastClusters}; "
                    + "use --estimand items"
            );
        }
    }

    private static string Fields(IReadOnlyList<ProtocolDifference> differing) =>
        differing.Count > 0
            ? string.Join("; ", differing)
            : "their hashes differ; the .protocol.json files that list the fields are missing";
}
