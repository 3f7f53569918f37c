using System.Text.RegularExpressions;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

public sealed partial class ReportTests
{
    [Theory]
    [InlineData(
        "en",
        "spider: gain of 31.2 points (27.9 to 34.5); mmlu: loss of 0.8 points (0.1 to 1.5), within the margin of 2: accept."
    )]
    [InlineData(
        "pt-BR",
        "spider: ganho de 31,2 pontos percentuais (27,9 a 34,5); mmlu: perda de 0,8 ponto percentual (0,1 a 1,5), dentro da margem de 2: aceitar."
    )]
    public void The_verdict_is_the_first_line_in_both_languages(string language, string sentence)
    {
        (string html, string markdown) = Written(language);

        Assert.Contains($"<h1>{sentence}</h1>", html);
        Assert.StartsWith($"**{sentence}**", markdown);
        Assert.Contains($"<html lang=\"{language}\">", html);
    }

    [Theory]
    [InlineData("mmlu", "other")]
    [InlineData("mmlu", null)]
    public void A_comparison_whose_candidates_have_other_tasks_is_refused_with_a_sentence(string task, string? name)
    {
        string folder = SyntheticRun.Write(everything: false);
        string path = Path.Combine(folder, "comparison.json");
        Comparison whole = ComparisonJson.Parse(File.ReadAllText(path), path);
        PairedResult[] tasks =
        [
            .. whole
                .Candidates[0]
                .Tasks.Where(t => name is not null || t.Task != task)
                .Select(t => t.Task == task ? t with { Task = name! } : t),
        ];
        CandidateComparison second = whole.Candidates[0] with { Name = "second", Tasks = tasks };
        AtomicFile.WriteText(path, ComparisonJson.Print(whole with { Candidates = [whole.Candidates[0], second] }));

        InputException refused = Assert.Throws<InputException>(() => RunReport.Read(folder));

        Assert.Contains("candidate 'second' has other tasks than the study", refused.Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_a_model_wrote_is_never_markup()
    {
        string html = Written("en").Html;

        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<svg onload", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<!--", html);
        Assert.Equal(2, Regex.Count(html, "</script>")); // the data block's and the script's
        Assert.DoesNotMatch(Handler(), html);
    }

    [Fact]
    public void Page_uses_no_network_and_allows_only_its_own_script()
    {
        string html = Written("en").Html;

        Assert.DoesNotMatch(Fetched(), html);
        Assert.Contains("content=\"default-src 'none'; ", html);
        Assert.Contains(System.Net.WebUtility.HtmlEncode(Resource.Hash("report.js")), html);
    }

    [Fact]
    public void A_value_is_escaped_wherever_it_stands() =>
        Assert.Equal(
            "<p title=\"&quot;&gt;\">&lt;b&gt; 0.5<i></i></p>",
            Markup.Of($"<p title=\"{"\">"}\">{"<b>"} {0.5}{Markup.Of($"<i></i>")}</p>").ToString()
        );

    [Fact]
    public void A_data_block_that_could_be_ended_by_its_data_is_refused() =>
        Assert.Throws<ArgumentException>(() => Markup.Data("\"</script>\""));

    [Theory]
    [InlineData(0, 1, 6)]
    [InlineData(-0.03, 0.37, 4)]
    [InlineData(1, 90, 4)]
    [InlineData(0, 2e-4, 5)]
    public void An_axis_has_a_handful_of_round_ticks(double low, double high, int count) =>
        Assert.Equal(count, new Axis(low, high, 0, 100).Ticks().Count);

    [Theory]
    [InlineData(0.0004, "0.0")]
    [InlineData(-0.0004, "0.0")]
    [InlineData(0.312, "+31.2")]
    [InlineData(-0.5, "−50.0")]
    public void Points_carry_their_sign_unless_they_round_to_nothing(double fraction, string text) =>
        Assert.Equal(text, Words.English.Points(fraction));

