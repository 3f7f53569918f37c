using Fulcrum.Guards;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>What <c>prepare</c> can say before anything is measured, in sentences for a reader who sees them for the
/// first time.</summary>
internal static class Foresight
{
    /// <summary>Which checks were made, and how they ended.</summary>
    public static string Of(GuardLog log, IReadOnlyList<string> overridden)
    {
        IReadOnlyList<GuardResult> results = GuardLog.Overridden(log.Results, overridden);
        string Named(string status) =>
            string.Join(", ", results.Where(r => r.Status == status).Select(r => r.Name).Distinct());
        string broken = Named("overridden");
        string passed = Named("passed");
        return $"checks passed: {(passed.Length > 0 ? passed : "none")}{(broken.Length > 0 ? $"; failed, but overridden by the study: {broken}" : "")} (guards/prepare.json tells what each saw)";
    }

    /// <summary>What the samples can show, and a warning where that is less than what is wanted.</summary>
    /// <param name="looking">By benchmark, the difference in points that <c>--require</c> names.</param>
    public static IEnumerable<string> Of(Study study, Corpus data, IReadOnlyDictionary<string, double>? looking)
    {
        foreach (ITask b in data.Benchmarks)
        {
            bool required = looking?.ContainsKey(b.Name) == true;
            double? wanted =
                required ? looking![b.Name]
                : study.TaskNames.Contains(b.Name) ? null
                : study.Margin;
            BenchmarkPower power = Power.Before(
                b.Name,
                b.Items.Count,
                b.Items.Select(i => i.Cluster).Distinct().Count(),
                wanted
            );
            string effects = string.Join(
                ", ",
                power.Expected.Select(
                    (e, i) =>
                        $"{e.Points * 100:0.0} {(i == 0 ? $"points if training changes {e.Discordance * 100:0} % of the answers" : $"if {e.Discordance * 100:0} %")}"
                )
            );
            yield return $"{b.Name}: {power.Items} items in {power.Clusters} clusters. The smallest difference that they can be relied on to show (in 8 of 10 studies): {effects}";
            if (!power.Sees)
            {
                yield return $"warning: {b.Name}: this sample is too small to show differences of {wanted:0.#} points, {(required ? "which --require asks for" : "the study's margin")}: with 10 % of the answers changed it shows {power.Expected[1].Points * 100:0.0} points and more. The run goes on, but its verdict may be \"inconclusive\"; more items would help";
            }
        }
    }
}
