using Fulcrum.Runs;

namespace Fulcrum.Cli;

/// <summary>The rate of one part of a stage since this process came to it. The rate excludes items done before the
/// first report. One thread reports while another one shows.</summary>
/// <param name="time">Null: the system's.</param>
internal sealed class Pace(TimeProvider? time = null)
{
    // Items arrive in batches: within a moment there is no rate.
    private const double LeastSeconds = 0.5;
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly Lock gate = new();
    private (int Done, long At)? first;
    private (double? Rate, int Left) now;

    /// <summary>Units per second; null while it is not known.</summary>
    public double? Rate => Now.Rate;

    /// <summary>The time until the part is done at this rate; null while it is not known.</summary>
    public TimeSpan? Remaining => Now is ({ } rate, var left) ? TimeSpan.FromSeconds(Math.Ceiling(left / rate)) : null;

    /// <summary>Takes the progress of the part.</summary>
    public void Report(RunEvent.Progressed at)
    {
        lock (gate)
        {
            (int done, long since) = first ??= (at.Done, time.GetTimestamp());
            double seconds = time.GetElapsedTime(since).TotalSeconds;
            double? rate = at.Done > done && seconds >= LeastSeconds ? (at.Done - done) / seconds : null;
            now = (rate, Math.Max(0, at.Total - at.Done));
        }
    }

    private (double? Rate, int Left) Now
    {
        get
        {
            lock (gate)
            {
                return now;
            }
        }
    }
}
