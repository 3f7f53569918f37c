using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Report;

/// <summary>What a report is made from: the files of a run folder, no model.</summary>
/// <param name="Answers">Both answers to every item, by benchmark.</param>
/// <param name="Steps">The training log; empty where there is none.</param>
/// <param name="Stages">The manifests of the stages that are complete, in their order.</param>
/// <param name="TrainingData">How much of the training data reached the trainer; null: unknown.</param>
/// <param name="ProtocolDifferences">By benchmark, the fields of the protocol that differ between the sides; null: none
/// is known to.</param>
/// <param name="Model">The model's name and size; null: unknown.</param>
public sealed record RunReport(
    Study Study,
    Comparison Comparison,
    IReadOnlyDictionary<string, IReadOnlyList<(Answer Before, Answer After)>> Answers,
    IReadOnlyList<TrainingStep> Steps,
    IReadOnlyList<Manifest> Stages,
    Words Words,
    TrainingDataSummary? TrainingData = null,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? ProtocolDifferences = null,
    ModelFacts? Model = null
)
{
    /// <summary>Reads a run folder whose comparison is complete.</summary>
    /// <exception cref="InputException">A file of the run is missing or damaged.</exception>
    public static RunReport Read(string runFolder, string language = "en")
    {
        try
        {
            return ReadFiles(runFolder, language);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            throw new InputException(
                $"{runFolder}: a file of the run is damaged ({e.Message.Split('\n')[0]}); the command that made the run makes it again",
                e
            );
        }
    }

    /// <summary>Looks for what a report is written from, before anything is written into the folder.</summary>
    /// <exception cref="InputException">It is not there; says what to do.</exception>
    public static void RequireComparison(string runFolder) => Require(Path.Combine(runFolder, "comparison.json"));

    private static void Require(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException(
                $"there is no {path}; a report is written from a run folder whose stage compare is complete"
            );
        }
    }

    private static RunReport ReadFiles(string runFolder, string language)
    {
        string comparison = Path.Combine(runFolder, "comparison.json"),
            study = Path.Combine(runFolder, "study.json");
        Comparison compared = ComparisonJson.Parse(Text(comparison), comparison);
        if (compared.Tasks.FirstOrDefault(b => !InnerPath.IsPlainName(b.Task)) is { } stranger)
        {
            throw new InputException($"{comparison}: the benchmark '{stranger.Task}' is not the name of a file");
        }

        Dictionary<string, IReadOnlyList<(Answer, Answer)>> answers = compared.Tasks.ToDictionary(
            b => b.Task,
            b => Pairs(runFolder, b.Task),
            StringComparer.Ordinal
        );
        string log = Path.Combine(runFolder, "adapter", "train.jsonl");
        TrainingStep[] steps = File.Exists(log)
            ? [.. File.ReadLines(log).Select(l => JsonSerializer.Deserialize<TrainingStep>(l, JsonLines.Output)!)]
            : [];
        return new RunReport(
            StudyFile.Parse(Text(study), study),
            compared,
            answers,
            steps,
            [.. Experiment.Stages.Select(s => RunFolder.Completed(runFolder, s)).OfType<Manifest>()],
            Words.Of(language),
            TrainingDataSummary.Read(Path.Combine(runFolder, "adapter")),
            compared.Tasks.ToDictionary(b => b.Task, b => Differences(runFolder, b.Task), StringComparer.Ordinal),
            ModelFacts.Read(runFolder)
        );
    }

    private static IReadOnlyList<string> Differences(string runFolder, string benchmark)
    {
        IReadOnlyDictionary<string, string> Fields(string side)
        {
            string path = Path.Combine(runFolder, side, benchmark + ".protocol.json");
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllText(path), ManifestJson.Default.SortedDictionaryStringString)
                    ?? []
                : new SortedDictionary<string, string>();
        }

        IReadOnlyDictionary<string, string> before = Fields("before"),
            after = Fields("after");
        return
        [
            .. before
                .Keys.Union(after.Keys)
                .Order(StringComparer.Ordinal)
                .Where(k => before.GetValueOrDefault(k) != after.GetValueOrDefault(k)),
        ];
    }

    private static IReadOnlyList<(Answer, Answer)> Pairs(string runFolder, string benchmark)
    {
        Dictionary<string, Answer> after = AnswerFile
            .Read(Path.Combine(runFolder, "after", benchmark + ".jsonl"))
            .ToDictionary(a => a.Id, StringComparer.Ordinal);
        return
        [
            .. AnswerFile
                .Read(Path.Combine(runFolder, "before", benchmark + ".jsonl"))
                .Select(b =>
                    (
                        b,
                        after.TryGetValue(b.Id, out Answer? a)
                            ? a
                            : throw new InputException($"{benchmark}: the item '{b.Id}' is missing in after/")
                    )
                ),
        ];
    }

    private static string Text(string path)
    {
        try
        {
            Require(path);
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"cannot read {path}: {e.Message}; a report is written from a run folder whose stage compare is complete",
                e
            );
        }
    }
}
