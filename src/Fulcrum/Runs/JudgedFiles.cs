namespace Fulcrum.Runs;

/// <summary>Which files of a run the node writes that judges candidates together: the answers on the items that judge,
/// and what was decided. Adapters and answers on the selection half are those of earlier nodes.</summary>
internal static class JudgedFiles
{
    private const string Manifests = ".manifest.json";

    private static readonly string[] Decisions =
    [
        RunLayout.GuardsName(RunLayout.Base),
        LooksName,
        "selection.json",
        SeekFile.Name,
        StudyName,
        EarlyRounds.Name + Manifests,
        RunLayout.Selection + Manifests,
        RunLayout.Base + Manifests,
    ];

    private const string LooksName = "looks.json",
        StudyName = "study.json";

    /// <summary>Whether a file exists before the stage, and the stage writes it again with what it adds.</summary>
    public static bool Grows(string relative) => relative is SeekFile.Name or StudyName;

    /// <summary>Whether a path, relative to the run folder, belongs to what the node writes.</summary>
    public static bool Holds(string relative) =>
        Decisions.Contains(relative)
        || relative.Split('/') switch
        {
            [RunLayout.Base, var file] => IsAnswer(file),
            ["candidates", _, var file] => IsAnswer(file),
            _ => false,
        };

    /// <summary>Returns the files below a folder in the order of their publication: manifests after what they
    /// complete, that of the base last.</summary>
    public static IEnumerable<string> In(string root) =>
        Answers(root).Concat(Decisions.Where(d => File.Exists(Path.Combine(root, d)))).OrderBy(Rank);

    /// <summary>Returns what is moved out of the way before a new attempt.</summary>
    public static IEnumerable<string> Apart(string run) => In(run).Where(f => !Grows(f));

    private static int Rank(string file) =>
        !file.EndsWith(Manifests, StringComparison.Ordinal) ? 0
        : file == RunLayout.Base + Manifests ? 2
        : 1;

    private static IEnumerable<string> Answers(string root) =>
        Places(root)
            .SelectMany(place =>
                Directory
                    .EnumerateFiles(Path.Combine(root, place))
                    .Select(f => $"{place}/{Path.GetFileName(f)}")
                    .Where(f => Holds(f) && Path.GetFileName(f) is not (RunLock.CandidateName or Heartbeat.FileName))
            )
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Places(string root)
    {
        if (Directory.Exists(Path.Combine(root, RunLayout.Base)))
        {
            yield return RunLayout.Base;
        }

        string candidates = Path.Combine(root, "candidates");
        foreach (string place in Directory.Exists(candidates) ? Directory.EnumerateDirectories(candidates) : [])
        {
            yield return RunLayout.Candidate(Path.GetFileName(place));
        }
    }

    private static bool IsAnswer(string file) =>
        file
            is not (
                "adapter"
                or ExternalTrainer.ModelFolderName
                or ExternalTrainer.LogName
                or ExternalTrainer.RecordName
                or RunLayout.Selection
                or $"{RunLayout.Selection}{Manifests}"
                or $"obtain{Manifests}"
                or "failed.json"
            )
        && !file.EndsWith(".gguf", StringComparison.Ordinal);
}
