using Fulcrum.Faults;

// fulcrum-faults --tool PROGRAM [--folder DIR] [--seed N] [--kills N] [--signals N] [--damages N] [--disk-full]
// Disturbs a study that takes seconds in every way it knows and compares what it leaves with the undisturbed run's, byte by byte.
Dictionary<string, string> options = new(StringComparer.Ordinal);
for (int i = 0; i < args.Length; i++)
{
    options[args[i].TrimStart('-')] = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : "";
}

if (!options.TryGetValue("tool", out string? tool))
{
    Console.Error.WriteLine("faults: --tool PROGRAM is needed: the fulcrum program to disturb");
    return 2;
}

int Count(string name) => options.TryGetValue(name, out string? text) ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;
string folder = Path.GetFullPath(options.GetValueOrDefault("folder") ?? Directory.CreateTempSubdirectory("faults").FullName);
Campaign campaign = new(Path.GetFullPath(tool), folder, new Random(Count("seed")));
bool fine = campaign.Undisturbed();
fine = fine && campaign.TwoProcesses();
fine = fine && (Count("signals") == 0 || campaign.Signals(Count("signals")));
fine = fine && (!options.ContainsKey("disk-full") || campaign.DiskFull());
fine = fine && (Count("damages") == 0 || campaign.Damages(Count("damages")));
fine = fine && (Count("kills") == 0 || campaign.Kills(Count("kills")));
Console.WriteLine(fine ? "nothing differs" : "SOMETHING DIFFERS: see above");
return fine ? 0 : 1;
