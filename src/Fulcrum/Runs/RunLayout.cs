using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>The paths inside a run folder. Any process may read them; only a <see cref="RunLock"/> writes.</summary>
/// <param name="Root">The folder, absolute.</param>
public sealed record RunLayout(string Root)
{
    /// <summary>The place of the base's answers.</summary>
    public const string Base = "base";

    /// <summary>The name of the place, inside another, of the answers by which a candidate is selected.</summary>
    public const string Selection = "selection";

    /// <summary>How far every task was asked in a study with early decision.</summary>
    public string Looks => At("looks.json");

    /// <summary>Which candidate was selected, in a study with a selection.</summary>
    public string Selected => At("selection.json");

    /// <summary>The complete study, every default and every <c>auto</c> filled in, paths relative to the
    /// folder.</summary>
    public string Study => At("study.json");

    /// <summary>The study as it was submitted to a cluster: candidates named, an <c>auto</c> left to the node that
    /// prepares.</summary>
    internal string Submitted => At("submitted.json");

    /// <summary>The commits of the names on the hub.</summary>
    public string HubCommits => At("hub.json");

    /// <summary>The paired comparison of every candidate with the base.</summary>
    public string Comparison => At("comparison.json");

    /// <summary>The attempt at a stage that is under way: what the stage writes lies in the attempt's folder. Null:
    /// everything lies in its place.</summary>
    internal Attempt? Attempt { get; init; }

    /// <summary>Returns a path inside the folder.</summary>
    public string At(params string[] parts) =>
        Path.Combine([Attempt is { } a && a.Holds(string.Join('/', parts)) ? a.Root : Root, .. parts]);

    /// <summary>Returns the path of a file that a manifest names.</summary>
    internal string In(RelativeName name) => At($"{name}");

    /// <summary>Returns whether a place holds answers of the base.</summary>
    public static bool IsOfBase(string place) => place == Base || place == $"{Base}/{Selection}";

    /// <summary>Returns the place of a candidate, relative to the folder.</summary>
    public static string Candidate(string name) => $"candidates/{name}";

    /// <summary>Returns the answers to one task.</summary>
    /// <param name="place"><see cref="Base"/>, or the place of a candidate.</param>
    public string Answers(string place, string task) => At(place, task + ".jsonl");

    /// <summary>Returns the protocol of the answers to one task, as a flat map.</summary>
    /// <param name="place">As for <see cref="Answers"/>.</param>
    public string Protocol(string place, string task) => At(place, task + ".protocol.json");

    /// <summary>Returns the adapter that was trained for a candidate, in PEFT's format.</summary>
    public string Adapter(string candidate) => At("candidates", candidate, "adapter");

    /// <summary>Returns the results of the guards of a stage.</summary>
    public string Guards(string stage) => At(GuardsName(stage));

    /// <summary>Returns the same, relative to the folder.</summary>
    public static string GuardsName(string stage) =>
        stage.Contains('/', StringComparison.Ordinal) ? $"{stage}.guards.json" : $"guards/{stage}.json";

    /// <summary>Returns the manifest of a stage; null if the stage is not complete.</summary>
    internal Manifest? Completed(string stage)
    {
        string path = ManifestPath(stage);
        string? text = BoundedFile.ReadTextIfThere(path);
        try
        {
            return text is null ? null : StoredJson.Parse<Manifest>(text, path, "a manifest");
        }
        catch (InputException)
        {
            return null; // a damaged manifest completes nothing: the stage is done again
        }
    }

    /// <summary>Returns whether a stage is complete: its manifest exists, for these inputs, and its outputs are still
    /// what it wrote.</summary>
    public bool IsComplete(string stage, string inputs) =>
        Completed(stage) is { } manifest && manifest.Inputs == inputs && manifest.Outputs.All(IsIntact);

    /// <summary>Returns the digest of what a stage wrote; its training log, which holds times, excepted.</summary>
    public string DigestOf(string stage) =>
        Sha256.OfTexts([
            .. (Completed(stage)?.Outputs ?? new Dictionary<RelativeName, string>())
                .Where(o => !o.Key.ToString().EndsWith("train.jsonl", StringComparison.Ordinal))
                .Select(o => $"{o.Key}={o.Value}"),
        ]);

    /// <summary>Checks that what completed stages wrote is still as they wrote it.</summary>
    /// <exception cref="FulcrumException">A file is missing or was modified; names it and its stage.</exception>
    public void RequireIntact(IEnumerable<string> stages)
    {
        foreach (string stage in stages)
        {
            Manifest manifest =
                Completed(stage)
                ?? throw new FulcrumException(
                    $"the run stopped, because {ManifestPath(stage)}, the manifest of the stage {stage}, "
                        + "is missing or damaged. Repeat the command to continue from there"
                );
            if (manifest.Outputs.FirstOrDefault(o => !IsIntact(o)) is { Value: not null } lost)
            {
                throw new FulcrumException(
                    $"the run stopped, because {In(lost.Key)}, which the stage {stage} wrote, "
                        + "is missing or was modified. Repeat the command to recreate it"
                );
            }
        }
    }

    internal string ManifestPath(string stage) => At(stage + ".manifest.json");

    private bool IsIntact(KeyValuePair<RelativeName, string> output) =>
        File.Exists(In(output.Key)) && Sha256.OfFile(In(output.Key)) == output.Value;
}
