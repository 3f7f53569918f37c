namespace Fulcrum.Tests.Endpoint;

/// <summary>A clock on which every short wait is over at once; what was waited for is kept.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    // Above it lie the limits that must not be reached.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>The waits, in their order.</summary>
    public List<TimeSpan> Waits { get; } = [];

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime > Longest)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        lock (Waits)
        {
            Waits.Add(dueTime);
        }

        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
