using System.Globalization;
using System.Net;
using System.Text;
using Fulcrum.Evaluation;
using Fulcrum.Statistics;

namespace Fulcrum.Reporting;

/// <summary>The report as one HTML file that needs no network and runs no script; everything that comes from data or models is escaped.</summary>
internal static class ReportHtml
{
    private const int MostFlips = 400;

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6475;--line:#d9dee7;--ground:#fff;--gain:#17713a;--loss:#b3261e;--mark:#2457c5}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a2abba;--line:#343b48;--ground:#14181f;--gain:#5fd08a;--loss:#ff8a80;--mark:#8ab0ff}}
        body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:64rem;margin:2rem auto;padding:0 1.2rem}
        h1{font-size:1.7rem;margin-bottom:.3rem}h2{font-size:1.2rem;margin-top:2.4rem}.lead{font-size:1.08rem}.gain{color:var(--gain)}.loss{color:var(--loss)}.soft{color:var(--soft)}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:right}
        th:first-child,td:first-child{text-align:left}tr.group td:first-child{padding-left:1.6rem;color:var(--soft)}
        details{border-bottom:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;background:color-mix(in srgb,var(--ink) 6%,transparent);padding:.6rem;border-radius:.3rem;margin:.3rem 0;font-size:.88rem}
        svg{width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}@media print{details{break-inside:avoid}}
        """;

    public static string Of(Report report)
    {
        StringBuilder html = new();
        html.Append($"<!doctype html>\n<html lang=\"{report.Language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
            .Append($"<title>{Text(report.Study.Name)}</title><style>{Style}</style></head><body><h1>{Text(report.Study.Name)}</h1>\n");
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            html.Append($"<p class=\"lead {Direction(b.Difference)}\">{Text(Sentences.Of(b, report.Language))}</p>\n");
        }

        Table(html, report.Comparison);
        html.Append("<h2>Gain and loss</h2>\n").Append(Plots.Forest(report.Comparison));
        Training(html, report);
        Flips(html, report);
        Provenance(html, report);
        return html.Append("</body></html>\n").ToString();
    }

    private static void Table(StringBuilder html, Comparison comparison)
    {
        html.Append("<h2>Comparison</h2><table><thead><tr><th>benchmark</th><th>items</th><th>before</th><th>after</th><th>difference, points (95 %)</th><th>gained</th><th>lost</th><th>p</th></tr></thead><tbody>\n");
        foreach (BenchmarkComparison b in comparison.Benchmarks)
        {
            Row(html, "", b.Benchmark, b.Items, b.Before, b.After, b.Difference, b.Mcnemar);
            foreach (GroupComparison g in b.Groups)
            {
                Row(html, "group", g.Group, g.Items, g.Before, g.After, g.Difference, g.Mcnemar);
            }
        }

        html.Append("</tbody></table>\n");
    }

    private static void Row(StringBuilder html, string kind, string name, int items, ScoreInterval before, ScoreInterval after, Difference d, McNemarResult m) => html.Append(
        $"<tr class=\"{kind}\"><td>{Text(name)}</td><td>{items}</td><td>{Score(before)}</td><td>{Score(after)}</td><td class=\"{Direction(d)}\">{Signed(d.Points)} ({Signed(d.Low)} to {Signed(d.High)})</td><td>{m.Gained}</td><td>{m.Lost}</td><td>{(m.P < 0.001 ? "&lt; 0.001" : $"{m.P:0.000}")}</td></tr>\n");

    private static void Training(StringBuilder html, Report report)
    {
        if (report.Steps.Count > 0)
        {
            html.Append("<h2>Training</h2>\n").Append(Plots.Curve(report.Steps))
                .Append($"<p class=\"soft\">{report.Steps.Count} steps on {report.Steps.Sum(s => (long)s.CompletionTokens)} completion tokens; loss {report.Steps[0].Loss:0.000} at the first step, {report.Steps[^1].Loss:0.000} at the last.</p>\n");
        }
    }

    private static void Flips(StringBuilder html, Report report)
    {
        foreach ((string benchmark, IReadOnlyList<(Answer Before, Answer After)> pairs) in report.Answers)
        {
            (Answer Before, Answer After)[] flips = [.. pairs.Where(p => p.Before.Score != p.After.Score)];
            html.Append($"<h2>{Text(benchmark)}: items that changed</h2><p class=\"soft\">{flips.Length} of {pairs.Count}{(flips.Length > MostFlips ? $"; the first {MostFlips} are shown, the answer files hold all" : "")}</p>\n");
            foreach ((Answer before, Answer after) in flips.Take(MostFlips))
            {
                bool gained = (after.Score ?? 0) > (before.Score ?? 0);
                html.Append($"<details><summary><b class=\"{(gained ? "gain" : "loss")}\">{(gained ? "gained" : "lost")}</b> {Text(before.Id)} <span class=\"soft\">{Text(before.Cluster)} {Text(before.Group)}</span> {Text(before.Input)}</summary>")
                    .Append($"<p class=\"soft\">target</p><pre>{Text(before.Target)}</pre><div class=\"two\">{Side("before", before)}{Side("after", after)}</div></details>\n");
            }
        }
    }

    private static string Side(string name, Answer answer) =>
        $"<div><p class=\"soft\">{name}: {Text(answer.Verdict)} {Text(answer.Reason)}</p><pre>{Text(answer.Prediction.Length > 0 ? answer.Prediction : answer.Output)}</pre></div>";

    private static void Provenance(StringBuilder html, Report report)
    {
        html.Append("<h2>How it was measured</h2><p>Before and after are the same items, asked by the same code; they differ in the adapter alone. The interval of a difference is clustered (CR1, Student's t), p is McNemar's exact two-sided test, single scores carry Wilson intervals.</p><table><tbody>");
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            html.Append($"<tr><td>protocol of {Text(b.Benchmark)}</td><td>{Text(b.Protocol)}</td></tr>");
        }

        html.Append($"<tr><td>dtype, quantization</td><td>{Text(report.Study.Model.Dtype)}, {Text(report.Study.Model.Quantization)}</td></tr><tr><td>seed</td><td>{report.Study.Seed}</td></tr></tbody></table>")
            .Append($"<details><summary>The study</summary><pre>{Text(StudyFile.Print(report.Study))}</pre></details>\n");
    }

    private static string Score(ScoreInterval s) => $"<span title=\"{s.Low * 100:0.0} to {s.High * 100:0.0}\">{s.Score * 100:0.0} %</span>";

    private static string Signed(double fraction) => (fraction * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static string Direction(Difference d) => d.Low > 0 ? "gain" : d.High < 0 ? "loss" : "soft";

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");
}
