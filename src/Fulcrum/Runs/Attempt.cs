using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>One attempt at a stage, which writes into a folder of its own and is published at its end.</summary>
/// <remarks>
/// On a cluster two copies of a task can run at the same time, because the scheduler cannot tell a dead node from one
/// that
/// it does not reach. Each copy is another attempt, so neither writes where the other does. An attempt is published by
/// renames that replace nothing, so the first one counts. See docs/decisions/0080-attempts.md.
/// </remarks>
/// <param name="Node">The stage.</param>
/// <param name="Run">The run folder.</param>
/// <param name="Job">The number of the job, which rises with every submission.</param>
/// <param name="Restart">How often the job was started again.</param>
internal sealed record Attempt(StageNode Node, string Run, long Job, int Restart)
{
    private const string Folder = "attempts";

    /// <summary>The folder of the attempt, which has the structure of a run folder.</summary>
    public string Root => Path.Combine(FolderOf(Run, Node), $"{Job}-{Restart}");

    /// <summary>What the stage writes, relative to the run folder, in the order in which it is published: the manifest
    /// last.</summary>
    private string[] Own =>
        Node switch
        {
            { Candidate: not null } => [Node.Place],
            { Stage: Stage.Prepare } =>
            [
                RunLayout.GuardsName("prepare"),
                Models.ModelFacts.FileName,
                "study.json",
                "prepare.manifest.json",
            ],
            _ => [RunLayout.GuardsName(RunLayout.Base), RunLayout.Base, "base.manifest.json"],
        };

    /// <summary>Returns the folder of all attempts at a stage.</summary>
    public static string FolderOf(string run, StageNode node) => Path.Combine(run, Folder, node.Place);

    /// <summary>Reads a name such as <c>1234-0</c>: the job and its restart count.</summary>
    /// <exception cref="InputException">The text is not such a name, or the stage writes only files that follow from
    /// other files, which need no attempts.</exception>
    public static Attempt Parse(string text, StageNode node, string run) =>
        Numbers(text) is not { } found ? throw new InputException($"--attempt: '{text}' is not JOB-RESTART")
        : node.Stage > Stage.Candidates ? throw new InputException($"--attempt: {node} has no attempts")
        : new Attempt(node, run, found.Job, found.Restart);

    /// <summary>Returns the attempts at a stage, the latest first.</summary>
    public static IReadOnlyList<Attempt> All(string run, StageNode node) =>
        Directory.Exists(FolderOf(run, node))
            ?
            [
                .. Directory
                    .EnumerateDirectories(FolderOf(run, node))
                    .Select(d => Numbers(Path.GetFileName(d)))
                    .OfType<(long Job, int Restart)>()
                    .OrderDescending()
                    .Select(n => new Attempt(node, run, n.Job, n.Restart)),
            ]
            : [];

    /// <summary>Moves what lies in the place of a stage into an attempt that is earlier than those of all jobs. The
    /// next
    /// attempt resumes it, and the place is free.</summary>
    /// <remarks>Only for a stage that is not complete and at which no job works.</remarks>
    public static void SetAside(string run, StageNode node)
    {
        Attempt first = new(node, run, 0, 0);
        string[] there = [.. first.Own.Where(o => Path.Exists(Path.Combine(run, o))).Reverse()];
        Attempt aside = Enumerable
            .Range(0, int.MaxValue)
            .Select(i => first with { Restart = i })
            .First(a => !Directory.Exists(a.Root));
        foreach (string own in there)
        {
            string to = Path.Combine(aside.Root, own);
            AtomicFile.CreateFolder(Path.GetDirectoryName(to)!);
            Directory.Move(Path.Combine(run, own), to);
        }

        string failure = Path.Combine(aside.Root, FailureFile.PathOf(node));
        if (File.Exists(failure))
        {
            File.Delete(failure);
        }
    }

    /// <summary>Returns whether a path belongs to what the stage writes.</summary>
    /// <param name="relative">Relative to the run folder, parts between slashes.</param>
    public bool Holds(string relative) =>
        Own.Append(FailureFile.PathOf(Node))
            .Append("heartbeat.json")
            .Any(own => relative == own || relative.StartsWith(own + "/", StringComparison.Ordinal));

