using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Benchmarks;

/// <summary>Compares the speed of two builds on the same work, run in turns: the regression guard of a
/// kernel.</summary>
/// <remarks>Old and new alternate, and so does which of them goes first, so that other load slows both. A round gives
/// one logarithm of a ratio; the interval is Student's of their mean.</remarks>
internal static class BuildComparison
{
    private const double Level = 0.95;

    /// <summary>Runs <c>compare OLD NEW ROUNDS BENCH-ARGUMENTS...</c>: two programs, and what both are given after
    /// <c>bench</c>.</summary>
    /// <returns>0; 1 if the new build is slower and the interval excludes that both are as fast; 2 for a wrong
    /// call.</returns>
    public static int Run(string[] args)
    {
        if (args.Length < 4 || !int.TryParse(args[2], CultureInfo.InvariantCulture, out int rounds) || rounds < 2)
        {
            Console.Error.WriteLine(
                "call: compare OLD NEW ROUNDS BENCH-ARGUMENTS...; at least 2 rounds. Example: "
                    + "compare old/fulcrum new/fulcrum 4 score --config config.json --input work.jsonl --threads 2"
            );
            return 2;
        }

        double[] logs = [.. Enumerable.Range(0, rounds).Select(round => Round(args[0], args[1], args[3..], round))];
        (double mean, double half) = (logs.Average(), HalfWidth(logs));
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"time of new / old: {Math.Exp(mean):F3} [{Math.Exp(mean - half):F3}, {Math.Exp(mean + half):F3}], "
                    + $"{rounds} rounds, level {Level}"
            )
        );
        return mean - half > 0 ? 1 : 0;
    }

    /// <summary>Half the width of Student's interval of the mean, with n - 1 degrees of freedom.</summary>
    private static double HalfWidth(double[] values)
    {
        (int n, double mean) = (values.Length, values.Average());
        double variance = values.Sum(v => (v - mean) * (v - mean)) / (n - 1);
        return StudentT.InvCDF(0, 1, n - 1, (1 + Level) / 2) * Math.Sqrt(variance / n);
    }

    // log(seconds of new / seconds of old); the order within a round alternates.
    private static double Round(string before, string after, string[] work, int round)
    {
        double first = Seconds(round % 2 == 0 ? before : after, work),
            second = Seconds(round % 2 == 0 ? after : before, work);
        (double old, double fresh) = round % 2 == 0 ? (first, second) : (second, first);
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: old {old:F2} s, new {fresh:F2} s")
        );
        return Math.Log(fresh / old);
    }

    private static double Seconds(string tool, string[] work)
    {
        ProcessStartInfo start = new(tool, ["bench", .. work, "--json"]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonNode.Parse(output)!["seconds"]!.GetValue<double>()
            : throw new InvalidOperationException(
                $"{tool} bench {string.Join(' ', work)} ended with {process.ExitCode}"
            );
    }
}
