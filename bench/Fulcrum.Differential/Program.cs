using System.Diagnostics;
using System.Globalization;
using Fulcrum.Differential;

// fulcrum-differential tokenizers [--count N] [--seed N] [--layouts DIR]
// fulcrum-differential characters [--layouts DIR]
// fulcrum-differential templates --packages DIR [--count N] [--seed N]
// Compares with other implementations on random inputs. A row per layout; every difference, up to 20, on standard
// error.
Dictionary<string, string> options = args.Skip(1)
    .Chunk(2)
    .Where(a => a.Length == 2)
    .ToDictionary(a => a[0].TrimStart('-'), a => a[1], StringComparer.Ordinal);
int Number(string name, int otherwise) =>
    options.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
string layouts = options.GetValueOrDefault("layouts") ?? Path.Combine(AppContext.BaseDirectory, "layouts");
string script = Path.Combine(AppContext.BaseDirectory, "jinja", "render.mjs");
int differences = 0;
long start = Stopwatch.GetTimestamp();
switch (args.FirstOrDefault())
{
    case "tokenizers":
        foreach (
            (string layout, int texts, IReadOnlyList<Difference> found) in TokenizerComparison.Run(
                layouts,
                Number("count", 200_000),
                Number("seed", 1)
            )
        )
        {
            Report(layout, $"{texts} texts", found);
        }

        break;
    case "characters":
        foreach ((string layout, int texts, IReadOnlyList<Difference> found) in TokenizerComparison.Characters(layouts))
        {
            Report(layout, $"{texts} characters", found);
            Console.Error.WriteLine(
                string.Join(' ', found.Select(d => $"{char.ConvertToUtf32(d.Input, 0):X}").Distinct())
            );
        }

        break;
    case "templates":
        (int rendered, int refused, IReadOnlyList<Difference> other) = TemplateComparison.Run(
            script,
            options.GetValueOrDefault("packages") ?? "bench/Fulcrum.Differential/jinja",
            Number("count", 100_000),
            Number("seed", 1)
        );
        Report("templates", $"{rendered} rendered by both, {refused} refused by both", other);
        break;
    default:
        Console.Error.WriteLine("usage: tokenizers | characters | templates --packages DIR [--count N] [--seed N]");
        return 2;
}

Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s, {differences} differences"
    )
);
return differences == 0 ? 0 : 1;

void Report(string name, string count, IReadOnlyList<Difference> found)
{
    Console.WriteLine($"{name}: {count}, {found.Count} differences");
    differences += found.Count;
    foreach (Difference d in found.OrderBy(d => d.Input.Length).Take(20))
    {
        Console.Error.WriteLine($"{d.Where}\n  input  {d.Input}\n  ours   {d.Ours}\n  theirs {d.Theirs}");
    }
}
