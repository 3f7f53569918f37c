using System.Collections.Concurrent;
using Fulcrum.Cli.Commands;
using Fulcrum.Jobs;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>A process of <c>--jobs</c> ends with the process that started it, and leaves its messages to it.</summary>
public sealed class StageLoopTests
{
    private readonly StringWriter output = new();

    [Fact]
    public void Stage_is_interrupted_when_the_process_that_asked_for_it_has_ended()
    {
        using CancellationTokenSource late = new(TimeSpan.FromMinutes(1));
        Names input = new();
        input.Lines.Add("candidate:a");
        StageNode? begun = null;

        int code = new StageLoop(input, output).Run(
            (_, stages, _, stopped) =>
            {
                begun = stages.First();
                input.Lines.CompleteAdding();
                stopped.WaitHandle.WaitOne();
                stopped.ThrowIfCancellationRequested();
            },
            late.Token
        );

        Assert.Equal((130, StageNode.Of("a"), ""), (code, begun, $"{output}"));
        Assert.False(late.IsCancellationRequested);
    }

    [Fact]
    public void Input_that_ends_between_stages_ends_the_process_with_success()
    {
        Names input = new();
        input.Lines.Add("candidate:a");
        List<string> done = [];

        int code = new StageLoop(input, output).Run(
            (_, stages, ended, stopped) =>
            {
                foreach (StageNode stage in stages)
                {
                    stopped.ThrowIfCancellationRequested();
                    done.Add(stage.Name);
                    ended(stage, done.Count == 1 ? null : new InputException("no adapter"));
                    if (done.Count == 1)
                    {
                        input.Lines.Add("candidate:b");
                    }

                    if (done.Count == 2)
                    {
                        input.Lines.CompleteAdding();
                    }
                }
            },
            default
        );

        Assert.Equal(0, code);
        Assert.Equal(["candidate:a", "candidate:b"], done);
        Assert.Equal(
            [JobLineKind.Ready, JobLineKind.Failed],
            $"{output}"
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(l => JobLine.Parse(l)!.Kind)
        );
    }

    private sealed class Names : TextReader
    {
        public BlockingCollection<string> Lines { get; } = [];

        public override string? ReadLine() => Lines.TryTake(out string? line, Timeout.Infinite) ? line : null;
    }
}
