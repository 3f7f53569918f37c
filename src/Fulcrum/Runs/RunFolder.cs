using System.Text.Json;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>The folder of one run: where everything lies, who holds it, and which stages are complete.</summary>
/// <remarks>A stage's manifest is written last, so its existence means that the stage is complete. One process at a
/// time holds the folder.</remarks>
public sealed class RunFolder : IDisposable
{
    private readonly FileStream held;

    private RunFolder(string root, FileStream held)
    {
        Root = root;
        this.held = held;
    }

    /// <summary>The folder itself, absolute.</summary>
    public string Root { get; }

    /// <summary>The complete study, every default and every <c>auto</c> filled in.</summary>
    public string Study => At("study.json");

    /// <summary>The adapter in PEFT's format, its checkpoints and <c>train.jsonl</c>.</summary>
    public string Adapter => At("adapter");

    /// <summary>The paired comparison.</summary>
    public string Comparison => At("comparison.json");

    /// <summary>Creates or opens the folder and holds it until disposed.</summary>
    /// <exception cref="InputException">It cannot be written, or another process holds it.</exception>
    public static RunFolder Open(string path)
    {
        string root = Path.GetFullPath(path);
        try
        {
            AtomicFile.CreateFolder(root);
            FileStream held = new(
                Path.Combine(root, "run.lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
            AtomicFile.RemoveLeftovers(root);
            return new RunFolder(root, held);
        }
        catch (IOException e) when (Directory.Exists(root) && File.Exists(Path.Combine(root, "run.lock")))
        {
            throw new InputException(
                $"the run folder {root} is held by another process; wait for it or choose another --output",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot write the run folder {root}: {e.Message}", e);
        }
    }

    /// <summary>A path inside the folder.</summary>
    public string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The answers of one side (<c>before</c>, <c>after</c>) to one benchmark.</summary>
    public string Answers(string side, string benchmark) => At(side, benchmark + ".jsonl");

    /// <summary>The protocol of one side's answers to one benchmark, as a flat map.</summary>
    public string Protocol(string side, string benchmark) => At(side, benchmark + ".protocol.json");

    /// <summary>What the guards of a stage saw.</summary>
    public string Guards(string stage) => At("guards", stage + ".json");

    /// <summary>The manifest of a stage; null where the stage is not complete.</summary>
    public Manifest? Completed(string stage) => Completed(Root, stage);

    /// <summary>The same without holding the folder: for what only reads it.</summary>
    public static Manifest? Completed(string root, string stage)
    {
        string path = ManifestPath(root, stage);
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllText(path), ManifestJson.Default.Manifest)
                : null;
        }
        catch (JsonException)
        {
            return null; // a damaged manifest completes nothing: the stage is done again
        }
    }

    /// <summary>Whether a stage is complete: its manifest stands, for these inputs, and its outputs are still what it
    /// wrote.</summary>
    public bool IsComplete(string stage, string inputs) =>
        Completed(stage) is { } manifest && manifest.Inputs == inputs && manifest.Outputs.All(Stands);

    /// <summary>What completed stages wrote is still there as they wrote it: what is judged is what was
    /// measured.</summary>
    /// <exception cref="FulcrumException">A file is gone or has changed; names it and its stage.</exception>
    public void RequireIntact(IEnumerable<string> stages)
    {
        foreach (string stage in stages)
        {
            Manifest manifest =
                Completed(stage)
                ?? throw new FulcrumException(
                    $"the run stopped, because {ManifestPath(stage)}, which says that the stage {stage} is complete, is gone or damaged; the same command goes on from there"
                );
            string? lost = manifest.Outputs.FirstOrDefault(o => !Stands(o)).Key;
            if (lost is not null)
            {
                throw new FulcrumException(
                    $"the run stopped, because {At(lost)}, which the stage {stage} wrote, is gone or was changed; the same command makes it again"
                );
            }
        }
    }

    /// <summary>Completes a stage.</summary>
    /// <param name="inputs">Digest of everything that the stage read.</param>
    /// <param name="outputs">Files that it wrote, relative to the folder.</param>
    public void Complete(
        string stage,
        string inputs,
        IEnumerable<string> outputs,
        double seconds,
        IReadOnlyDictionary<string, string> environment,
        double? joules = null
    )
    {
        SortedDictionary<string, string> digests = new(StringComparer.Ordinal);
        foreach (string output in outputs)
        {
            digests[output] = Sha256.OfFile(At(output));
        }

        Manifest manifest = new(stage, inputs, digests, Math.Round(seconds, 3), environment, joules);
        AtomicFile.WriteText(
            ManifestPath(stage),
            JsonSerializer.Serialize(manifest, ManifestJson.Default.Manifest) + "\n"
        );
    }

    /// <summary>Takes a stage's completion back, before it is done again; an output that is no longer what the stage
    /// wrote goes as well.</summary>
    public void Reopen(string stage)
    {
        foreach ((string output, string digest) in Completed(stage)?.Outputs ?? new Dictionary<string, string>())
        {
            if (File.Exists(At(output)) && Sha256.OfFile(At(output)) != digest)
            {
                File.Delete(At(output));
            }
        }

        File.Delete(ManifestPath(stage));
    }

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();

    private bool Stands(KeyValuePair<string, string> output) =>
        File.Exists(At(output.Key)) && Sha256.OfFile(At(output.Key)) == output.Value;

    private string ManifestPath(string stage) => ManifestPath(Root, stage);

    private static string ManifestPath(string root, string stage) => Path.Combine(root, stage + ".manifest.json");
}