    /// <summary>Creates the folder, with a copy of what the latest earlier attempt did.</summary>
    /// <remarks>The earlier attempt may still be running, so its files are copied, not moved. What was copied half is
    /// recognised by its digests and done again. The folder appears by a rename once the copy is complete.</remarks>
    public void Begin()
    {
        if (Directory.Exists(Root))
        {
            throw new InputException($"{Root} exists already: two tasks have the same job and restart count");
        }

        string next = Root + ".next";
        if (Directory.Exists(next))
        {
            Remove(next);
        }

        AtomicFile.CreateFolder(next);
        if (All(Run, Node).FirstOrDefault(a => a.IsBefore(this)) is { } earlier)
        {
            Copy(earlier.Root, next);
        }

        Directory.Move(next, Root);
    }

    /// <summary>Moves what the stage wrote to its place in the run folder. It replaces nothing but a folder without a
    /// manifest, which an interrupted process left.</summary>
    /// <exception cref="FulcrumException">Another attempt was published before.</exception>
    public void Publish()
    {
        foreach (string own in Own)
        {
            string from = Path.Combine(Root, own),
                to = Path.Combine(Run, own);
            AtomicFile.CreateFolder(Path.GetDirectoryName(to)!);
            if (Directory.Exists(from))
            {
                MoveFolder(from, to);
            }
            else if (File.Exists(from))
            {
                MoveFile(from, to);
            }
        }

        RemoveEarlier();
    }

    /// <summary>Removes the folder of an attempt that came too late, and those of earlier ones.</summary>
    public void Discard() => RemoveEarlier();

    private bool IsBefore(Attempt other) => (Job, Restart).CompareTo((other.Job, other.Restart)) < 0;

    private static (long Job, int Restart)? Numbers(string text) =>
        text.Split('-') is [var job, var restart]
        && long.TryParse(job, System.Globalization.CultureInfo.InvariantCulture, out long j)
        && int.TryParse(restart, System.Globalization.CultureInfo.InvariantCulture, out int r)
        && j >= 0
        && r >= 0
            ? (j, r)
            : null;

    private static void Copy(string from, string to)
    {
        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            string inner = Path.Combine(to, Path.GetFileName(folder));
            Directory.CreateDirectory(inner);
            Copy(folder, inner);
        }

        // Nobody can read a lock that a process holds.
        foreach (string file in Directory.EnumerateFiles(from).Where(f => Path.GetFileName(f) != RunLock.CandidateName))
        {
            try
            {
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            }
            catch (FileNotFoundException)
            {
                // A temporary file of the attempt that still runs.
            }
        }
    }

    // The system's rename of a folder fails if the target exists and is not empty: exactly one attempt succeeds.
    private void MoveFolder(string from, string to)
    {
        try
        {
            FreePlace(to);
            Directory.Move(from, to);
        }
        catch (IOException e) when (Directory.Exists(to))
        {
            throw new FulcrumException($"{Node}: another attempt was published before this one", e);
        }
    }

    private bool IsPublished =>
        new RunLayout(Run).Completed(Node.Candidate is null ? Node.Place : $"{Node.Place}/measure") is not null;

    // Another attempt may be published between the look and the move. Then its folder goes back.
    private void FreePlace(string place)
    {
        string replaced = Path.Combine(Root, "replaced");
        if (!Directory.Exists(place) || IsPublished)
        {
            return;
        }

        if (Directory.Exists(replaced))
        {
            Remove(replaced);
        }

        Directory.Move(place, replaced);
        if (Node.Candidate is not null && File.Exists(Path.Combine(replaced, "measure.manifest.json")))
        {
            Directory.Move(replaced, place);
        }
    }

    // A file that another attempt has published counts if it has the same bytes.
    private void MoveFile(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
        }
        catch (IOException e) when (File.Exists(to))
        {
            if (Sha256.OfFile(from) != Sha256.OfFile(to))
            {
                throw new FulcrumException($"{Node}: another attempt published {to} before this one", e);
            }
        }
    }

#pragma warning disable RS0030 // the folder of one job, in which nobody else has anything
    private static void Remove(string folder) => Directory.Delete(folder, recursive: true);
#pragma warning restore RS0030

    // Later attempts may be running; earlier ones can publish nothing any more.
    private void RemoveEarlier()
    {
        foreach (Attempt past in All(Run, Node).Where(a => a == this || a.IsBefore(this)))
        {
            try
            {
                Remove(past.Root);
            }
            catch (IOException)
            {
                // A copy that still runs is writing there. The folder is no part of the result.
            }
        }

        _ = PlainFolder.RemoveIfEmpty(FolderOf(Run, Node));
    }
}
