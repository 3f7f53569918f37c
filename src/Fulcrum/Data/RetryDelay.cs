using System.Net.Http.Headers;

namespace Fulcrum.Data;

/// <summary>Reads the header <c>Retry-After</c>.</summary>
internal static class RetryDelay
{
    /// <summary>Returns how long a server asks to wait; 0 if the time has passed.</summary>
    public static TimeSpan Of(RetryConditionHeaderValue after)
    {
        TimeSpan delay =
            after.Delta ?? (after.Date is { } date ? date - TimeProvider.System.GetUtcNow() : TimeSpan.Zero);
        return delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
    }
}
