using Fulcrum.Runs;

namespace Fulcrum.Cli;

/// <summary>The rate of one part of a stage since this process came to it. The rate excludes items done before the
/// first report.</summary>
/// <param name="time">Null: the system's.</param>
internal sealed class Pace(TimeProvider? time = null)
{
    // Items arrive in batches: within a moment there is no rate.
    private const double LeastSeconds = 0.5;
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private (int Done, long At)? first;
    private RunEvent.Progressed? last;

    /// <summary>Units per second; null while it is not known.</summary>
    public double? Rate { get; private set; }

    /// <summary>The time until the part is done at this rate; null while it is not known.</summary>
    public TimeSpan? Remaining =>
        Rate is { } rate && last is { } at ? TimeSpan.FromSeconds(Math.Ceiling((at.Total - at.Done) / rate)) : null;

    /// <summary>Takes the progress of the part.</summary>
    public void Report(RunEvent.Progressed at)
    {
        (int done, long since) = first ??= (at.Done, time.GetTimestamp());
        double seconds = time.GetElapsedTime(since).TotalSeconds;
        last = at;
        Rate = at.Done > done && seconds >= LeastSeconds ? (at.Done - done) / seconds : null;
    }
}
