using System.Buffers.Text;
using Fulcrum.Files;

namespace Fulcrum.Torch.Interop;

/// <summary>Anonymous memory of this process, as Linux counts it (RssAnon in <c>/proc/self/status</c>).</summary>
/// <remarks>Reads without allocating, so that sampling triggers no garbage collection.</remarks>
internal static class AnonymousMemory
{
    private const string Status = "/proc/self/status";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>In bytes.</summary>
    /// <exception cref="FulcrumException">The system does not report it.</exception>
    public static long Now() =>
        NowOrNull()
        ?? throw new FulcrumException(
            "this system does not tell how much anonymous memory a process has; the measurement needs Linux"
        );

    /// <summary>In bytes; null if the system does not report it. Throws nothing, because backward passes call
    /// it.</summary>
    public static long? NowOrNull()
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle? status = File.Exists(Status)
                ? File.OpenHandle(Status)
                : null;
            return status is not null && Read(status) is >= 0 and long bytes ? bytes : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Does some work and samples the memory every few milliseconds.</summary>
    public static (T Result, long Peak) PeakOf<T>(Func<T> work)
    {
        long peak = Now();
        using Microsoft.Win32.SafeHandles.SafeFileHandle status = File.OpenHandle(Status);
        using ManualResetEventSlim done = new();
        Thread sampler = new(() =>
        {
            while (!done.Wait(Interval))
            {
                peak = Math.Max(peak, Read(status));
            }
        })
        {
            IsBackground = true,
        };
        sampler.Start();
        try
        {
            T result = work();
            return (result, Math.Max(Stopped(), Now()));
        }
        finally
        {
            Stopped();
        }

        long Stopped()
        {
            done.Set();
            sampler.Join();
            return peak;
        }
    }

    // -1 if there is no such line.
    private static long Read(Microsoft.Win32.SafeHandles.SafeFileHandle status)
    {
        Span<byte> text = stackalloc byte[4096];
        text = text[..RandomAccess.Read(status, text, 0)];
        int at = text.IndexOf("RssAnon:"u8);
        ReadOnlySpan<byte> rest = at < 0 ? [] : text[(at + 8)..].TrimStart(" \t"u8);
        return Utf8Parser.TryParse(rest, out long kilobytes, out _) ? 1024 * kilobytes : -1;
    }
}
