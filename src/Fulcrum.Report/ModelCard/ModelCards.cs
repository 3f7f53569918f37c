using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Report.Content;
using Fulcrum.Report.Markdown;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Report.ModelCard;

/// <summary>Writes a model card for every candidate that is a model: with the results of the run, as the Hub reads
/// them.</summary>
internal static class ModelCards
{
    /// <summary>The file that the Hub shows as the page of a model.</summary>
    public const string FileName = "README.md";

    /// <summary>Stands in every card that Fulcrum wrote. A card without it belongs to somebody else.</summary>
    public const string Mark = "<!-- Written by Fulcrum, which replaces this file with each report of the run. -->";

    private const long LargestCard = 1 << 22;

    /// <summary>Writes the cards.</summary>
    /// <returns>The files written, relative to the run folder.</returns>
    public static IReadOnlyList<string> Write(RunReport report, RunLayout run)
    {
        List<string> written = [];
        foreach (CandidateComparison candidate in report.Comparison.Candidates)
        {
            if (report.Study.Candidates.GetValueOrDefault(candidate.Name) is { } plan && IsModel(plan))
            {
                string name = PlaceOf(run, candidate.Name);
                AtomicFile.WriteText(run.At(name), Of(report, run, candidate));
                written.Add(name);
            }
        }

        return written;
    }

    /// <summary>Writes the card of an adapter that was trained, but not measured.</summary>
    /// <param name="model">The name of the base.</param>
    public static void WriteTrained(string folder, string model, TrainPlan plan, int examples)
    {
        string card = Path.Combine(folder, FileName);
        if (!IsFree(card))
        {
            return;
        }

        string name = CardMetadata.NameOf(model);
        string text =
            $"# {ReportMarkdown.Escape(Path.GetFileName(Path.GetFullPath(folder)))}\n\n"
            + $"An adapter for the base model {ReportMarkdown.Escape(name)}. "
            + $"Training: {examples} examples, {plan.Epochs} {(plan.Epochs == 1 ? "epoch" : "epochs")}, "
            + $"rank {plan.Rank}, alpha {plan.Alpha:0.###}.\n\n"
            + "Nothing was measured yet. `fulcrum check` measures what the adapter gained and lost.\n";
        AtomicFile.WriteText(card, $"---\n{CardMetadata.Print(name, isAdapter: true, null)}---\n\n{Mark}\n\n{text}");
    }

    /// <summary>Returns the card of one candidate.</summary>
    internal static string Of(RunReport report, RunLayout run, CandidateComparison candidate)
    {
        RunReport shown = report.Showing(candidate) with
        {
            Words = Words.English,
            Steps = RunReport.StepsOf(run, candidate.Name),
            TrainingData = TrainingDataSummary.Read(run.Adapter(candidate.Name)),
        };
        CardProtocols protocols = new(run, candidate.Name);
        bool adapter = IsAdapter(run, candidate.Name, report.Study.Candidates[candidate.Name]);
        return $"---\n{CardMetadata.Of(shown, protocols, adapter)}---\n\n{Mark}\n\n"
            + CardText.Of(shown, protocols, adapter);
    }

    // A part of an adapter, a GGUF file, a server and replies have no folder that could be published.
    private static bool IsModel(CandidatePlan plan) =>
        plan.Way is CandidateWay.Train or CandidateWay.Command or CandidateWay.Adapter or CandidateWay.Model
        || plan.Seed is not null;

    // A command leaves an adapter or a complete model.
    private static bool IsAdapter(RunLayout run, string candidate, CandidatePlan plan) =>
        plan.Way != CandidateWay.Model && (plan.Way != CandidateWay.Command || HasAdapter(run, candidate));

    private static bool HasAdapter(RunLayout run, string candidate) =>
        File.Exists(Path.Combine(run.Adapter(candidate), "adapter_config.json"));

    /// <summary>Returns the folder of the adapter or model if the run made it, otherwise the candidate's folder. A card
    /// of somebody else is not replaced.</summary>
    private static string PlaceOf(RunLayout run, string candidate)
    {
        string? made =
            HasAdapter(run, candidate) ? Path.GetFileName(run.Adapter(candidate))
            : File.Exists(run.At("candidates", candidate, ExternalTrainer.ModelFolderName, "config.json"))
                ? ExternalTrainer.ModelFolderName
            : null;
        bool inside = made is not null && IsFree(run.At("candidates", candidate, made, FileName));
        return $"{RunLayout.Candidate(candidate)}/{(inside ? made + "/" : "")}{FileName}";
    }

    private static bool IsFree(string card) =>
        !File.Exists(card) || BoundedFile.ReadText(card, LargestCard).Contains(Mark);
}
