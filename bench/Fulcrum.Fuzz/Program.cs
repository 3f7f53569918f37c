using System.Diagnostics;
using System.Globalization;
using Fulcrum.Fuzz;

// fulcrum-fuzz [--seconds N] [--inputs N] [--seed N] [--target NAME] [--corpus DIR]
// Mutates the inputs of a corpus. An input may be refused with a sentence (FulcrumException); anything else that
// escapes, and anything slow, is a finding.
Dictionary<string, string> options = args.Chunk(2)
    .Where(a => a.Length == 2)
    .ToDictionary(a => a[0].TrimStart('-'), a => a[1], StringComparer.Ordinal);
double seconds = double.Parse(options.GetValueOrDefault("seconds") ?? "10", CultureInfo.InvariantCulture);
long inputs = long.Parse(options.GetValueOrDefault("inputs") ?? "9000000000", CultureInfo.InvariantCulture);
int seed = int.Parse(options.GetValueOrDefault("seed") ?? "1", CultureInfo.InvariantCulture);
string corpus = options.GetValueOrDefault("corpus") ?? Path.Combine(AppContext.BaseDirectory, "corpus");
using Targets targets = new();
long all = 0;
int found = 0;
Console.WriteLine(
    "| target | inputs | refused | ways | seconds | a second | findings |\n|---|---|---|---|---|---|---|"
);
foreach (
    (string name, Action<byte[]> target) in targets.All.Where(t =>
        options.GetValueOrDefault("target") is not { } only || only == t.Name
    )
)
{
    Campaign campaign = new(name, target, Path.Combine(corpus, name), new Random(seed));
    long start = Stopwatch.GetTimestamp();
    campaign.Run(seconds, inputs);
    double took = Stopwatch.GetElapsedTime(start).TotalSeconds;
    Console.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {campaign.Inputs:N0} | {100.0 * campaign.Refused / campaign.Inputs:F0} % | {campaign.Ways} | {took:F0} | {campaign.Inputs / took:N0} | {campaign.Findings.Count} |"
        )
    );
    all += campaign.Inputs;
    found += campaign.Findings.Count;
    foreach (string finding in campaign.Findings)
    {
        Console.Error.WriteLine($"{name}: {finding}");
    }
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all:N0} inputs, {found} findings"));
return found == 0 ? 0 : 1;
