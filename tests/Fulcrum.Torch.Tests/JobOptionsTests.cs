using System.Diagnostics;
using Fulcrum.Cli;
using Fulcrum.Cli.Commands;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>How the other processes of <c>--jobs</c> are started, and what is shown of what they say.</summary>
public sealed class JobOptionsTests
{
    private const string Delay = "DOTNET_TC_DelaySingleProcMultiplier",
        Spinning = "GOMP_SPINCOUNT";

    [Theory]
    [InlineData(1, 1, null, "1")]
    [InlineData(1, 2, "0", "1")]
    [InlineData(2, 2, null, null)]
    [InlineData(2, 4, "0", null)]
    public void Process_gets_the_variables_that_its_cores_and_threads_call_for(
        int cores,
        int threads,
        string? spinning,
        string? delay
    )
    {
        Study study = new(
            new BasePlan("model", Threads: threads),
            new Dictionary<string, Fulcrum.Tasks.TaskPlan>(),
            new Dictionary<string, CandidatePlan>()
        );

        ProcessStartInfo start = JobOptions.Start(study, new RunLayout("/run"), ["--plain"], cores);

        // The user may have set them for this process.
        Assert.Equal(spinning ?? Here(Spinning), Of(start, Spinning));
        Assert.Equal(Here(Delay) ?? delay, Of(start, Delay));
        Assert.Equal(["--output", "/run", "--stage", "-", "--plain"], start.ArgumentList.TakeLast(5));
    }

    [Fact]
    public void Each_warning_is_shown_once_and_every_note_as_often_as_it_comes()
    {
        List<RunEvent> shown = [];
        Action<RunEvent> once = ConsoleProgress.Once(shown.Add);
        RunEvent[] twice =
        [
            new RunEvent.Warned("as GGUF it is rounded"),
            new RunEvent.Noted("a note"),
            new RunEvent.Warned("as GGUF it is rounded") { IsStatedElsewhere = true },
            new RunEvent.Noted("a note"),
            new RunEvent.Warned("another"),
        ];

        twice.ToList().ForEach(once);

        Assert.Equal([twice[0], twice[1], twice[3], twice[4]], shown);
    }

    private static string? Here(string name) => Environment.GetEnvironmentVariable(name);

    private static string? Of(ProcessStartInfo start, string name) =>
        start.Environment.TryGetValue(name, out string? value) ? value : null;
}
