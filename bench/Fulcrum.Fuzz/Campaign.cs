using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Fulcrum.Fuzz;

/// <summary>One target against mutations of its corpus; an input that ends in a way not seen before joins the
/// corpus.</summary>
internal sealed partial class Campaign(string name, Action<byte[]> target, string corpus, Random random)
{
    private const int MostKept = 4000,
        MostFindings = 10;
    private const double Slow = 5;
    private const long Large = 1L << 30;
    private readonly HashSet<string> ways = new(StringComparer.Ordinal),
        kinds = new(StringComparer.Ordinal);
    private readonly List<byte[]> kept = [];

    public long Inputs { get; private set; }

    public long Refused { get; private set; }

    public int Ways => ways.Count;

    public List<string> Findings { get; } = [];

    /// <summary>Runs for some seconds or some inputs, whichever ends first.</summary>
    public void Run(double seconds, long inputs)
    {
        kept.AddRange(Directory.EnumerateFiles(corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes));
        byte[][] seeds = [.. kept];
        Mutator mutator = new(seeds, random);
        Array.ForEach(seeds, Try);
        for (
            long start = Stopwatch.GetTimestamp();
            Inputs < inputs
                && Findings.Count < MostFindings
                && (Inputs % 64 != 0 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        )
        {
            Try(
                mutator.Mutate(
                    kept[random.Next(2) == 0 ? random.Next(seeds.Length) : random.Next(kept.Count)],
                    kept[random.Next(kept.Count)]
                )
            );
        }
    }

    private void Try(byte[] input)
    {
        Inputs++;
        TimeSpan start = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        string way = "accepted";
        try
        {
            target(input);
        }
        catch (FulcrumException e)
        {
            Refused++;
            way = Values().Replace(e.Message, "");
        }
        catch (Exception e)
        {
            Found(
                input,
                $"{e.GetType().Name}: {e.Message.Split('\n')[0]} {string.Join(" < ", (e.StackTrace ?? "").Split('\n').Take(4).Select(l => l.Trim()))}",
                e.GetType().Name + (e.StackTrace ?? "").Split('\n')[0]
            );
        }

        // Processor time, since the machine may have other work.
        double took = (Environment.CpuUsage.TotalTime - start).TotalSeconds;
        if (took > Slow)
        {
            Found(input, $"took {took:F1} s", "slow");
        }

        long needed = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (needed > Large)
        {
            Found(input, $"allocated {needed >> 20} MiB", "large");
        }

        if (ways.Count < MostKept && ways.Add(way) && kept.Count < MostKept)
        {
            kept.Add(input);
        }
    }

    private void Found(byte[] input, string what, string kind)
    {
        if (kinds.Add(kind))
        {
            string file = Path.Combine(
                Path.GetTempPath(),
                $"found-{name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..8]}"
            );
            File.WriteAllBytes(file, input);
            Findings.Add($"{what} ({file})");
        }
    }

    [GeneratedRegex(@"'[^']*'|""[^""]*""|\d+|/\S+", RegexOptions.NonBacktracking)]
    private static partial Regex Values();
}
