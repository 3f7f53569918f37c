using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>Takes over what another candidate of the run made from the same inputs, so that equal trainings and equal
/// measurements are not repeated.</summary>
/// <remarks>A small file for each stage is named after the inputs and holds the candidate's name. So one look finds
/// an equal stage, however many candidates there are. It is a hint: the stage's manifest and digests decide.</remarks>
/// <param name="name">The candidate that needs it.</param>
internal sealed class EqualWork(RunLayout run, string name)
{
    private const string Folder = "equal";

    /// <summary>Notes that a stage of the candidate is complete.</summary>
    /// <param name="stage"><c>obtain</c>, <c>measure</c> or <see cref="RunLayout.Selection"/>.</param>
    /// <param name="inputs">Digest of everything that the stage read.</param>
    public void Note(string stage, string inputs)
    {
        if (Noted(stage, inputs) is not { } other || (other != name && !IsComplete(other, stage, inputs)))
        {
            AtomicFile.WriteText(HintOf(stage, inputs), name);
        }
    }

    /// <summary>Copies the adapter of an equal training with its checkpoints.</summary>
    /// <param name="inputs">Digest of everything that the training reads.</param>
    /// <returns>The files that the stage has written then, relative to the run; null: there is no such
    /// training.</returns>
    public IReadOnlyList<string>? Adapter(string inputs)
    {
        if (Completed("obtain", inputs) is not { } other)
        {
            return null;
        }

        Copy(other, "adapter", SearchOption.AllDirectories);
        return [.. run.Completed(StageOf(other, "obtain"))!.Outputs.Keys.Select(o => Renamed(other, $"{o}"))];
    }

    /// <summary>Copies the answers of an equal measurement. Measuring then finds them and asks nothing again.</summary>
    /// <param name="inputs">Digest of everything that the answers are made from.</param>
    /// <param name="place">Inside the candidate's place: empty, or <see cref="RunLayout.Selection"/>.</param>
    public void TakeAnswers(string stage, string inputs, string place = "")
    {
        if (run.Completed(StageOf(name, stage)) is null && Completed(stage, inputs) is { } other)
        {
            Copy(other, place, SearchOption.TopDirectoryOnly);
        }
    }

    private string? Completed(string stage, string inputs) =>
        Noted(stage, inputs) is { } other && other != name && IsComplete(other, stage, inputs) ? other : null;

    private string? Noted(string stage, string inputs) =>
        BoundedFile.ReadTextIfThere(HintOf(stage, inputs)) is { } other && RelativeName.IsPlain(other) ? other : null;

    private string HintOf(string stage, string inputs) => run.At(Folder, $"{stage}-{inputs}.txt");

    private bool IsComplete(string other, string stage, string inputs) => run.IsComplete(StageOf(other, stage), inputs);

    private void Copy(string other, string folder, SearchOption depth)
    {
        string from = run.At("candidates", other);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(from, folder), "*", depth).Where(IsWork))
        {
            AtomicFile.Copy(file, run.At("candidates", name, Path.GetRelativePath(from, file)));
        }
    }

    // The guards of a stage name the candidate, and a manifest completes the stage of one candidate.
    private static bool IsWork(string file) =>
        !file.EndsWith(".manifest.json", StringComparison.Ordinal)
        && !file.EndsWith(".guards.json", StringComparison.Ordinal)
        && Path.GetFileName(file) is not (RunLock.CandidateName or Heartbeat.FileName);

    private string Renamed(string other, string file) =>
        RunLayout.Candidate(name) + file[RunLayout.Candidate(other).Length..];

    private static string StageOf(string candidate, string stage) => $"{RunLayout.Candidate(candidate)}/{stage}";
}
