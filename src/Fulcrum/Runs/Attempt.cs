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
internal sealed partial record Attempt(StageNode Node, string Run, long Job, int Restart)
{
    private const string Folder = "attempts",
        ManifestEnd = ".manifest.json";

    /// <summary>The folder of the attempt, which has the structure of a run folder.</summary>
    public string Root => Path.Combine(FolderOf(Run, Node), $"{Job}-{Restart}");

    /// <summary>Of a round of a search: the candidates that the attempt obtains and measures.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>What the stage writes, relative to the run folder, in the order in which it is published: the manifest
    /// last.</summary>
    private string[] Own =>
        Node switch
        {
            { Kind: NodeKind.Round } => [.. Candidates.Select(RunLayout.Candidate), $"{Node.Place}.manifest.json"],
            { Kind: NodeKind.Judged } => [.. JudgedFiles.In(Root)],
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
        : !node.HasAttempts ? throw new InputException($"--attempt: {node} has no attempts")
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

    /// <summary>Returns the attempt at those of some candidates that are not tried completely.</summary>
    public Attempt Trying(IReadOnlyList<string> names)
    {
        RunLayout run = new(Run);
        return this with
        {
            Candidates =
            [
                .. names.Where(n => run.Completed($"{RunLayout.Candidate(n)}/{RunLayout.Selection}") is null),
            ],
        };
    }

    /// <summary>Moves what lies in the place of a stage into an attempt that is earlier than those of all jobs. The
    /// next
    /// attempt resumes it, and the place is free.</summary>
    /// <remarks>Only for a stage that is not complete and at which no job works.</remarks>
    public static void SetAside(string run, StageNode node)
    {
        Attempt first = new(node, run, 0, 0);
        IEnumerable<string> own = node.Kind == NodeKind.Judged ? JudgedFiles.Apart(run) : first.Own;
        string[] there = [.. own.Where(o => Path.Exists(Path.Combine(run, o))).Reverse()];
        Attempt aside = Enumerable
            .Range(0, int.MaxValue)
            .Select(i => first with { Restart = i })
            .First(a => !Directory.Exists(a.Root));
        foreach (string name in there)
        {
            string to = Path.Combine(aside.Root, name);
            AtomicFile.CreateFolder(Path.GetDirectoryName(to)!);
            Directory.Move(Path.Combine(run, name), to);
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
        Node.Kind == NodeKind.Judged
            ? JudgedFiles.Holds(relative) || relative == FailureFile.PathOf(Node) || relative == Heartbeat.FileName
            : HoldsOwn(relative);

    private bool HoldsOwn(string relative) =>
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
}
