using System.Diagnostics;
using System.Globalization;

namespace Fulcrum.GpuCheck;

/// <summary>Prints a row per check, as Markdown, while the checks run.</summary>
internal sealed class CheckTable
{
    /// <summary>Number of checks whose value exceeds its limit, or that ended in an error.</summary>
    public int Failed { get; private set; }

    /// <summary>Prints the head of the table.</summary>
    public static void Begin() =>
        Console.WriteLine("| check | value | limit | seconds | result |\n|---|--:|--:|--:|---|");

    /// <summary>Runs a check whose value must not exceed a limit.</summary>
    public void Limited(string name, double limit, Func<double> measure) =>
        Run(
            name,
            Number(limit),
            () =>
            {
                double value = measure();
                return (Number(value), value <= limit); // NaN fails
            }
        );

    /// <summary>Runs a measurement that has no limit.</summary>
    public void Measured(string name, string unit, Func<double> measure) =>
        Run(name, "", () => ($"{Number(measure())} {unit}", true));

    private void Run(string name, string limit, Func<(string Value, bool Holds)> measure)
    {
        long start = Stopwatch.GetTimestamp();
        (string value, bool holds) = ("", false);
        try
        {
            (value, holds) = measure();
        }
        catch (Exception e)
        {
            value = $"{e.GetType().Name}: {e.Message.Split('\n')[0]}";
        }

        Failed += holds ? 0 : 1;
        string seconds = Number(Stopwatch.GetElapsedTime(start).TotalSeconds);
        Console.WriteLine($"| {name} | {value} | {limit} | {seconds} | {(holds ? "holds" : "FAILS")} |");
    }

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
