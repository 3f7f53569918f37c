using Fulcrum.Faults;

// fulcrum-faults [--tool PROGRAM] [--folder DIR] [--seed N] [--kills N] [--signals N] [--damages N] [--deletions N]
// [--clock N] [--disk-full] [--small-files]
// Disturbs a study that takes seconds in every way it knows and compares what it leaves with the undisturbed run's,
// byte by byte.
// fulcrum-faults --stage-kills N
// Kills a study of three candidates in each of its stages, N times.
// fulcrum-faults [--long-train STEPS] [--long-score REQUESTS] [--long-sql QUERIES]
// Does the same thing for long in one process, and prints what it holds meanwhile.
Dictionary<string, string> options = new(StringComparer.Ordinal);
for (int i = 0; i < args.Length; i++)
{
    options[args[i].TrimStart('-')] =
        i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : "";
}

int Count(string name) =>
    options.TryGetValue(name, out string? text)
        ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
        : 0;
string folder = Path.GetFullPath(
    options.GetValueOrDefault("folder") ?? Directory.CreateTempSubdirectory("faults").FullName
);
if (options.Keys.Any(k => k.StartsWith("long-", StringComparison.Ordinal)))
{
    LongRuns runs = new(folder, new Random(Count("seed")));
    bool flat = Count("long-train") == 0 || runs.Training(Count("long-train"));
    flat &= Count("long-score") == 0 || runs.Scoring(Count("long-score"));
    flat &= Count("long-sql") == 0 || runs.Grading(Count("long-sql"));
    return flat ? 0 : 1;
}

string tool = Path.GetFullPath(
    options.GetValueOrDefault("tool") ?? Path.Combine(AppContext.BaseDirectory, "Fulcrum.Cli")
);
if (options.ContainsKey("stage-kills"))
{
    return new StageKills(tool, folder, new Random(Count("seed"))).Run(Count("stage-kills")) ? 0 : 1;
}

Campaign campaign = new(tool, folder, new Random(Count("seed")));
bool fine = campaign.Undisturbed();
fine = fine && campaign.TwoProcesses();
fine = fine && campaign.Stages();
fine = fine && (Count("signals") == 0 || campaign.Signals(Count("signals")));
fine = fine && (!options.ContainsKey("disk-full") || campaign.DiskFull());
fine = fine && (!options.ContainsKey("small-files") || campaign.SmallFiles());
fine = fine && (Count("clock") == 0 || campaign.Clock(Count("clock")));
fine = fine && (Count("deletions") == 0 || campaign.Deletions(Count("deletions")));
fine = fine && (Count("damages") == 0 || campaign.Damages(Count("damages")));
fine = fine && (Count("kills") == 0 || campaign.Kills(Count("kills")));
Console.WriteLine(fine ? "nothing differs" : "SOMETHING DIFFERS: see above");
return fine ? 0 : 1;
