using System.Net;
using System.Text;
using Fulcrum.Statistics;

namespace Fulcrum.Reporting;

/// <summary>Pictures as SVG; every mark tells its value on hover.</summary>
internal static class Plots
{
    /// <summary>Differences with their intervals, a line a benchmark and group.</summary>
    public static string Forest(Comparison comparison)
    {
        (string Name, Difference D)[] rows = [.. comparison.Benchmarks.SelectMany(b => new[] { (b.Benchmark, b.Difference) }.Concat(b.Groups.Select(g => ($"{b.Benchmark}: {g.Group}", g.Difference))))];
        double most = Math.Max(0.02, rows.Max(r => Math.Max(Math.Abs(r.D.Low), Math.Abs(r.D.High)))) * 1.1;
        double X(double value) => 580 + value / most * 360;
        int height = rows.Length * 26 + 40;
        StringBuilder svg = new($"<svg viewBox=\"0 0 960 {height}\" role=\"img\" aria-label=\"differences with intervals\"><line x1=\"580\" x2=\"580\" y1=\"8\" y2=\"{height - 28}\" stroke=\"var(--soft)\"/>");
        for (int i = 0; i < rows.Length; i++)
        {
            (string name, Difference d) = rows[i];
            int y = 22 + i * 26;
            string colour = d.Low > 0 ? "var(--gain)" : d.High < 0 ? "var(--loss)" : "var(--soft)";
            svg.Append($"<g><title>{WebUtility.HtmlEncode(name)}: {d.Points * 100:+0.0;-0.0;0.0} ({d.Low * 100:+0.0;-0.0;0.0} to {d.High * 100:+0.0;-0.0;0.0})</title><text x=\"8\" y=\"{y + 4}\">{WebUtility.HtmlEncode(name)}</text>")
                .Append($"<line x1=\"{X(d.Low):0.0}\" x2=\"{X(d.High):0.0}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"/><circle cx=\"{X(d.Points):0.0}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/></g>");
        }

        return svg.Append($"<text x=\"580\" y=\"{height - 8}\" text-anchor=\"middle\">0</text><text x=\"220\" y=\"{height - 8}\" text-anchor=\"middle\">{-most * 100:0.0}</text><text x=\"955\" y=\"{height - 8}\" text-anchor=\"end\">{most * 100:+0.0} points</text></svg>\n").ToString();
    }

    /// <summary>The loss of every training step.</summary>
    public static string Curve(IReadOnlyList<TrainingStep> steps)
    {
        double most = steps.Max(s => s.Loss), least = Math.Min(0, steps.Min(s => s.Loss)), range = Math.Max(1e-9, most - least);
        string At(int i) => $"{60 + i * 880.0 / Math.Max(1, steps.Count - 1):0.0},{20 + (most - steps[i].Loss) / range * 180:0.0}";
        StringBuilder svg = new("<svg viewBox=\"0 0 960 240\" role=\"img\" aria-label=\"training loss by step\"><line x1=\"60\" x2=\"940\" y1=\"200\" y2=\"200\" stroke=\"var(--line)\"/>");
        svg.Append($"<polyline fill=\"none\" stroke=\"var(--mark)\" stroke-width=\"2\" points=\"{string.Join(' ', Enumerable.Range(0, steps.Count).Select(At))}\"/>");
        int every = Math.Max(1, steps.Count / 60);
        for (int i = 0; i < steps.Count; i += every)
        {
            string[] at = At(i).Split(',');
            svg.Append($"<circle cx=\"{at[0]}\" cy=\"{at[1]}\" r=\"4\" fill=\"var(--mark)\"><title>step {steps[i].Step}: loss {steps[i].Loss:0.000}, rate {steps[i].LearningRate:0.0e+0}</title></circle>");
        }

        return svg.Append($"<text x=\"52\" y=\"24\" text-anchor=\"end\">{most:0.00}</text><text x=\"52\" y=\"204\" text-anchor=\"end\">{least:0.00}</text><text x=\"500\" y=\"228\" text-anchor=\"middle\">step 1 to {steps.Count}</text></svg>\n").ToString();
    }
}
