using System.Buffers.Text;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Interop;

/// <summary>Memory of this process that no file stands behind, as Linux counts it (RssAnon in
/// <c>/proc/self/status</c>).</summary>
/// <remarks>Reads without allocating: the sampler must not set off garbage collections in the middle of what it
/// watches.</remarks>
internal static class AnonymousMemory
{
    private const string Status = "/proc/self/status";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>In bytes.</summary>
    /// <exception cref="FulcrumException">The system does not tell.</exception>
    public static long Now() =>
        NowOrNull()
        ?? throw new FulcrumException(
            "this system does not tell how much anonymous memory a process has; the measurement needs Linux"
        );

    /// <summary>In bytes; null where the system does not tell. Throws nothing: it is asked in backward
    /// passes.</summary>
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

    /// <summary>Does some work and samples the memory meanwhile, every few milliseconds.</summary>
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

    // -1 where there is no such line.
    private static long Read(Microsoft.Win32.SafeHandles.SafeFileHandle status)
    {
        Span<byte> text = stackalloc byte[4096];
        text = text[..RandomAccess.Read(status, text, 0)];
        int at = text.IndexOf("RssAnon:"u8);
        ReadOnlySpan<byte> rest = at < 0 ? [] : text[(at + 8)..].TrimStart(" \t"u8);
        return Utf8Parser.TryParse(rest, out long kilobytes, out _) ? 1024 * kilobytes : -1;
    }
}
