using Fulcrum.Cli;
using Fulcrum.Models;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>What a log sees of a long stage.</summary>
public sealed class StageLinesTests
{
    [Fact]
    public void Running_stage_prints_rate_and_remaining_time_every_30_seconds()
    {
        string written = Written(
            (lines, clock) =>
            {
                // an earlier sitting did these
                lines.Report(new RunEvent.Progressed("before", "spider", 40, 200, ProgressUnit.Items));
                for (int done = 41; done <= 100; done++)
                {
                    clock.Seconds++;
                    lines.Report(new RunEvent.Progressed("before", "spider", done, 200, ProgressUnit.Items));
                }
            }
        );

        Assert.Equal(
            [
                "before: spider 70 of 200 items, 1/s, about 2 min 10 s left",
                "before: spider 100 of 200 items, 1/s, about 1 min 40 s left",
                "before: spider 100 of 200 items, 1 min",
            ],
            written.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
    }

    [Fact]
    public void Stages_that_run_at_the_same_time_have_their_own_lines_and_rates()
    {
        string written = Written(
            (lines, clock) =>
            {
                lines.Report(new RunEvent.StageStarted("a"));
                lines.Report(new RunEvent.StageStarted("b"));
                for (int step = 1; step <= 70; step++)
                {
                    clock.Seconds++;
                    lines.Report(new RunEvent.Progressed("a", "loss 1.000", step, 70, ProgressUnit.Steps));
                    lines.Report(new RunEvent.Progressed("b", "sql", 2 * step, 200, ProgressUnit.Items));
                }

                lines.Report(new RunEvent.StageEnded("a"));
                clock.Seconds += 30;
                lines.Report(new RunEvent.StageEnded("b"));
            }
        );

        Assert.Equal(
            [
                "a: 30 of 70 steps, loss 1.000, 1/s, about 40 s left",
                "b: sql 60 of 200 items, 2/s, about 1 min 10 s left",
                "a: 60 of 70 steps, loss 1.000, 1/s, about 10 s left",
                "b: sql 120 of 200 items, 2/s, about 40 s left",
                "a: 70 of 70 steps, loss 1.000, 1 min 10 s",
                "b: sql 140 of 200 items, 1 min 40 s",
            ],
            written.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
    }

    [Fact]
    public void The_rate_of_a_bar_leaves_out_what_was_done_before()
    {
        Clock clock = new();
        Pace pace = new(clock);

        pace.Report(new RunEvent.Progressed("obtain", "loss", 400, 500, ProgressUnit.Steps));
        Assert.Null(pace.Rate);
        clock.Seconds = 8;
        pace.Report(new RunEvent.Progressed("obtain", "loss", 402, 500, ProgressUnit.Steps));

        Assert.Equal((0.25, 392.0), (pace.Rate, pace.Remaining?.TotalSeconds));
    }

    [Fact]
    public void More_done_than_there_is_leaves_no_time()
    {
        Clock clock = new();
        Pace pace = new(clock);

        pace.Report(new RunEvent.Progressed("obtain", "loss", 0, 10, ProgressUnit.Steps));
        clock.Seconds = 1;
        pace.Report(new RunEvent.Progressed("obtain", "loss", 12, 10, ProgressUnit.Steps));

        Assert.Equal(TimeSpan.Zero, pace.Remaining);
    }

    [Fact]
    public void Part_that_starts_late_has_its_own_rate()
    {
        string written = Written(
            (lines, clock) =>
            {
                lines.Report(new RunEvent.Progressed("before", "spider", 200, 200, ProgressUnit.Items));
                clock.Seconds = 20;
                lines.Report(new RunEvent.Progressed("before", "mmlu", 0, 300, ProgressUnit.Items));
                clock.Seconds = 40;
                lines.Report(new RunEvent.Progressed("before", "mmlu", 100, 300, ProgressUnit.Items));
            }
        );

        Assert.StartsWith("before: mmlu 100 of 300 items, 5/s, about 40 s left", written);
    }

    [Fact]
    public void A_slow_part_says_how_long_each_takes()
    {
        string written = Written(
            (lines, clock) =>
            {
                lines.Report(new RunEvent.Progressed("train", "loss 2.000", 1, 4, ProgressUnit.Steps));
                clock.Seconds = 250;
                lines.Report(new RunEvent.Progressed("train", "loss 1.500", 2, 4, ProgressUnit.Steps));
                clock.Seconds = 500;
                lines.Report(new RunEvent.Progressed("train", "loss 1.250", 3, 4, ProgressUnit.Steps));
            }
        );

        Assert.StartsWith(
            "train: 2 of 4 steps, loss 1.500\ntrain: 3 of 4 steps, loss 1.250, 250 s each, about 4 min 10 s left",
            written.ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public void Resumed_training_reports_its_step()
    {
        List<RunEvent> told = [];
        TrainingProgress cut = new("train", told.Add),
            whole = new("train", told.Add);

        cut.Report(Step(22));
        cut.Report(Step(23));
        whole.Report(Step(1));

        Assert.Equal(["Noted", "Progressed", "Progressed", "Progressed"], told.Select(p => p.GetType().Name));
        Assert.Equal(new RunEvent.Noted("train: resumed from the last checkpoint, now at step 22 of 40"), told[0]);

        static TrainingStep Step(int step) => new(step, 40, 1, 1, 1e-4, 10, 1);
    }

    private static string Written(Action<StageLines, Clock> tell)
    {
        StringWriter output = new();
        Clock clock = new();
        using (StageLines lines = new(output, time: clock))
        {
            tell(lines, clock);
        }

        return output.ToString();
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }
}
