using System.Diagnostics;
using Fulcrum.Report;
using Microsoft.Playwright;
using Xunit;

namespace Fulcrum.Browser.Tests;

public sealed class ReportPageTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly Lazy<string> English = new(() => Write(SyntheticRun.Write())),
        Large = new(() => Write(SyntheticRun.Write(1_034, 14_042)));

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task What_a_model_wrote_is_shown_as_text_and_the_console_stays_silent(ColorScheme scheme)
    {
        OpenReport report = await browser.Open(English.Value, scheme);
        await report.Page.Locator("#clear").ClickAsync();
        await report.Page.Locator("#f-text").FillAsync("onerror=alert(1)");
        await Assertions
            .Expect(report.Page.Locator("#count"))
            .ToContainTextAsync($"of {SyntheticRun.Holding(English.Value, "onerror=alert(1)")} items");

        await report.Page.Locator("#rows tbody tr").First.ClickAsync();

        Assert.Contains(SyntheticRun.Attack, await report.Page.Locator("#item").InnerTextAsync());
        Assert.Equal(0, await report.Page.Locator("img").CountAsync());
        Assert.Empty(report.Complaints);
    }

    [Fact]
    public async Task Filters_narrow_the_items_and_say_how_many_are_left()
    {
        OpenReport report = await browser.Open(English.Value);

        await report.Page.Locator("#f-task").SelectOptionAsync("spider");
        await report.Page.Locator("[data-outcome=gained]").ClickAsync();
        await report.Page.Locator("#f-group").SelectOptionAsync("hard");

        IReadOnlyList<string> rows = await report.Rows();
        Assert.NotEmpty(rows);
        Assert.All(
            rows,
            r =>
            {
                Assert.Contains("gained", r);
                Assert.Contains("hard", r);
                Assert.Contains("dev/", r);
            }
        );
        Assert.Contains($"of {rows.Count} items", await report.Page.Locator("#count").InnerTextAsync());
        Assert.Empty(report.Complaints);
    }

    [Fact]
    public async Task A_head_sorts_and_sorts_back()
    {
        OpenReport report = await browser.Open(English.Value);
        await report.Page.Locator("#clear").ClickAsync();
        await report.Page.Locator("#f-task").SelectOptionAsync("spider");
        ILocator head = report.Page.Locator("#rows th[data-sort=id]");

        await head.Locator("button").ClickAsync();
        string up = (await report.Rows())[0],
            rising = await head.GetAttributeAsync("aria-sort") ?? "";
        await head.Locator("button").ClickAsync();

        Assert.Contains("dev/0\t", up);
        Assert.Equal("ascending", rising);
        Assert.Contains("dev/59\t", (await report.Rows())[0]);
        Assert.Equal("descending", await head.GetAttributeAsync("aria-sort"));
    }

    [Fact]
    public async Task Keyboard_finds_opens_and_closes_an_item()
    {
        OpenReport report = await browser.Open(English.Value);
        IKeyboard keys = report.Page.Keyboard;

        await keys.PressAsync("/");
        Assert.Equal("f-text", await Focused(report.Page));
        await report.Page.Locator("#rows tbody tr[tabindex='0']").FocusAsync();
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("Enter");

        Assert.Equal("item", await Focused(report.Page));
        Assert.Contains("Gold answer", await report.Page.Locator("#item").InnerTextAsync());
        Assert.Equal("true", await report.Page.Locator("#rows tbody tr").Nth(1).GetAttributeAsync("aria-selected"));
        await keys.PressAsync("Escape");
        Assert.True(await report.Page.Locator("#item").IsHiddenAsync());
    }

    [Fact]
    public async Task A_number_of_the_table_leads_to_its_items()
    {
        OpenReport report = await browser.Open(English.Value);
        ILocator link = report.Page.Locator("#comparison a[href*='task=spider&outcome=gained']").First;
        string count = await link.InnerTextAsync();

        await link.ClickAsync();

        await Assertions.Expect(report.Page.Locator("#count")).ToContainTextAsync($"of {count} items");
    }

    [Fact]
    public async Task Fifteen_thousand_items_open_and_filter_within_seconds()
    {
        long start = Stopwatch.GetTimestamp();
        OpenReport report = await browser.Open(Large.Value);
        await report.Page.Locator("#clear").ClickAsync();
        await Assertions.Expect(report.Page.Locator("#count")).ToContainTextAsync("of 15,076 items");
        await report.Page.Locator("#f-text").FillAsync("question 1404");
        await Assertions
            .Expect(report.Page.Locator("#count"))
            .ToContainTextAsync($"of {SyntheticRun.Holding(Large.Value, "question", "1404")} items");

        Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 60, $"{Stopwatch.GetElapsedTime(start)}");
        Assert.Empty(report.Complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Texts_stand_out_from_their_ground_by_four_and_a_half_to_one(ColorScheme scheme)
    {
        OpenReport report = await browser.Open(English.Value, scheme);

        string[] low = await report.Page.EvaluateAsync<string[]>(Contrast);

        Assert.Empty(low);
    }

    [Fact]
    public async Task A_narrow_screen_scrolls_inside_its_tables_and_not_as_a_whole()
    {
        OpenReport report = await browser.Open(English.Value, width: 400);

        Assert.True(await report.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
    }

    private static Task<string> Focused(IPage page) => page.EvaluateAsync<string>("document.activeElement.id");

    private static string Write(string folder)
    {
        ReportFiles.Write(folder);
        return Path.Combine(folder, "report.html");
    }

    // WCAG 2.2, success criterion 1.4.3, over every element that holds text of its own.
    private const string Contrast = """
        () => {
          const light = rgb => { const [r, g, b] = rgb.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
          const parse = text => (text.match(/[\d.]+/g) ?? []).map(Number);
          const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > .99) return c.slice(0, 3); } return [255, 255, 255]; };
          const found = [];
          for (const e of document.querySelectorAll('body *')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length || e.closest('script')) continue;
            const style = getComputedStyle(e), ink = parse(e.closest('svg') ? style.fill : style.color).slice(0, 3), back = ground(e);
            const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
            if (ratio < 4.5 && !e.disabled) found.push(`${e.tagName} ${e.className.baseVal ?? e.className} "${e.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
          }
          return [...new Set(found)].slice(0, 10);
        }
        """;
}
