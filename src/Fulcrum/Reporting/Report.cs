using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Evaluation;
using Fulcrum.Statistics;

namespace Fulcrum.Reporting;

/// <summary>What a report is made from: the files of a run folder, no model.</summary>
public sealed record Report(Study Study, Comparison Comparison, IReadOnlyDictionary<string, IReadOnlyList<(Answer Before, Answer After)>> Answers, IReadOnlyList<TrainingStep> Steps, string Language)
{
    /// <summary>Writes <c>report.html</c>, <c>report.md</c> and <c>results.csv</c>.</summary>
    /// <exception cref="InputException">A file of the run is missing or damaged.</exception>
    public static void Write(string runFolder, string language = "en")
    {
        Report report = Read(runFolder, language);
        AtomicFile.WriteText(Path.Combine(runFolder, "report.md"), ReportMarkdown.Of(report));
        AtomicFile.WriteText(Path.Combine(runFolder, "results.csv"), ResultsCsv.Of(report.Comparison));
        AtomicFile.WriteText(Path.Combine(runFolder, "report.html"), ReportHtml.Of(report));
    }

    private static Report Read(string runFolder, string language)
    {
        string comparison = Path.Combine(runFolder, "comparison.json"), study = Path.Combine(runFolder, "study.json");
        Dictionary<string, IReadOnlyList<(Answer, Answer)>> answers = new(StringComparer.Ordinal);
        Comparison compared = ComparisonJson.Parse(File.ReadAllText(comparison), comparison);
        foreach (BenchmarkComparison b in compared.Benchmarks)
        {
            Dictionary<string, Answer> after = AnswerFile.Read(Path.Combine(runFolder, "after", b.Benchmark + ".jsonl")).ToDictionary(a => a.Id, StringComparer.Ordinal);
            answers[b.Benchmark] = [.. AnswerFile.Read(Path.Combine(runFolder, "before", b.Benchmark + ".jsonl")).Select(a => (a, after[a.Id]))];
        }

        string log = Path.Combine(runFolder, "adapter", "train.jsonl");
        TrainingStep[] steps = File.Exists(log) ? [.. File.ReadLines(log).Select(l => JsonSerializer.Deserialize<TrainingStep>(l, JsonLines.Output)!)] : [];
        return new Report(StudyFile.Parse(File.ReadAllText(study), study), compared, answers, steps, language);
    }
}