    [Fact]
    public void A_group_of_fewer_than_5_clusters_gets_no_sign_whatever_its_interval()
    {
        string folder = SyntheticRun.Write();
        RunReport report = RunReport.Read(folder);
        PairedResult mmlu = report.Shown.Tasks.Single(t => t.Task == "mmlu");
        Difference loss = new(-0.2, -0.3, -0.1, 0.02);
        PairedResult few = mmlu.Groups[0] with { Clusters = 4, Difference = loss },
            enough = few with { Clusters = 5 };

        Assert.Equal((Change.None, Change.Loss), (few.Change, enough.Change));
        string page = Page.Print(report with { Shown = report.Shown with { Tasks = [mmlu with { Groups = [few] }] } });
        Assert.Contains($"○ {Words.English.Change(loss)}", page);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_report_claims_nothing_of_how_given_replies_and_adapters_were_made()
    {
        string folder = SyntheticRun.Write();
        RunReport report = RunReport.Read(folder);
        string Shown(CandidatePlan plan) =>
            Page.Print(
                report with
                {
                    Comparison = report.Comparison with { Seeds = null },
                    Study = report.Study with
                    {
                        Candidates = new Dictionary<string, CandidatePlan> { [report.Shown.Name] = plan },
                    },
                }
            );

        string trained = Page.Print(report),
            replies = Shown(new CandidatePlan(Replies: new Dictionary<string, string>())),
            adapter = Shown(new CandidatePlan(Adapter: "theirs"));

        Assert.Contains("Only the model differs", trained);
        Assert.Contains("· seed 42", trained);
        Assert.DoesNotContain("Only the model differs", replies);
        Assert.Contains($"The replies of {report.Shown.Name} were given, so nothing shows how", replies);
        Assert.Contains("with another seed: not known.", adapter);
        Assert.Contains("· items drawn by seed 42", adapter);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Report_states_the_estimand_and_the_worst_cluster()
    {
        string folder = SyntheticRun.Write();

        string text = ReportMarkdown.Of(RunReport.Read(folder));

        Assert.Contains("On other items of these 6 subjects", text);
        Assert.Contains("On other subjects of the same kind", text);
        Assert.Contains("Fewer than 5 databases give no estimate for other databases", text);
        Assert.Contains("Lowest database", text);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_Markdown_report_has_a_row_for_each_point_of_the_trade_off()
    {
        string folder = SyntheticRun.Write();
        RunReport report = RunReport.Read(folder);
        TradeOff points = report.Comparison.TradeOff!;

        string[] rows =
        [
            .. ReportMarkdown
                .Of(report)
                .Split('\n')
                .SkipWhile(l => l != "## Trade-off")
                .Skip(4)
                .TakeWhile(l => l.StartsWith('|')),
        ];

        Assert.True(points.Points.Count > 2);
        Assert.Equal(
            points.Points.Select(p => ReportMarkdown.Escape(TradeOffFigure.Name(p, Words.English))),
            rows.Select(r => r.Split(" | ")[0][2..])
        );
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Markdown_report_states_provenance_and_how_to_repeat_the_study()
    {
        string markdown = Written("en").Markdown;

        Assert.Contains("- base: qwen2, 494 million parameters, f32, not quantised\n", markdown);
        Assert.Contains(
            "- training: LoRA r = 8, alpha = 16 on q\\_proj, k\\_proj, v\\_proj, o\\_proj; 1 epoch, batch 8, adamw, learning rate 0.0002 (linear, 0 warm-up steps); seed 42",
            markdown
        );
        Assert.Contains("- mmlu: 239 items in 6 clusters, 1 more unscored\n", markdown);
        Assert.Contains("- stages: candidates/tuned/measure 1 h 12 min; together 1 h 12 min\n", markdown);
        Assert.Contains("fulcrum run study.json --output again", markdown);
    }

    private static readonly Lazy<(string Html, string Markdown)> InEnglish = new(() => Write("en")),
        InPortuguese = new(() => Write("pt-BR"));

    private static (string Html, string Markdown) Written(string language) =>
        (language == "en" ? InEnglish : InPortuguese).Value;

    private static (string Html, string Markdown) Write(string language)
    {
        string folder = SyntheticRun.Write();
        ReportFiles.Write(folder, language);
        (string, string) written = (
            File.ReadAllText(Path.Combine(folder, "report.html")),
            File.ReadAllText(Path.Combine(folder, "report.md"))
        );
        Directory.Delete(folder, recursive: true);
        return written;
    }

    [GeneratedRegex(@"<[^>]*\son[a-z]+\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex Handler();

    [GeneratedRegex("""(src|href)\s*=\s*["'](?!#)|@import|url\(""", RegexOptions.IgnoreCase)]
    private static partial Regex Fetched();
}
