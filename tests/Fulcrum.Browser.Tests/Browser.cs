using Microsoft.Playwright;
using Xunit;

namespace Fulcrum.Browser.Tests;

/// <summary>Chromium as the system has it, started once for the tests of a class.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places =
    [
        Environment.GetEnvironmentVariable("FULCRUM_CHROMIUM") ?? "",
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/usr/bin/google-chrome-stable",
    ];

    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Places.FirstOrDefault(File.Exists) is { } chromium)
        {
            playwright = await Playwright.CreateAsync();
            browser = await playwright.Chromium.LaunchAsync(
                new BrowserTypeLaunchOptions
                {
                    ExecutablePath = chromium,
                    Args =
                    [
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                    ],
                }
            );
        }
    }

    /// <summary>Opens a report; skips the calling test where no Chromium is installed.</summary>
    public async Task<OpenReport> Open(string file, ColorScheme scheme = ColorScheme.Light, int width = 1280) =>
        await Open(new Uri(file), "file:", offline: true, scheme, width);

    /// <summary>Opens a page of a server on this machine; skips as <see cref="Open(string, ColorScheme, int)"/>
    /// does.</summary>
    public async Task<OpenReport> OpenAddress(Uri address, ColorScheme scheme = ColorScheme.Light, int width = 1280) =>
        await Open(address, address.GetLeftPart(UriPartial.Authority), offline: false, scheme, width);

    private async Task<OpenReport> Open(Uri address, string within, bool offline, ColorScheme scheme, int width)
    {
        Assert.SkipWhen(
            browser is null,
            "no Chromium is installed (apt-get install chromium, or name one by FULCRUM_CHROMIUM)"
        );
        IBrowserContext context = await browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                ColorScheme = scheme,
                ViewportSize = new ViewportSize { Width = width, Height = 900 },
                Offline = offline,
            }
        );
        OpenReport report = new(await context.NewPageAsync(), within);
        report.Page.SetDefaultTimeout(120_000);
        Assertions.SetDefaultExpectTimeout(60_000);
        await report.Page.GotoAsync(address.AbsoluteUri);
        return report;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.CloseAsync();
        }

        playwright?.Dispose();
    }
}

/// <summary>An open page, and everything that went wrong on it.</summary>
public sealed class OpenReport
{
    /// <param name="within">How the address of every allowed request begins.</param>
    public OpenReport(IPage page, string within)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Dialog += (_, dialog) =>
        {
            Complaints.Add($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(within, StringComparison.Ordinal) && request.Url != "data:,")
            {
                Complaints.Add($"request: {request.Url}");
            }
        };
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>Errors and warnings of the console, exceptions, dialogs, requests to a network.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>The texts of the rows that the browser of items shows.</summary>
    public async Task<IReadOnlyList<string>> Rows() => await Page.Locator("#rows tbody tr").AllInnerTextsAsync();
}
