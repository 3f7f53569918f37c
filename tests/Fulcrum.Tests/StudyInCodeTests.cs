using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A study that a program builds is checked as one that is read from a file.</summary>
public sealed class StudyInCodeTests
{
    private static readonly Study Empty = new(
        new BasePlan("model"),
        new Dictionary<string, TaskPlan>(),
        new Dictionary<string, CandidatePlan>()
    );

    [Fact]
    public void Study_without_tasks_is_refused_before_it_runs() => Assert.StartsWith("tasks", Refusal(Empty));

    [Fact]
    public void Negative_margin_is_refused_before_it_runs() =>
        Assert.StartsWith("margin", Refusal(Empty with { Margin = -1 }));

    private static string Refusal(Study study)
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-in-code-").FullName;
        using RunLock run = RunLock.Open(Path.Combine(folder, "run"));
        Experiment experiment = new(study, run, new Engines([]), _ => throw new InvalidOperationException("opened"));

        string message = Assert.Throws<InputException>(() => experiment.Run()).Message;
        Assert.False(File.Exists(run.Layout.Study));
        return message;
    }
}
