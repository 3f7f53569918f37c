using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fulcrum.Statistics;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum stats</c></summary>
internal static class StatsCommand
{
    private const int MostSamples = 10_000_000;
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON.", Recursive = true };
    private static readonly Option<string> Looks = new("--looks")
    {
        Description = "Shares of the items at each look, increasing, at most 1: 0.2,0.4,1.",
        Required = true,
    };
    private static readonly Option<string> P = new("--p")
    {
        Description = "p values: 0.01,0.04,0.03.",
        Required = true,
    };
    private static readonly Option<int> Samples = CountOption.Required(
            "--samples",
            least: 1,
            "Number of samples of the item."
        ),
        Correct = CountOption.Required("--correct", least: 0, "Number of correct samples."),
        K = CountOption.Required("--k", least: 1, "Number of samples that are drawn.");

    public static Command Create()
    {
        Command boundaries = new(
            "boundaries",
            "Compute group-sequential boundaries for an error of 0.025 t² per side, spent by the share t "
                + "of the items."
        )
        {
            Looks,
        };
        boundaries.SetAction(Boundaries);
        Command holm = new("holm", "Adjust p values by Holm's method, in the order given.") { P };
        holm.SetAction(Holm);
        Command pass = new("pass-at-k", "Compute the unbiased pass@k of one item.") { Samples, Correct, K };
        pass.SetAction(PassAtK);
        return new Command("stats", "Compute single figures of the statistics that comparisons use.")
        {
            Json,
            boundaries,
            holm,
            pass,
        };
    }

    private static void Boundaries(ParseResult parsed)
    {
        double[] looks = Numbers("--looks", parsed.GetRequiredValue(Looks));
        if (looks.Where((t, i) => !(t > (i == 0 ? 0 : looks[i - 1]) && t <= 1)).Any())
        {
            throw new InputException("--looks: shares must rise from above 0 to at most 1, as in 0.2,0.4,1");
        }

        IReadOnlyList<double> z = GroupSequential.Boundaries(looks);
        double[] spent = [.. looks.Select(t => GroupSequential.Spent(t))];
        if (parsed.GetValue(Json))
        {
            Print(new { z, spent });
            return;
        }

        foreach ((double look, int i) in looks.Select((t, i) => (t, i)))
        {
            Console.Out.WriteLine(
                FormattableString.Invariant($"{look:0.####}\tz {z[i]:0.00000}\tspent {spent[i]:0.000000}")
            );
        }
    }

    private static void Holm(ParseResult parsed)
    {
        double[] p = Numbers("--p", parsed.GetRequiredValue(P));
        if (p.Any(v => !(v is >= 0 and <= 1)))
        {
            throw new InputException("--p: a p value lies between 0 and 1");
        }

        IReadOnlyList<double> adjusted = Proportion.Holm(p);
        if (parsed.GetValue(Json))
        {
            Print(new { adjusted });
            return;
        }

        Console.Out.WriteLine(string.Join(",", adjusted.Select(v => v.ToString(CultureInfo.InvariantCulture))));
    }

    private static void PassAtK(ParseResult parsed)
    {
        (int samples, int correct, int k) = (parsed.GetValue(Samples), parsed.GetValue(Correct), parsed.GetValue(K));
        if (samples > MostSamples || correct > samples || k > samples)
        {
            throw new InputException(
                "wanted --samples of at most 10,000,000, and --correct and --k of at most --samples; "
                    + $"got {samples}, {correct} and {k}"
            );
        }

        double value = Proportion.PassAtK(samples, correct, k);
        if (parsed.GetValue(Json))
        {
            Print(new { value });
            return;
        }

        Console.Out.WriteLine(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void Print<T>(T figures) => Console.Out.WriteLine(JsonSerializer.Serialize(figures));

    private static double[] Numbers(string option, string text) =>
        [
            .. text.Split(',')
                .Select(t =>
                    double.TryParse(t.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                        ? number
                        : throw new InputException($"{option}: '{t.Trim()}' is not a number")
                ),
        ];
}
