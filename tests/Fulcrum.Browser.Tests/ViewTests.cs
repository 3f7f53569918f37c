using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.View;
using Microsoft.Playwright;
using Xunit;

namespace Fulcrum.Browser.Tests;

public sealed class ViewTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("view").FullName;
    private ViewServer server = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.Move(SyntheticRun.Write(), Path.Combine(folder, "first"));
        Directory.Move(SyntheticRun.Write(), Path.Combine(folder, "second"));
        server = await ViewServer.Start([folder], 0, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Runs_are_listed_and_two_are_compared_by_a_click()
    {
        OpenReport page = await browser.OpenAddress(server.Address);

        await page.Page.GetByLabel("compare first").CheckAsync();
        await page.Page.GetByLabel("compare second").CheckAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Compare the selected runs" }).ClickAsync();

        string found = await page.Page.Locator("#runs").InnerTextAsync();
        Assert.Contains("first", found);
        Assert.Contains("second", found);
        Assert.Contains("second/tuned", await page.Page.Locator("#points").InnerTextAsync());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_running_study_is_shown_live()
    {
        RunLayout run = new(Path.Combine(folder, "second"));
        string answers = run.Answers("candidates/tuned", "spider");
        string[] lines = File.ReadAllLines(answers);
        foreach (string file in (string[])[run.Comparison, answers, run.Answers("candidates/tuned", "mmlu")])
        {
            File.Delete(file);
        }

        File.Delete(run.At("candidates", "tuned", "measure.manifest.json"));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        DateTimeOffset begun = now.AddSeconds(-10);
        Write(run, answers, lines, 20, begun, begun);
        OpenReport page = await browser.OpenAddress(new Uri(server.Address, "run/1/"));
        ILocator live = page.Page.Locator("#live");
        await Assertions.Expect(live).ToContainTextAsync("candidates/tuned/measure: spider 20 of 60 items");
        await Assertions.Expect(page.Page.Locator("#scores")).ToContainTextAsync("so far");
        await Assertions.Expect(live).ToContainTextAsync("at step 90 of 90");

        Write(run, answers, lines, 40, now, begun);

        await Assertions.Expect(live).ToContainTextAsync("spider 40 of 60 items, 10 s left");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Report_of_a_run_is_made_afresh_and_what_lies_in_the_folder_is_not_sent()
    {
        string planted = Path.Combine(folder, "first", "report.html");
        AtomicFile.WriteText(planted, "<script>alert(1)</script>");

        OpenReport page = await browser.OpenAddress(new Uri(server.Address, "run/0/report"));

        await Assertions.Expect(page.Page.Locator("#count")).ToContainTextAsync("items");
        Assert.Empty(page.Complaints);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/view.css")]
    [InlineData("/run/0/")]
    [InlineData("/0000000000000000000000000000000000000000000000000000000000000000/")]
    [InlineData("TOKEN/run/9/")]
    [InlineData("TOKEN/run/-1/")]
    [InlineData("TOKEN/../../etc/passwd")]
    [InlineData("TOKEN/run/0/%2e%2e%2fstudy.json")]
    [InlineData("TOKEN/run/0/study.json")]
    [InlineData("TOKEN")]
    public async Task Nothing_is_found_without_the_token_or_outside_of_the_pages(string path)
    {
        string token = server.Address.AbsolutePath.TrimEnd('/');

        using HttpResponseMessage answer = await Ask(path.Replace("TOKEN", token), null);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("attacker.example")]
    [InlineData("attacker.example:80")]
    [InlineData("127.0.0.1:1")]
    public async Task A_request_to_another_host_name_is_refused_although_it_has_the_token(string host)
    {
        using HttpResponseMessage answer = await Ask(server.Address.AbsolutePath, host);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Another_user_of_the_machine_gets_no_answer_although_they_have_the_address()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.UserName == "root",
            "needs root, to ask as another user"
        );
        const string Ask =
            "exec 3<>/dev/tcp/127.0.0.1/$0; printf 'GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' $1 $2 >&3; cat <&3";
        string[] words =
        [
            "bash",
            "-c",
            Ask,
            $"{server.Address.Port}",
            server.Address.AbsolutePath,
            server.Address.Authority,
        ];

        string own = await Said("setpriv", ["--reuid=0", "--", .. words]);
        string other = await Said("setpriv", ["--reuid=65534", "--clear-groups", "--", .. words]);

        Assert.StartsWith("HTTP/1.1 200", own);
        Assert.Equal("", other);
    }

    private static async Task<string> Said(string program, string[] words)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }

    [Fact]
    public async Task A_report_that_cannot_be_made_says_why()
    {
        RunLayout run = new(Path.Combine(folder, "first"));
        AtomicFile.WriteText(run.Comparison, "{}");

        OpenReport page = await browser.OpenAddress(new Uri(server.Address, "run/0/report"));

        Assert.Contains("comparison.json", await page.Page.ContentAsync());
    }

    [Fact]
    public async Task Answers_forbid_sources_from_outside_and_other_origins()
    {
        using HttpResponseMessage answer = await Ask(server.Address.AbsolutePath, null);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(server.Address.Host)));
    }

    [Fact]
    public async Task A_named_run_with_a_name_that_leads_outside_is_refused_at_the_start()
    {
        string run = Path.Combine(folder, "first");
        File.WriteAllText(
            Path.Combine(run, "prepare.manifest.json"),
            """{"inputs": "0", "outputs": {"../../../x": "0"}, "seconds": 1}"""
        );

        InputException refused = await Assert.ThrowsAsync<InputException>(() =>
            ViewServer.Start([run], 0, TimeProvider.System)
        );
        Assert.Contains("prepare.manifest.json", refused.Message);
    }

    [Fact]
    public async Task A_link_in_a_run_folder_is_named_and_not_followed()
    {
        File.CreateSymbolicLink(Path.Combine(folder, "first", "candidates", "tuned", "x.jsonl"), "/etc/passwd");

        OpenReport page = await browser.OpenAddress(new Uri(server.Address, "run/0/"));

        Assert.Contains("is a link, which a run folder must not contain", await page.Page.ContentAsync());
    }

    private async Task<HttpResponseMessage> Ask(string path, string? host)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{server.Address.Port}{path}");
        request.Headers.Host = host;
        return await client.SendAsync(request);
    }

    private static void Write(
        RunLayout run,
        string answers,
        string[] lines,
        int count,
        DateTimeOffset time,
        DateTimeOffset begun
    )
    {
        // The last line is half written, as a reader may meet it.
        File.WriteAllText(answers + ".partial", string.Join('\n', lines.Take(count)) + "\n" + lines[count][..20]);
        AtomicFile.WriteText(
            run.At("heartbeat.json"),
            JsonSerializer.Serialize(
                new
                {
                    stage = "candidates/tuned/measure",
                    what = "spider",
                    done = count,
                    total = 60,
                    unit = "items",
                    process = 1,
                    host = "here",
                    time,
                    before = 20,
                    since = begun,
                }
            )
        );
    }
}
