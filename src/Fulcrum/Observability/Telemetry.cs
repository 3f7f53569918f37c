using System.Diagnostics;
using System.Diagnostics.Metrics;
using Fulcrum.Models;

namespace Fulcrum.Observability;

/// <summary>Metrics and traces of the process for tools such as OpenTelemetry, dotnet-counters and dotnet-trace.
/// Without such a tool they cost nothing.</summary>
/// <remarks>Names and units follow OpenTelemetry's conventions. They must not change; docs/reliability.md lists
/// them.</remarks>
internal static class Telemetry
{
    /// <summary>The name of the <see cref="ActivitySource"/> and of the <see cref="Meter"/>.</summary>
    public const string Name = "Fulcrum";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "fulcrum.model.requests",
        "{request}",
        "Requests that a model answered, by kind: score, complete."
    );
    private static readonly Counter<long> Answers = Meter.CreateCounter<long>(
        "fulcrum.answers",
        "{answer}",
        "Items of tasks that were answered, graded and are on the disk."
    );
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>(
        "fulcrum.training.tokens",
        "{token}",
        "Completion tokens that were trained on."
    );
    private static readonly Histogram<double> StepSeconds = Meter.CreateHistogram<double>(
        "fulcrum.training.step.duration",
        "s",
        "Time of an optimiser step."
    );
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>(
        "fulcrum.training.loss",
        null,
        "Loss of the last step, in nats a completion token."
    );
    private static readonly Histogram<double> SqlSeconds = Meter.CreateHistogram<double>(
        "fulcrum.sql.duration",
        "s",
        "Time to grade a prediction, by verdict."
    );
    private static readonly Counter<long> WorkersEnded = Meter.CreateCounter<long>(
        "fulcrum.sql.workers.ended",
        "{worker}",
        "SQL workers that ended while they graded, by cause: time-limit, memory-limit, crashed."
    );
    private static readonly Histogram<double> StageSeconds = Meter.CreateHistogram<double>(
        "fulcrum.stage.duration",
        "s",
        "Time of a stage that completed."
    );

    /// <summary>Begins a span with one tag; returns null if no tool collects traces.</summary>
    /// <param name="name"><c>run</c>, <c>stage</c>, <c>measure</c> or <c>sql</c>.</param>
    internal static Activity? Begin(string name, string key, string value) =>
        Source.StartActivity(name)?.SetTag(key, value);

    internal static void Answered(string kind, int requests) =>
        Requests.Add(requests, new KeyValuePair<string, object?>("fulcrum.request.kind", kind));

    internal static void Kept(string benchmark, int answers) =>
        Answers.Add(answers, new KeyValuePair<string, object?>("fulcrum.benchmark", benchmark));

    internal static void Trained(TrainingStep step)
    {
        Tokens.Add(step.CompletionTokens);
        StepSeconds.Record(step.Seconds);
        Loss.Record(step.Loss);
    }

    internal static void Graded(string verdict, TimeSpan took) =>
        SqlSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("fulcrum.verdict", verdict));

    internal static void WorkerEnded(string cause) =>
        WorkersEnded.Add(1, new KeyValuePair<string, object?>("fulcrum.cause", cause));

    internal static void Completed(string stage, double seconds) =>
        StageSeconds.Record(seconds, new KeyValuePair<string, object?>("fulcrum.stage", stage));
}
