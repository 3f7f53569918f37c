using Fulcrum.Cli;
using Fulcrum.Jobs;
using Xunit;

namespace Fulcrum.Tool.Tests;

/// <summary>The state of a run of many candidates can be read on a narrow console.</summary>
public sealed class StatusTests
{
    private static readonly StageStatus[] Stages =
    [
        new("prepare", StageState.Done),
        new("base", StageState.Done),
        new("compare", StageState.Waiting),
        new("report", StageState.Waiting),
    ];

    [Theory]
    [InlineData(60)]
    [InlineData(120)]
    public void Two_hundred_candidates_are_a_page(int width)
    {
        StageStatus[] candidates =
        [
            .. Enumerable.Range(0, 150).Select(i => new StageStatus($"learningRate-3e-4-rank-{i}", StageState.Done)),
            new("broken", StageState.Failed, "candidates.broken: the adapter's rank is 8; wanted: 4"),
            new("trains", StageState.Training, null, "loss 1.234", 30, 120, "steps", 0.5, 240, "77_3", "n2"),
            .. Enumerable.Range(0, 48).Select(i => new StageStatus($"waits-{i}", StageState.Queued, "Resources")),
        ];

        string[] lines = Lines(new RunStatus("/runs/sweep", Stages, candidates, 7200, null), width);

        Assert.InRange(lines.Length, 6, 12);
        Assert.All(lines.Where((_, i) => i != 2), l => Assert.InRange(l.Length, 1, width));
        Assert.Contains("200 candidates: 1 failed, 1 training, 48 queued, 150 done; about 2 h left", Joined(lines));
        Assert.Contains("broken", lines[3]);
        Assert.StartsWith(
            "candidates.broken",
            lines[3][(lines[3].IndexOf("failed: ", StringComparison.Ordinal) + 8)..]
        );
        Assert.Contains("training loss 1.234 30 of 120", lines[4]);
        Assert.Contains(" more", lines[^1]);
    }

    [Fact]
    public void Many_that_failed_are_shortened()
    {
        StageStatus[] candidates =
        [
            .. Enumerable.Range(0, 300).Select(i => new StageStatus($"c{i}", StageState.Failed, "disk full")),
        ];

        string[] lines = Lines(new RunStatus("/runs/sweep", Stages, candidates, null, null), 80);

        Assert.Equal(44, lines.Length);
        Assert.Equal("  and 260 more that are failed", lines[^1]);
    }

    [Fact]
    public void Control_characters_of_a_message_do_not_reach_the_console()
    {
        StageStatus[] candidates = [new("c", StageState.Failed, "\u001b[2Jgone")];

        string text = Joined(Lines(new RunStatus("r", Stages, candidates, null, null), 80));

        Assert.DoesNotContain("\u001b", text, StringComparison.Ordinal);
    }

    private static string Joined(string[] lines) => string.Join(' ', lines);

    private static string[] Lines(RunStatus status, int width)
    {
        StringWriter output = new();
        StatusLines.Print(status, output, width);
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
