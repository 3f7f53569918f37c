using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Fulcrum.Observability;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Fulcrum.Tests;

public sealed class WatchingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Log_has_one_line_per_event_of_its_level()
    {
        string path = Path.Combine(folder, "a.log");
        FileLog log = new(path, LogLevel.Warning);

        log.LogInformation("too low");
        log.LogWarning("{What}", "two\r\n2000-01-01T00:00:00.000Z error forged\u2028lines");
        log.LogError("three");

        string[] lines = File.ReadAllLines(path);
        Assert.Equal(2, lines.Length);
        Assert.Matches(
            @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning two 2000-01-01T00:00:00\.000Z error forged\\u2028lines$",
            lines[0]
        );
        Assert.EndsWith(" error three", lines[1]);
    }

    [Fact]
    public void A_log_that_cannot_be_written_stops_nothing()
    {
        new FileLog(Path.Combine(folder, "nowhere", "a.log"), LogLevel.Debug).LogError("lost");

        Assert.False(Directory.Exists(Path.Combine(folder, "nowhere")));
    }

    [Fact]
    public void Run_writes_log_metrics_and_traces()
    {
        ConcurrentBag<string> spans = [],
            metrics = [];
        using ActivityListener traces = new()
        {
            ShouldListenTo = s => s.Name == Telemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
                spans.Add(
                    $"{a.OperationName} {string.Join(' ', a.TagObjects.Select(t => t.Value))} in {a.Parent?.OperationName}"
                ),
        };
        ActivitySource.AddActivityListener(traces);
        using MeterListener meters = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Telemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => metrics.Add($"{instrument.Name} {value} {tags[0].Value}")
        );
        meters.SetMeasurementEventCallback<double>(
            (instrument, _, tags, _) => metrics.Add($"{instrument.Name} {tags[0].Value}")
        );
        meters.Start();
        string log = Path.Combine(folder, "run.log");

        new ScriptedStudy().Run(Path.Combine(folder, "run"), log: new FileLog(log, LogLevel.Debug));

        Assert.All(
            [
                "run scripted in ",
                "stage base in run",
                "measure sql in stage",
                "stage candidates/tuned/obtain in run",
                "stage compare in run",
            ],
            span => Assert.Contains(span, spans)
        );
        Assert.All(
            ["fulcrum.answers 40 sql", "fulcrum.stage.duration base", "fulcrum.stage.duration compare"],
            metric => Assert.Contains(metric, metrics)
        );
        string text = File.ReadAllText(log);
        Assert.Contains(" info run of scripted in ", text);
        Assert.Contains(" info stage candidates/tuned/obtain complete after ", text);
        Assert.Contains(" info run complete", text);
    }

    [Fact]
    public void An_interrupted_run_is_a_warning_and_a_failed_one_an_error()
    {
        string log = Path.Combine(folder, "run.log");
        FileLog file = new(log, LogLevel.Warning);

        Assert.ThrowsAny<OperationCanceledException>(() =>
            new ScriptedStudy().Run(Path.Combine(folder, "run"), cancellation: new CancellationToken(true), log: file)
        );
        Assert.ThrowsAny<FulcrumException>(() =>
            new ScriptedStudy("training-overlap").Run(Path.Combine(folder, "other"), log: file)
        );

        string[] lines = [.. File.ReadAllLines(log).Where(l => l.Contains(" run "))];
        Assert.Contains("warning run interrupted", lines[0]);
        Assert.Contains("error run stopped: ", lines[1]);
    }
}
