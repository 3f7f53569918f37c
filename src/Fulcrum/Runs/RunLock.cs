using System.Text.Json;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>Holds a run folder: one process at a time writes into it.</summary>
/// <remarks>The manifest of a stage is written last, so its existence means that the stage is complete.</remarks>
public sealed class RunLock : IDisposable
{
    /// <summary>The file that holds the run.</summary>
    internal const string FileName = "run.lock";

    /// <summary>The file that holds a candidate.</summary>
    internal const string CandidateName = "candidate.lock";

    // Null: another process holds the run, and this one does single stages of it.
    private readonly FileStream? held;

    private string? candidate;

    private RunLock(RunLayout layout, FileStream? held) => (Layout, this.held) = (layout, held);

    /// <summary>The folder that is held.</summary>
    public RunLayout Layout { get; }

    /// <summary>Creates or opens a run folder and holds it until disposed.</summary>
    /// <exception cref="InputException">The folder cannot be written, another process holds it, it holds files of
    /// something else, or a link or a special file is in it.</exception>
    public static RunLock Open(string path)
    {
        RunLayout layout = new(Path.GetFullPath(path));
        string file = layout.At(FileName);
        try
        {
            AtomicFile.CreateFolder(layout.Root);
            PlainFolder.Require(layout.Root);
            RefuseFilesOfOthers(layout);
            FileStream held = new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            AtomicFile.RemoveLeftovers(layout.Root);
            RunOwner.Write(layout.Root);
            return new RunLock(layout, held);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new InputException(
                $"the run folder {layout.Root} is held by another process; wait for it or choose another --output",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot write the run folder {layout.Root}: {e.Message}", e);
        }
    }

    /// <summary>Takes part in a run that another process began: holds no more than the candidate that is worked
    /// at.</summary>
    /// <param name="attempt">Where the stage writes, in a folder that was checked; null: in its place.</param>
    /// <exception cref="InputException">The folder holds no run, or a link or a special file is in it.</exception>
    internal static RunLock Join(string path, Attempt? attempt = null)
    {
        RunLayout layout = new(Path.GetFullPath(path)) { Attempt = attempt };
        if (!Directory.Exists(layout.Root))
        {
            throw new InputException($"there is no run folder {layout.Root}");
        }

        if (attempt is null)
        {
            PlainFolder.Require(layout.Root);
        }

        return new RunLock(layout, null);
    }

    /// <summary>Whether this process is the only one that works at the run.</summary>
    internal bool IsWhole => held is not null;

    /// <summary>Whether this process was the last one to hold a candidate.</summary>
    internal bool Holds(string name) => candidate == name;

    /// <summary>Holds one candidate until disposed, so that two processes never do the same one in one place.</summary>
    /// <exception cref="InputException">Another process holds it.</exception>
    internal IDisposable HoldCandidate(string name)
    {
        string file = Layout.At(RunLayout.Candidate(name), CandidateName);
        try
        {
            AtomicFile.CreateFolder(Path.GetDirectoryName(file)!);
            FileStream stream = new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            candidate = name;
            return stream;
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new InputException(
                $"the candidate {name} of the run {Layout.Root} is held by another process; wait for it",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot write {file}: {e.Message}", e);
        }
    }

    /// <summary>Marks a stage as complete.</summary>
    /// <param name="inputs">Digest of everything that the stage read.</param>
    /// <param name="outputs">Files that it wrote, relative to the folder.</param>
    public void Complete(
        string stage,
        string inputs,
        IEnumerable<string> outputs,
        double seconds,
        IReadOnlyDictionary<string, string> environment,
        double? joules = null
    ) => Complete(stage, inputs, outputs, seconds, environment, joules is { } j ? new EnergyUse(j) : null, []);

    /// <summary>Marks a stage as complete, with its warnings.</summary>
    /// <param name="warnings">What a reader of the result has to know.</param>
    internal void Complete(
        string stage,
        string inputs,
        IEnumerable<string> outputs,
        double seconds,
        IReadOnlyDictionary<string, string> environment,
        EnergyUse? energy,
        IReadOnlyList<string> warnings
    )
    {
        Dictionary<RelativeName, string> digests = outputs
            .Distinct()
            .Order(StringComparer.Ordinal)
            .Select(o => RelativeName.Parse(o, stage))
            .ToDictionary(n => n, n => Sha256.OfFile(Layout.In(n)));
        Manifest manifest = new(
            stage,
            inputs,
            digests,
            Math.Round(seconds, 3),
            environment,
            energy?.Joules,
            warnings.Count == 0 ? null : warnings,
            energy?.Started,
            energy?.Machine
        );
        AtomicFile.WriteText(
            Layout.ManifestPath(stage),
            JsonSerializer.Serialize(manifest, ManifestJson.Default.Manifest) + "\n"
        );
    }

    /// <summary>Marks a stage as incomplete: deletes its manifest, and those of its files that were modified
    /// since.</summary>
    /// <param name="writes">The files that the stage writes, relative to the folder. No other file is deleted, whatever
    /// the manifest says.</param>
    public void Reopen(string stage, IEnumerable<string> writes)
    {
        IReadOnlyDictionary<RelativeName, string> then =
            Layout.Completed(stage)?.Outputs ?? new Dictionary<RelativeName, string>();
        foreach (string name in writes)
        {
            RelativeName file = RelativeName.Parse(name, stage);
            bool exists = File.Exists(Layout.In(file));
            if (exists && then.TryGetValue(file, out string? digest) && Sha256.OfFile(Layout.In(file)) != digest)
            {
                PlainFolder.Remove(Path.GetDirectoryName(Layout.In(file))!, Path.GetFileName(Layout.In(file)));
            }
        }

        if (File.Exists(Layout.ManifestPath(stage)))
        {
            File.Delete(Layout.ManifestPath(stage));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (held is not null)
        {
            try
            {
                RunOwner.Remove(Layout.Root);
            }
            catch (Exception e) when (AtomicFile.IsRefusal(e))
            {
                // The file names a process that ends. An exception here would replace the one that ends the run.
            }
            finally
            {
                held.Dispose();
            }
        }
    }

    // Fulcrum does not write into a folder that holds files of another program.
    private static void RefuseFilesOfOthers(RunLayout layout)
    {
        bool ours = File.Exists(layout.At(FileName)) || File.Exists(layout.Study);
        string? other = ours ? null : Directory.EnumerateFileSystemEntries(layout.Root).FirstOrDefault();
        if (other is not null)
        {
            throw new InputException(
                $"{layout.Root} is no run folder, but holds {Path.GetFileName(other)}; choose another --output"
            );
        }
    }
}
