using System.Net;
using System.Text.RegularExpressions;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Statistics;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The page and the Markdown report state the same facts.</summary>
public sealed partial class ReportFormsTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("pt-BR")]
    public void Every_figure_of_one_form_is_in_the_other(string language)
    {
        RunReport report = Complete(language);
        string page = TextOfPage(report),
            markdown = TextOfMarkdown(report);

        Assert.Empty(Figures(page).Except(Figures(markdown)));
        Assert.Empty(Figures(markdown).Except(Figures(page)));
        Assert.True(Figures(page).Count() > 150);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("pt-BR")]
    public void Every_sentence_is_in_both_forms(string language)
    {
        RunReport report = Complete(language);
        Words words = report.Words;
        string[] sentences =
        [
            Advice.Of(report.Shown, words),
            Signs.Legend(words, clusters: true),
            Explanations.Table(clusters: true, words),
            Explanations.Adjusted(report.Shown.Tasks, words, brackets: true)!,
            FurtherMeasures.Explanation(words),
            PowerTable.Explanation(words),
            PointRows.Serving(words),
            GuardTable.Explanation(words),
            GuardTable.Overrides(report)!,
            MethodFacts.Method(report),
            MethodFacts.Repeating(words),
            MethodFacts.Commands.ReplaceLineEndings(" "),
            .. NeutralTexts.Of(report),
            .. Explanations.Columns(words, clusters: true, hover: true).Where(c => !c.Contains("95%")),
            .. report.Comparison.Guards!.SelectMany(g => GuardTable.Row(g, words)),
            .. report.Shown.Profile!.SelectMany(r => Abilities.Cells(r, words)),
            .. report.Shown.Tasks.SelectMany(t => FurtherMeasures.Rows(t, words)).SelectMany(r => r),
        ];
        string page = TextOfPage(report),
            markdown = TextOfMarkdown(report);

        Assert.All(sentences, s => Assert.Contains(Plain(s), page));
        Assert.All(sentences, s => Assert.Contains(Plain(s), markdown));
    }

    [Fact]
    public void The_sign_of_small_groups_is_explained_once_and_the_same_everywhere()
    {
        RunReport report = Complete("en");

        foreach (string text in (string[])[TextOfPage(report), TextOfMarkdown(report)])
        {
            Assert.Contains("A group of fewer than 5 clusters has ○ whatever its interval", text);
            Assert.DoesNotContain("no sign", text);
        }
    }

    [Fact]
    public void Shares_among_the_additional_measures_have_the_unit_of_the_table()
    {
        PairedResult result = Results.Compared("own", -0.1, 0.1) with
        {
            Measures =
            [
                new MeasureComparison("confidence", 40, 0.625, 0.65, new Difference(0.025, 0.01, 0.04, 0.005)),
                new MeasureComparison("brier", 40, 0.4, 0.38, new Difference(-0.02, -0.05, 0.01, 0.01)),
            ],
        };

        IReadOnlyList<string[]> rows = FurtherMeasures.Rows(result, Words.English);

        Assert.Equal(["confidence in the choice", "40", "62.5%", "65.0%", "● +2.5 (+1.0 to +4.0)"], rows[0]);
        Assert.Equal(
            ["Brier score, 0 to 2 (lower is better)", "40", "0.4000", "0.3800", "○ −0.0200 (−0.0500 to +0.0100)"],
            rows[1]
        );
    }

    [Fact]
    public void Each_of_several_candidates_has_its_facts_and_its_advice_in_both_forms()
    {
        RunReport report = Complete("en");
        PairedResult[] tasks = [.. report.Shown.Tasks.Select(t => t with { Gained = 12_345 })];
        CandidateComparison second = report.Shown with { Name = "second", Tasks = tasks };
        RunReport two = report with
        {
            Comparison = report.Comparison with { Candidates = [report.Shown, second], TradeOff = null },
            Detailed = [report.Shown, second],
            Items = report.Items.ToDictionary(t => t.Key, t => (IReadOnlyList<ItemAnswers>)[.. t.Value.Select(Twice)]),
        };

        foreach (string text in (string[])[TextOfPage(two), TextOfMarkdown(two)])
        {
            Assert.Equal(2, Regex.Count(text, Regex.Escape(Plain(Advice.Of(second, Words.English)))));
            Assert.Contains(Plain(Sentences.Of(tasks[0], Words.English)), text);
        }
    }

    private static ItemAnswers Twice(ItemAnswers i) => i with { Candidates = [i.Candidates[0], i.Candidates[0]] };

    private static readonly Lazy<RunReport> English = new(() => Read("en")),
        Portuguese = new(() => Read("pt-BR"));

    private static RunReport Complete(string language) => (language == "en" ? English : Portuguese).Value;

    /// <summary>A run with every part that a report may have, except a search and a ladder of serving forms.</summary>
    private static RunReport Read(string language)
    {
        string folder = SyntheticRun.Write();
        RunReport report = RunReport.Read(folder, language);
        Directory.Delete(folder, recursive: true);
        AbilityRow row = new("reasoning", ["mmlu"], 0.515, 0.525, new Difference(0.01, -0.03, 0.05, 0.02), false);
        CandidateComparison shown = report.Shown with
        {
            Profile = [row, row with { Name = "knowledge", Before = 0.333 }],
            NeutralText = new NeutralTextComparison(
                7,
                1_234,
                new TokenMean(0.0123, 0.0111, 0.0135, 0.001),
                new TokenMean(-0.0456, -0.05, -0.04, 0.002),
                12.34,
                13.45
            ),
        };
        return report with
        {
            Shown = shown,
            Detailed = [shown],
            Comparison = report.Comparison with { Candidates = [shown] },
        };
    }

    // Pictures, scripts, items, values by cluster, by part of the steps and by training step, and the study itself.
    private static readonly (string Pattern, string Kept)[] Hidden =
    [
        ("<(script|style|svg)\\b.*?</\\1>", " "),
        ("<table class=\"sortable\">.*?</table>", " "),
        ("<details><summary>(Steps of|Passos de|The complete study|O estudo completo).*?</details>", " "),
        ("(<section id=\"training\".*?</figcaption>).*?</section>", "$1 "),
        ("<[^>]*\\btitle=\"([^\"]*)\"[^>]*>", " $1 "),
        ("<[^>]*>", " "),
    ];

    private static string TextOfPage(RunReport report) =>
        Plain(
            WebUtility.HtmlDecode(
                Hidden.Aggregate(
                    Page.Print(report),
                    (text, h) => Regex.Replace(text, h.Pattern, h.Kept, RegexOptions.Singleline)
                )
            )
        );

    private static string TextOfMarkdown(RunReport report) =>
        Plain(Escaped().Replace(ReportMarkdown.Of(report), "$1").Replace("**", "", StringComparison.Ordinal));

    private static string Plain(string text) => Blank().Replace(text.Replace('|', ' '), " ").Trim();

    private static IEnumerable<string> Figures(string text) => Figure().Matches(text).Select(m => m.Value).Distinct();

    [GeneratedRegex(@"\\([\\`*_\[\]<>|#])")]
    private static partial Regex Escaped();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    [GeneratedRegex(@"[+\u2212]?\d+(?:[.,]\d+)+%?")]
    private static partial Regex Figure();
}
