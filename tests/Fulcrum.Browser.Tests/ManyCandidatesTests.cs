using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Microsoft.Playwright;
using Xunit;

namespace Fulcrum.Browser.Tests;

/// <summary>The page of 200 candidates opens soon, and nothing of it is lost.</summary>
public sealed class ManyCandidatesTests(Browser browser) : IClassFixture<Browser>
{
    private const int Candidates = 200,
        Detailed = 40,
        MostElements = 3500;

    private static readonly Lazy<string> Many = new(Write),
        Blank = new(() => Text("<!doctype html><title>blank</title><p>blank"));

    [Fact]
    public async Task It_has_few_elements_and_takes_a_second_or_few_blank_pages()
    {
        double blank = await Milliseconds(Blank.Value),
            many = await Milliseconds(Many.Value);
        OpenReport report = await browser.Open(Many.Value);

        int elements = await report.Page.EvaluateAsync<int>("document.querySelectorAll('*').length");

        Assert.InRange(elements, 500, MostElements);
        Assert.True(many < Math.Max(1000, 25 * blank), $"{many:0} ms; a blank page took {blank:0} ms");
        Assert.Empty(report.Complaints);
    }

    [Fact]
    public async Task Folded_parts_have_their_tables_and_values_once_they_are_opened()
    {
        OpenReport report = await browser.Open(Many.Value);
        ILocator folded = report.Page.Locator("#candidate-c-7");
        Assert.Equal(0, await folded.Locator("table").CountAsync());

        await report.Page.Locator("#ranking a[href='#candidate-c-7']").ClickAsync();

        await Assertions.Expect(folded.Locator("table").First).ToBeVisibleAsync();
        Assert.NotEqual(0, await folded.Locator("[data-tip]").CountAsync());
        Assert.NotEqual(0, await folded.Locator("table.sortable th button").CountAsync());
        await report.Page.Locator("#guards summary", new() { HasText = "other" }).ClickAsync();
        await Assertions.Expect(report.Page.Locator("#guards table.text tbody tr")).ToHaveCountAsync(Candidates * 2);
        Assert.Equal(0, await report.Page.Locator("img").CountAsync());
        Assert.Empty(report.Complaints);
    }

    [Fact]
    public async Task Paper_and_a_page_without_scripts_have_every_detailed_candidate()
    {
        OpenReport report = await browser.Open(Many.Value);
        await report.Page.EvaluateAsync("dispatchEvent(new Event('beforeprint'))");
        int onPaper = await Tables(report.Page);

        await using IBrowserContext context = await report.Page.Context.Browser!.NewContextAsync(
            new BrowserNewContextOptions { JavaScriptEnabled = false, Offline = true }
        );
        IPage without = await context.NewPageAsync();
        await without.GotoAsync(new Uri(Many.Value).AbsoluteUri);

        Assert.InRange(onPaper, Detailed - 1, int.MaxValue);
        Assert.Equal(onPaper, await Tables(without));
        Assert.Equal(Candidates * 2, await without.Locator("#guards table.text tbody tr").CountAsync());
        Assert.Equal(Candidates - Detailed, await without.Locator("#ranking-rest tbody tr").CountAsync());
    }

    [Fact]
    public async Task Narrow_pictures_are_drawn_once_the_window_is_narrow()
    {
        OpenReport report = await browser.Open(Many.Value);
        ILocator narrow = report.Page.Locator("#trade-off figure").First.Locator(".on-narrow svg");
        Assert.Equal(0, await narrow.CountAsync());

        await report.Page.SetViewportSizeAsync(400, 900);

        await Assertions.Expect(narrow).ToBeVisibleAsync();
    }

    private static Task<int> Tables(IPage page) => page.Locator("details.candidate > * table").CountAsync();

    // The fastest of three: another process may have the cores meanwhile.
    private async Task<double> Milliseconds(string file)
    {
        double least = double.PositiveInfinity;
        for (int i = 0; i < 3; i++)
        {
            OpenReport report = await browser.Open(file);
            least = Math.Min(
                least,
                await report.Page.EvaluateAsync<double>("performance.getEntriesByType('navigation')[0].loadEventEnd")
            );
            await report.Page.Context.CloseAsync();
        }

        return least;
    }

    private static string Write()
    {
        string folder = SyntheticRun.Write();
        RunReport one = RunReport.Read(folder);
        CandidateComparison[] all =
        [
            .. Enumerable.Range(0, Candidates).Select(i => one.Shown with { Name = $"c-{i}" }),
        ];
        RunReport many = one with
        {
            Comparison = one.Comparison with
            {
                Candidates = all,
                TradeOff = one.Comparison.TradeOff! with { Points = [.. all.Select((c, i) => Point(one, c.Name, i))] },
                Guards = [.. all.SelectMany(c => one.Comparison.Guards!.Select(g => Of(g, c.Name)))],
            },
            Shown = all[0],
            Detailed = all[..Detailed],
            Items = one.Items.ToDictionary(
                t => t.Key,
                t =>
                    (IReadOnlyList<ItemAnswers>)
                        [
                            .. t.Value.Select(i =>
                                i with
                                {
                                    Candidates = [.. all[..Detailed].Select(_ => i.Candidates[0])],
                                }
                            ),
                        ]
            ),
        };
        return Text(Page.Print(many));
    }

    private static MeasuredPoint Point(RunReport one, string name, int i)
    {
        MeasuredPoint first = one.Comparison.TradeOff!.Points[1];
        Difference task = first.Task with { Points = i / 200.0 };
        return first with { Name = name, Task = task, OnFront = i > 190, Dominated = i <= 190 };
    }

    private static GuardResult Of(GuardResult guard, string candidate) =>
        guard with
        {
            Stage = $"candidates/{candidate}/measure",
        };

    private static string Text(string html)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("page").FullName, "report.html");
        File.WriteAllText(file, html);
        return file;
    }
}
