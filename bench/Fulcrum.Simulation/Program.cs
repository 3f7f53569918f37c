using System.Globalization;
using System.Text.Json;
using Fulcrum.Simulation;
using Fulcrum.Statistics;

// Usage: FILE [STUDIES] [THREADS] [TEXT]. TEXT: only cells whose table and name contain it.
// Cells that FILE holds with as many studies or more are not simulated again.
if (args.Length is 0 or > 4)
{
    Console.Error.WriteLine("usage: Fulcrum.Simulation FILE.jsonl [STUDIES] [THREADS] [TEXT]");
    return 2;
}

string path = args[0];
int studies = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 4_000;
Simulations.Threads = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
string wanted = args.Length > 3 ? args[3] : "";
List<Result> results = File.Exists(path)
    ? [.. File.ReadLines(path).Select(l => JsonSerializer.Deserialize<Result>(l)!)]
    : [];

foreach (Cell cell in Cells.Coverage())
{
    Once("coverage", cell.Name, studies, () => Simulations.Coverage(cell, studies));
}

foreach (RareChanges cell in RareChanges.All())
{
    Once("rare changes", cell.Name, studies, () => cell.WithinMargin(studies));
}

foreach (Cell cell in Cells.Decisions())
{
    Once(
        "early decision",
        $"{cell.Name}; items",
        studies / 2,
        () => Simulations.Decisions(cell, Estimand.Items, studies / 2)
    );
}

foreach (Cell cell in Cells.Decisions().Where(c => c.Spread > 0))
{
    Once(
        "early decision",
        $"{cell.Name}; clusters",
        studies / 2,
        () => Simulations.Decisions(cell, Estimand.Clusters, studies / 2)
    );
}

Cell atMargin = new("Spider, 20", Cells.Spider, 0.10, -0.02),
    unchanged = new("Spider, 20", Cells.Spider, 0.003, 0),
    spread = atMargin with { Spread = 0.03 };
foreach (int tasks in (int[])[1, 5, 10])
{
    foreach (bool decide in (bool[])[false, true])
    {
        string how = decide ? ", early decision" : "";
        Once(
            "general tasks",
            $"{tasks} at the margin{how}",
            studies / 2,
            () => Simulations.Verdicts(atMargin, atMargin, tasks, decide, studies / 2)
        );
        if (tasks > 1)
        {
            Once(
                "general tasks",
                $"1 at the margin, {tasks - 1} unchanged{how}",
                studies / 2,
                () => Simulations.Verdicts(atMargin, unchanged, tasks, decide, studies / 2)
            );
        }
    }
}

foreach (int candidates in (int[])[5, 15, 50])
{
    Once(
        "candidates at the margin",
        $"{candidates} candidates",
        studies / 2,
        () => Simulations.Candidates(spread, candidates, studies / 2)
    );
    Once(
        "candidates at the margin",
        $"{candidates} candidates, early decision",
        studies / 2,
        () => Simulations.DecidedCandidates(spread, candidates, studies / 2)
    );
    Once(
        "selection",
        $"{candidates} candidates",
        studies / 2,
        () =>
            Simulations.Selections(
                new Cell("Spider, 20", Cells.Spider, 0.20, 0.05, 0.03),
                spread,
                candidates,
                studies / 2
            )
    );
}

Cell gain = new("Spider, 20", Cells.Spider, 0.20, 0.05, 0.03);
foreach (double sd in (double[])[0, 0.03])
{
    Once(
        "search",
        $"alike, gain 5, loss at the margin, SD {sd * 100:0}",
        studies,
        () => Simulations.Searches(gain with { Spread = sd }, spread with { Spread = sd }, 0, studies)
    );
    Once(
        "search",
        $"gains 2 to 12, losses 0 to 5, SD {sd * 100:0}",
        studies,
        () =>
            Simulations.Searches(
                gain with
                {
                    Mean = 0.02,
                    Spread = sd,
                },
                spread with
                {
                    Mean = 0,
                    Spread = sd,
                },
                0.10,
                studies
            )
    );
}

foreach (
    WholeRuns runs in (WholeRuns[])
        [
            new(spread),
            new(spread, Decide: true),
            new(spread, Tasks: 5),
            new(spread, Tasks: 5, Decide: true),
            new(spread, Candidates: 5),
            new(spread, Candidates: 5, Decide: true),
        ]
)
{
    Once("whole runs", runs.Name, studies / 2, () => runs.Verdicts(studies / 2));
}

Tables.Print(results, Console.Out);
return 0;

void Once(string table, string cell, int count, Func<SortedDictionary<string, double>> simulate)
{
    if (
        !$"{table}: {cell}".Contains(wanted, StringComparison.Ordinal)
        || results.Any(r => r.Table == table && r.Cell == cell && r.Studies >= count)
    )
    {
        return;
    }

    Result result = new(table, cell, count, simulate());
    results.Add(result);
    File.AppendAllText(path, JsonSerializer.Serialize(result) + "\n");
    Console.Error.WriteLine($"{table}: {cell}");
}
